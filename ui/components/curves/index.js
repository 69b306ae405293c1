// Draws a run's losses and accuracy as they come.
export default function ({ parentElement, data, setTriggerValue }) {
  const lab = parentElement.querySelector(".lab");
  const state = (lab.state ??= {});
  const find = (selector) => lab.querySelector(selector);
  const number = (value, digits = 0) => new Intl.NumberFormat(data.locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  const words = data.words, theme = themeOf(lab);
  const HEIGHT = 240, LEFT = 44, BOTTOM = 24, TOP = 8, RIGHT = 10;

  // ---- drawing
  const nice = (most) => {
    const power = 10 ** Math.floor(Math.log10(most / 4));
    return power * [1, 2, 5, 10].find((m) => m * power * 5 >= most);
  };
  const plot = (canvas, epochs, most, say, lines) => {
    const scale = devicePixelRatio || 1, width = canvas.clientWidth || 320;
    canvas.width = width * scale;
    canvas.height = HEIGHT * scale;
    canvas.style.height = `${HEIGHT}px`;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    const x = (epoch) => LEFT + (epoch / epochs) * (width - LEFT - RIGHT);
    const y = (value) => HEIGHT - BOTTOM - (Math.min(value, most) / most) * (HEIGHT - BOTTOM - TOP);
    context.font = `12px ${getComputedStyle(lab).fontFamily}`;
    context.fillStyle = css(theme.ink, 0.75);
    context.strokeStyle = css(theme.line);
    context.textAlign = "right";
    context.textBaseline = "middle";
    const step = nice(most);
    for (let at = 0; at <= most + 1e-9; at += step) {
      context.beginPath();
      context.moveTo(LEFT, y(at));
      context.lineTo(width - RIGHT, y(at));
      context.stroke();
      context.fillText(say(at), LEFT - 6, y(at));
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const at of [0, Math.round(epochs / 2), epochs]) context.fillText(number(at), Math.min(x(at), width - RIGHT - 6), HEIGHT - BOTTOM + 6);
    for (const [points, colour] of lines) {
      context.beginPath();
      points.forEach(([at, value], n) => (n ? context.lineTo(x(at), y(value)) : context.moveTo(x(at), y(value))));
      context.strokeStyle = css(colour);
      context.lineWidth = 2;
      context.stroke();
      if (points.length) {
        context.beginPath();
        context.arc(x(points.at(-1)[0]), y(points.at(-1)[1]), 3.5, 0, 7);
        context.fillStyle = css(colour);
        context.fill();
      }
    }
  };
  const key = (caption, title, entries) => {
    const parts = entries.map(([text, colour]) => {
      const entry = Object.assign(document.createElement("span"), { textContent: text, className: "key" });
      entry.style.setProperty("--dot", css(colour));
      return entry;
    });
    caption.replaceChildren(Object.assign(document.createElement("b"), { textContent: title }), ...parts);
  };
  const draw = () => {
    const header = state.header ?? { epoch: 0, epochs: 1, losses: [], held: [], speed: 0, left_s: 0, step: 0, steps: 1 };
    const held = header.held.map(([loss], at) => [at + 1, loss]), accuracy = header.held.map(([, share], at) => [at + 1, share]);
    const last = (points, write) => (points.length ? write(points.at(-1)[1]) : "–");
    const nats = (value) => number(value, 3), percent = (value) => `${number(100 * value, 1)} %`;
    const trained = last(header.losses, nats), tested = last(held, nats), right = last(accuracy, percent);
    const most = Math.max(0.5, ...header.losses.map(([, v]) => v), ...held.map(([, v]) => v));
    plot(find(".loss canvas"), header.epochs, Math.min(most, 6), (v) => number(v, 1), [[header.losses, theme.plus], [held, theme.minus]]);
    plot(find(".accuracy canvas"), header.epochs, 1, (v) => `${number(100 * v)} %`, [[accuracy, theme.accent]]);
    key(find(".loss figcaption"), words.loss, [[say(words.trained, { value: trained }), theme.plus], [say(words.held, { value: tested }), theme.minus]]);
    key(find(".accuracy figcaption"), words.accuracy, [[right, theme.accent]]);
    find(".loss canvas").setAttribute("aria-label", say(words.lossAlt, { epochs: number(header.epoch), trained, held: tested }));
    find(".accuracy canvas").setAttribute("aria-label", say(words.accuracyAlt, { epochs: number(header.epoch), accuracy: right }));
    find("progress").value = header.step / header.steps;
    find(".count").textContent = header.step ? say(words.count, { epoch: number(header.epoch), epochs: number(header.epochs), speed: number(header.speed), left: number(Math.ceil(header.left_s)) }) : "";
  };
  const take = (buffer) => {
    [state.header] = opened(buffer);
    draw();
    find(".said").textContent = said();
    counted(lab, state);
  };
  const said = () => (state.job === "finished" && state.header?.diverged ? words.diverged : saidOf(state, words));
  const show = () => {
    showBar(lab, state, words, state.header?.step, said());
    tellTheEnd(state, data.token, setTriggerValue);
    draw();
  };

  wireBar(lab, state, words);

  Object.assign(state, { show, take });
  if (state.token !== data.token) {
    disconnect(state);
    Object.assign(state, { token: data.token, header: null, job: "loading" });
    lab.dataset.frames = 0;
    connect(state, data.token);
  } else show();
  const watch = new ResizeObserver(() => draw());
  watch.observe(lab);
  return () => {
    watch.disconnect();
    disconnect(state);
  };
}
