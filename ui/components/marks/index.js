// A box, its corner and points over a picture: dragged, or moved with the arrows.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".marks");
  const { words } = data;
  const within = (share) => Math.min(1, Math.max(0, share));
  const now = { box: [...data.box], points: data.points.map((point) => [...point]) };
  const picture = root.querySelector("img");
  Object.assign(picture, { src: data.image, alt: data.alt, draggable: false });
  root.style.setProperty("--ratio", data.ratio);
  const box = root.querySelector(".box"), corner = root.querySelector(".corner");
  const focused = root.getRootNode().activeElement;
  const at = focused?.classList?.contains("point") ? [...root.querySelectorAll(".point")].indexOf(focused) : -1;
  for (const old of root.querySelectorAll(".point")) old.remove();
  const dots = now.points.map((_, n) => {
    const dot = Object.assign(document.createElement("button"), { type: "button", className: "point", title: words.point.replace("{n}", n + 1) });
    dot.setAttribute("aria-label", dot.title);
    root.append(dot);
    return dot;
  });
  box.title = words.box;
  corner.title = words.corner;
  box.setAttribute("aria-label", words.box);
  corner.setAttribute("aria-label", words.corner);
  const draw = () => {
    const [left, top, right, bottom] = now.box;
    Object.assign(box.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%` });
    Object.assign(corner.style, { left: `${100 * right}%`, top: `${100 * bottom}%` });
    now.points.forEach(([x, y], n) => Object.assign(dots[n].style, { left: `${100 * x}%`, top: `${100 * y}%` }));
  };
  const LEAST = 0.03;
  const shift = {
    box: (start, dx, dy) => {
      const [left, top, right, bottom] = start.box;
      const x = Math.min(1 - right, Math.max(-left, dx)), y = Math.min(1 - bottom, Math.max(-top, dy));
      now.box = [left + x, top + y, right + x, bottom + y];
    },
    corner: (start, dx, dy) => {
      const [left, top, right, bottom] = start.box;
      now.box = [left, top, within(Math.max(left + LEAST, right + dx)), within(Math.max(top + LEAST, bottom + dy))];
    },
    point: (start, dx, dy, n) => {
      now.points[n] = [within(start.points[n][0] + dx), within(start.points[n][1] + dy)];
    },
  };
  const tell = () => setTriggerValue("move", { box: now.box, points: now.points });
  const copy = () => ({ box: [...now.box], points: now.points.map((point) => [...point]) });
  const bind = (element, kind, n = 0) => {
    element.onpointerdown = (event) => {
      event.preventDefault();
      element.focus();
      element.setPointerCapture(event.pointerId);
      const start = copy(), size = picture.getBoundingClientRect();
      element.onpointermove = (moved) => {
        shift[kind](start, (moved.clientX - event.clientX) / size.width, (moved.clientY - event.clientY) / size.height, n);
        draw();
      };
      element.onpointerup = (up) => {
        element.onpointermove = element.onpointerup = null;
        if (up.clientX !== event.clientX || up.clientY !== event.clientY) tell();
      };
    };
    element.onkeydown = (event) => {
      const step = { ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowUp: [0, -0.02], ArrowDown: [0, 0.02] }[event.key];
      if (!step) return;
      event.preventDefault();
      shift[kind](copy(), ...step, n);
      draw();
      tell();
    };
  };
  bind(box, "box");
  bind(corner, "corner");
  dots.forEach((dot, n) => bind(dot, "point", n));
  draw();
  if (at >= 0) dots[at]?.focus();
  root.dataset.state = "ready";
}
