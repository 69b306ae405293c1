// The plane of codes: a click sets A, a pull sets A and B; both are moved with the arrows too.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".plane");
  const sheet = root.querySelector(".sheet"), canvas = root.querySelector("canvas"), picture = root.querySelector("img");
  const [from, to] = sheet.querySelectorAll("button"), paths = root.querySelectorAll("path");
  root.sent ??= data.n;
  root.data = data;
  root.tellValue = setTriggerValue;
  if (!root.ends || (!root.pulling && data.n >= root.sent)) root.ends = data.ends.map((end) => [...end]);
  const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  picture.hidden = !data.image;
  if (data.image && picture.src !== data.image) picture.src = data.image;
  const shown = data.image ? "" : data.places;
  if (root.places !== shown) {
    root.places = shown;
    const pen = canvas.getContext("2d"), side = canvas.width;
    pen.clearRect(0, 0, side, side);
    if (!data.image) {
      const places = new Uint16Array(bytes(data.places).buffer), labels = bytes(data.labels);
      pen.globalAlpha = 0.6;
      labels.forEach((label, at) => {
        pen.fillStyle = data.colours[label];
        pen.beginPath();
        pen.arc((places[2 * at] / 65535) * side, (1 - places[2 * at + 1] / 65535) * side, 4, 0, 7);
        pen.fill();
      });
    }
  }
  root.querySelector("ul").replaceChildren(
    ...data.classes.map((name, at) => {
      const entry = Object.assign(document.createElement("li"), { textContent: name });
      entry.style.setProperty("--colour", data.colours[at]);
      return entry;
    }),
  );
  root.querySelector("ul").hidden = Boolean(data.image);
  const draw = () => {
    [from, to].forEach((button, at) => Object.assign(button.style, { left: `${100 * root.ends[at][0]}%`, top: `${100 * (1 - root.ends[at][1])}%` }));
    const whole = root.pulling ? root.ends : data.way;
    const line = "M" + whole.map(([x, y]) => `${100 * x} ${100 * (1 - y)}`).join("L");
    for (const path of paths) path.setAttribute("d", line);
  };
  const tell = () => {
    root.sent += 1;
    root.tellValue("move", { ends: root.ends, n: root.sent });
    root.dataset.state = "waiting";
  };
  const place = (event) => {
    const box = sheet.getBoundingClientRect();
    const share = (value) => Math.min(1, Math.max(0, Math.round(value * 100) / 100));
    return [share((event.clientX - box.left) / box.width), share(1 - (event.clientY - box.top) / box.height)];
  };
  const FAR_PX = 6;
  sheet.onpointerdown = (event) => {
    if (event.button || root.pulling) return;
    event.preventDefault();
    const held = event.target === to ? 1 : event.target === from ? 0 : -1;
    (held === 1 ? to : from).focus({ preventScroll: true });
    sheet.setPointerCapture(event.pointerId);
    const before = root.ends.map((end) => [...end]);
    root.pulling = true;
    let isPull = false;
    if (held < 0) root.ends[0] = place(event);
    draw();
    sheet.onpointermove = (moved) => {
      if (moved.pointerId !== event.pointerId) return;
      isPull ||= Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) > FAR_PX;
      if (!isPull) return;
      root.ends[held < 0 ? 1 : held] = place(moved);
      draw();
    };
    sheet.onpointerup = sheet.onpointercancel = (ended) => {
      if (ended.pointerId !== event.pointerId) return;
      sheet.onpointermove = sheet.onpointerup = sheet.onpointercancel = null;
      root.pulling = false;
      if (String(before) !== String(root.ends)) tell();
    };
  };
  [from, to].forEach((button, at) => {
    button.title = data.words[at ? "to" : "from"];
    button.setAttribute("aria-label", button.title);
    button.onkeydown = (event) => {
      const step = { ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowUp: [0, 0.02], ArrowDown: [0, -0.02] }[event.key];
      if (!step) return;
      event.preventDefault();
      root.ends[at] = root.ends[at].map((share, axis) => Math.min(1, Math.max(0, Math.round((share + step[axis]) * 100) / 100)));
      draw();
      tell();
      root.querySelector(".told").textContent = `${button.textContent}: ${root.ends[at].map((share) => Math.round(100 * share)).join(", ")}`;
    };
  });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", data.words.alt);
  draw();
  root.dataset.state = data.n >= root.sent ? "ready" : "waiting";
}
