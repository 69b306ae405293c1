// Draws the validation accuracy of networks trained with and without something, with their spread, as it comes.
export default function ({ parentElement, data, setTriggerValue }) {
  const lab = parentElement.querySelector(".lab");
  const state = (lab.state ??= {});
  const find = (selector) => lab.querySelector(selector);
  const number = (value, digits = 0) => new Intl.NumberFormat(data.locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  const words = data.words, theme = themeOf(lab);
  const draw = () => {
    const header = state.header ?? { step: 0, steps: 1, epoch: 0, epochs: 1, seeds: 1, left_s: 0, without: [], with: [] };
    const line = (curve, colour) => ({ colour, points: curve.map(([mean], at) => [at + 1, mean]), band: curve.map(([, low, high], at) => [at + 1, low, high]) });
    const last = (curve) => (curve.length ? say(words.value, { mean: number(100 * curve.at(-1)[0], 1), spread: number(100 * (curve.at(-1)[2] - curve.at(-1)[0]), 1) }) : "–");
    const late = [...header.without, ...header.with].filter((_, at) => at % header.epoch >= Math.floor(header.epoch / 4)); // it begins near chance
    const lowest = Math.min(...late.map(([, low]) => low), 0.9);
    const least = Math.max(0, Math.floor(lowest * 10) / 10);
    const axes = { epochs: header.epochs, least, most: 1, say: (v) => `${number(100 * v)} %`, below: words.below };
    plot(find("canvas"), theme, number, axes, [line(header.without, theme.minus), line(header.with, theme.plus)]);
    const without = say(words.without, { value: last(header.without) }), augmented = say(words.with, { value: last(header.with) });
    key(find("figcaption"), words.accuracy, [[without, theme.minus], [augmented, theme.plus]]);
    find("canvas").setAttribute("aria-label", say(words.alt, { epochs: number(header.epoch), without, with: augmented }));
    find("progress").value = header.step / header.steps;
    find(".count").textContent = header.step ? say(words.count, { epoch: number(header.epoch), epochs: number(header.epochs), networks: number(2 * header.seeds), left: number(Math.ceil(header.left_s)) }) : "";
  };
  const take = (buffer) => {
    [state.header] = opened(buffer);
    draw();
    counted(lab, state);
  };
  const show = () => {
    showBar(lab, state, words, state.header?.step);
    tellTheEnd(state, data.token, setTriggerValue, ["finished", "done", "cancelled"]);
    draw();
  };

  wireBar(lab, state, words);
  return watched(lab, state, data.token, { show, take }, draw);
}
