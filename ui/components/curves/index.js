// Draws a run's losses and accuracy as they come.
export default function ({ parentElement, data, setTriggerValue }) {
  const lab = parentElement.querySelector(".lab");
  const state = (lab.state ??= {});
  const find = (selector) => lab.querySelector(selector);
  const number = (value, digits = 0) => new Intl.NumberFormat(data.locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  const words = data.words, theme = themeOf(lab);

  // ---- drawing
  const draw = () => {
    const header = state.header ?? { epoch: 0, epochs: 1, losses: [], held: [], speed: 0, left_s: 0, step: 0, steps: 1 };
    const held = header.held.map(([loss], at) => [at + 1, loss]), accuracy = header.held.map(([, share], at) => [at + 1, share]);
    const last = (points, write) => (points.length ? write(points.at(-1)[1]) : "–");
    const nats = (value) => number(value, 3), percent = (value) => `${number(100 * value, 1)} %`;
    const trained = last(header.losses, nats), tested = last(held, nats), right = last(accuracy, percent);
    const most = Math.max(0.5, ...header.losses.map(([, v]) => v), ...held.map(([, v]) => v));
    const losses = [{ points: header.losses, colour: theme.plus }, { points: held, colour: theme.minus }];
    plot(find(".loss canvas"), theme, number, { epochs: header.epochs, most: Math.min(most, 6), say: (v) => number(v, 1), below: words.below }, losses);
    const shares = { epochs: header.epochs, most: 1, say: (v) => `${number(100 * v)} %`, below: words.below };
    plot(find(".accuracy canvas"), theme, number, shares, [{ points: accuracy, colour: theme.accent }]);
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
    tellTheEnd(state, data.token, setTriggerValue, ["finished", "done", "cancelled"]);
    draw();
  };

  wireBar(lab, state, words);
  return watched(lab, state, data.token, { show, take }, draw);
}
