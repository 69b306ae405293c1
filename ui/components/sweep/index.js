// Draws a sweep: a grid of boundaries, a heat map of validation accuracy, and the network that was clicked.
export default function ({ parentElement, data, setTriggerValue }) {
  const lab = parentElement.querySelector(".lab");
  const state = (lab.state ??= {});
  const find = (selector) => lab.querySelector(selector);
  const number = (value, digits = 0) => new Intl.NumberFormat(data.locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  const plain = (value) => new Intl.NumberFormat(data.locale, { maximumSignificantDigits: 3 }).format(value);
  const words = data.words, theme = themeOf(lab);
  const [rates, widths, seeds] = [data.rates, data.widths, data.seeds];
  const of = (rate, width, seed) => (rate * widths.length + width) * seeds + seed;
  const percent = (share) => `${number(100 * share, 1)} %`;

  // ---- the tables, built once for each sweep
  const cell = (kind, text = "", scope = "") => {
    const made = Object.assign(document.createElement(kind), { textContent: text });
    if (scope) made.scope = scope;
    return made;
  };
  const row = (...cells) => {
    const made = document.createElement("tr");
    made.append(...cells);
    return made;
  };
  const table = (name, caption, content) => {
    find(`.${name} caption`).textContent = caption;
    find(`.${name} thead`).replaceChildren(row(cell("td", words.corner), ...widths.map((width) => cell("th", number(width), "col"))));
    find(`.${name} tbody`).replaceChildren(...rates.map((rate, r) => row(cell("th", plain(rate), "row"), ...widths.map((_, w) => content(r, w)))));
  };
  const side = seeds === 1 ? 1 : seeds <= 4 ? 2 : seeds <= 9 ? 3 : 4;
  const buttons = [];
  table("boundaries", words.boundaries, (r, w) => {
    const made = cell("td"), box = Object.assign(document.createElement("div"), { className: "seeds" });
    box.style.gridTemplateColumns = `repeat(${side}, 1fr)`;
    for (let seed = 0; seed < seeds; seed++) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "map" });
      button.ariaLabel = say(words.network, { rate: plain(rates[r]), width: number(widths[w]), seed, accuracy: "–" });
      button.append(document.createElement("canvas"));
      button.onclick = () => {
        state.chosen = of(r, w, seed);
        draw();
      };
      buttons[of(r, w, seed)] = button;
      box.append(button);
    }
    made.append(box);
    return made;
  });
  const heat = [];
  table("heat", words.heat, (r, w) => (heat[r * widths.length + w] = cell("td")));

  // ---- drawing
  const draw = () => {
    const { header, maps } = state;
    if (!header) return;
    const accuracies = header.measured.map((measured) => measured[1]);
    const name = (at) => say(words.network, { rate: plain(rates[Math.floor(at / seeds / widths.length)]), width: number(widths[Math.floor(at / seeds) % widths.length]), seed: at % seeds, accuracy: percent(accuracies[at]) });
    buttons.forEach((button, at) => {
      const canvas = button.firstChild;
      canvas.width = canvas.height = header.cells;
      canvas.getContext("2d").drawImage(maps[at], 0, 0);
      button.title = button.ariaLabel = name(at);
      button.setAttribute("aria-pressed", at === state.chosen);
    });
    const means = heat.map((_, at) => accuracies.slice(at * seeds, (at + 1) * seeds).reduce((sum, value) => sum + value, 0) / seeds);
    const [low, high] = [Math.min(...means), Math.max(...means)];
    heat.forEach((box, at) => {
      const spread = seeds > 1 ? Math.sqrt(accuracies.slice(at * seeds, (at + 1) * seeds).reduce((sum, value) => sum + (value - means[at]) ** 2, 0) / (seeds - 1)) : 0;
      box.replaceChildren(cell("b", percent(means[at])), ...(seeds > 1 ? [cell("small", `± ${number(100 * spread, 1)}`)] : []));
      box.style.background = css(theme.accent, high > low ? (0.4 * (means[at] - low)) / (high - low) : 0);
    });
    find("progress").value = header.epoch / header.epochs;
    find(".count").textContent = say(words.epoch, { epoch: number(header.epoch), epochs: number(header.epochs) });
    const chosen = find(".chosen");
    chosen.hidden = state.chosen === undefined;
    if (state.chosen !== undefined) {
      const canvas = chosen.querySelector("canvas"), context = canvas.getContext("2d");
      canvas.width = canvas.height = 320;
      context.imageSmoothingEnabled = header.single;
      context.drawImage(maps[state.chosen], 0, 0, 320, 320);
      for (const [x, y, label] of data.points) {
        context.beginPath();
        context.arc((x / data.span + 1) * 160, (1 - y / data.span) * 160, 5, 0, 7);
        context.fillStyle = css(header.single ? (label ? theme.plus : theme.minus) : hex(CLASSES[label]));
        context.strokeStyle = css(theme.paper);
        context.lineWidth = 1.5;
        context.fill();
        context.stroke();
      }
      canvas.setAttribute("aria-label", name(state.chosen));
      chosen.querySelector("p").textContent = name(state.chosen);
    }
  };
  const take = (buffer) => {
    state.buffer = buffer;
    const [header, start] = opened(buffer);
    const size = header.cells ** 2, colours = header.single ? theme.signs : theme.classes;
    const maps = header.measured.map((_, at) => picture(new Int8Array(buffer, start + at * size, size), header.cells, colours));
    Object.assign(state, { header, maps });
    draw();
    counted(lab, state);
  };
  const show = () => {
    showBar(lab, state, words, state.header?.epoch);
    tellTheEnd(state, data.token, setTriggerValue);
    draw();
  };

  wireBar(lab, state, words);
  find(".open").textContent = words.open;
  find(".open").onclick = () => setTriggerValue("open", state.chosen);

  Object.assign(state, { show, take });
  if (state.token !== data.token) {
    disconnect(state);
    find(".chosen").hidden = true;
    Object.assign(state, { token: data.token, header: null, job: "loading", chosen: undefined });
    lab.dataset.frames = 0;
    connect(state, data.token);
  } else {
    if (state.buffer) take(state.buffer); // in the theme's colours of now
    show();
  }
  return () => disconnect(state);
}
