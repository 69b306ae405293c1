// Draws a variational autoencoder in training: its two losses, its codes and its samples.
export default function ({ parentElement, data, setTriggerValue }) {
  const lab = parentElement.querySelector(".lab");
  const state = (lab.state ??= {});
  const find = (selector) => lab.querySelector(selector);
  const number = (value, digits = 0) => new Intl.NumberFormat(data.locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  const words = data.words, theme = themeOf(lab);

  const drawCodes = () => {
    const canvas = find(".codes canvas"), side = (canvas.width = canvas.height = 360);
    const pen = canvas.getContext("2d");
    pen.strokeStyle = css(theme.ink, 0.4);
    for (const sigmas of [1, 2]) {
      pen.beginPath();
      pen.arc(side / 2, side / 2, (sigmas / 6) * side, 0, 7);
      pen.stroke();
    }
    state.header?.labels.forEach((label, at) => {
      pen.fillStyle = CLASSES[label];
      pen.beginPath();
      pen.arc((0.5 + state.codes[2 * at] / 254) * side, (0.5 - state.codes[2 * at + 1] / 254) * side, 3.5, 0, 7);
      pen.fill();
    });
  };
  const drawSamples = () => {
    const canvas = find(".samples canvas"), { tiles = 1, side = 1 } = state.header ?? {};
    canvas.width = canvas.height = tiles * (side + 1) - 1;
    if (!state.header) return;
    const pen = canvas.getContext("2d"), image = pen.createImageData(canvas.width, canvas.height);
    for (let at = 0; at < tiles * tiles * side * side; at++) {
      const tile = Math.floor(at / (side * side)), within = at % (side * side);
      const x = (tile % tiles) * (side + 1) + (within % side), y = Math.floor(tile / tiles) * (side + 1) + Math.floor(within / side);
      const level = state.samples[at];
      image.data.set([level, level, level, 255], 4 * (y * canvas.width + x));
    }
    pen.putImageData(image, 0, 0);
  };
  const draw = () => {
    const header = state.header ?? { epoch: 0, epochs: 1, held: [], left_s: 0, step: 0, steps: 1 };
    const lines = [0, 1].map((part) => header.held.map((pair, at) => [at + 1, pair[part]]));
    const values = lines.flat().map(([, value]) => value);
    const most = Math.max(10, ...values), least = Math.min(0, ...values);
    const last = lines.map((points) => (points.length ? number(points.at(-1)[1], 1) : "–"));
    const colours = [theme.minus, theme.plus];
    plot(find(".loss canvas"), theme, number, { epochs: header.epochs, least, most, say: (v) => number(v), below: words.below }, lines.map((points, part) => ({ points, colour: colours[part] })));
    key(find(".loss figcaption"), words.loss, [[say(words.reconstruction, { value: last[0] }), colours[0]], [say(words.kl, { value: last[1] }), colours[1]]]);
    key(find(".codes figcaption"), words.codes, words.classes.map((name, label) => [name, hex(CLASSES[label])]));
    key(find(".samples figcaption"), words.samples, []);
    drawCodes();
    drawSamples();
    find(".loss canvas").setAttribute("aria-label", say(words.lossAlt, { epochs: number(header.epoch), reconstruction: last[0], kl: last[1] }));
    find(".codes canvas").setAttribute("aria-label", words.codesAlt);
    find(".samples canvas").setAttribute("aria-label", words.samplesAlt);
    find("progress").value = header.step / header.steps;
    find(".count").textContent = header.step ? say(words.count, { epoch: number(header.epoch), epochs: number(header.epochs), left: number(Math.ceil(header.left_s)) }) : "";
  };
  const take = (buffer) => {
    const [header, begins] = opened(buffer);
    state.header = header;
    state.codes = new Int8Array(buffer, begins, 2 * header.codes);
    state.samples = new Uint8Array(buffer, begins + 2 * header.codes);
    draw();
    find(".said").textContent = said();
    counted(lab, state);
  };
  const said = () => (state.job === "finished" && state.header?.diverged ? words.diverged : saidOf(state, words));
  const show = () => {
    showBar(lab, state, words, state.header?.step, said());
    tellTheEnd(state, data.token, setTriggerValue, ["finished", "done", "cancelled"]);
    draw();
  };

  wireBar(lab, state, words);
  return watched(lab, state, data.token, { show, take }, draw);
}
