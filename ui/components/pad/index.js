// A black sheet to draw on in white, or a picture to draw on in the accent: mouse, finger or pen; Delete clears it.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".pad");
  const canvas = root.querySelector("canvas"), clear = root.querySelector(".clear");
  const pen = canvas.getContext("2d");
  // What was drawn since the last answer is ours; the server's strokes count once it has seen all of it.
  root.sent ??= data.n;
  root.drawing ??= null;
  if (!root.now || (root.drawing === null && data.n >= root.sent)) root.strokes = data.strokes.map((stroke) => stroke.map((point) => [...point]));
  root.now = { data, setTriggerValue };
  root.toggleAttribute("data-under", Boolean(data.under));
  canvas.setAttribute("aria-label", data.words.label);
  clear.textContent = data.words.clear;
  const [wide, high] = data.under?.size ?? [1, 1];
  canvas.width = Math.round(560 * Math.min(1, wide / high));
  canvas.height = Math.round(560 * Math.min(1, high / wide));
  root.style.setProperty("--ratio", wide / high);
  canvas.style.backgroundImage = data.under ? `url(${data.under.address})` : "";
  const NEAR = 0.005; // of the side: points closer than this tell nothing
  const MOST = 1900; // points of a drawing that the server takes
  const draw = () => {
    const { width: across, height: down } = canvas, width = Math.max(2, root.now.data.brush * Math.min(across, down));
    const colour = root.now.data.under ? getComputedStyle(root).getPropertyValue("--st-primary-color") : "#fff";
    pen.clearRect(0, 0, across, down);
    Object.assign(pen, { lineWidth: width, lineCap: "round", lineJoin: "round", strokeStyle: colour });
    for (const stroke of root.strokes) {
      pen.beginPath();
      stroke.forEach(([x, y]) => pen.lineTo(x * across, y * down));
      if (stroke.length === 1) pen.lineTo(stroke[0][0] * across + 0.1, stroke[0][1] * down);
      pen.stroke();
    }
    if (root.now.data.under) {
      // what lies below is seen through all strokes alike, also where they cross
      Object.assign(pen, { globalCompositeOperation: "destination-out", fillStyle: "rgb(0 0 0 / 0.45)" });
      pen.fillRect(0, 0, across, down);
      pen.globalCompositeOperation = "source-over";
    }
    clear.hidden = !root.strokes.length;
  };
  const tell = () => {
    root.sent += 1;
    while (root.strokes.flat().length > MOST && root.strokes.some((stroke) => stroke.length > 2)) {
      root.strokes = root.strokes.map((stroke) => stroke.filter((_, at) => at % 2 === 0 || at === stroke.length - 1));
    }
    root.now.setTriggerValue("draw", { strokes: root.strokes, n: root.sent });
    root.dataset.state = "waiting";
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = (value) => Math.min(1, Math.max(0, Math.round(value * 1000) / 1000));
    return [share((event.clientX - box.left) / box.width), share((event.clientY - box.top) / box.height)];
  };
  canvas.onpointerdown = (event) => {
    if (event.button) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    root.drawing = event.pointerId;
    root.strokes.push([place(event)]);
    draw();
  };
  canvas.onpointermove = (event) => {
    if (root.drawing !== event.pointerId) return;
    const stroke = root.strokes.at(-1);
    for (const moved of event.getCoalescedEvents?.() ?? [event]) {
      const [x, y] = place(moved);
      if (Math.hypot(x - stroke.at(-1)[0], y - stroke.at(-1)[1]) > NEAR) stroke.push([x, y]);
    }
    draw();
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (root.drawing !== event.pointerId) return;
    root.drawing = null;
    tell();
  };
  const wipe = () => {
    root.drawing = null;
    root.strokes = [];
    draw();
    tell();
  };
  clear.onclick = () => {
    wipe();
    canvas.focus();
  };
  canvas.onkeydown = (event) => {
    if (event.key === "Delete" || event.key === "Backspace") wipe();
    else if (event.key === "z" && (event.ctrlKey || event.metaKey) && root.strokes.length) {
      root.drawing = null;
      root.strokes.pop();
      draw();
      tell();
    } else return;
    event.preventDefault();
  };
  draw();
  root.dataset.state = root.sent > data.n ? "waiting" : "ready";
}
