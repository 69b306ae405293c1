// A confusion matrix: a button a cell, its colour the share of its row; arrows go from cell to cell.
export default function ({ parentElement, data, setTriggerValue }) {
  const table = parentElement.querySelector(".confusion");
  const { counts, names, words } = data;
  const number = (value, digits = 0) => new Intl.NumberFormat(data.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  const say = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const make = (kind, text, scope) => {
    const made = Object.assign(document.createElement(kind), { textContent: text });
    if (scope) made.scope = scope;
    return made;
  };
  const row = (...cells) => {
    const made = document.createElement("tr");
    made.append(...cells);
    return made;
  };
  const had = table.contains(table.getRootNode().activeElement);
  table.setAttribute("aria-label", words.table);
  const head = names.map((name) => {
    const cell = make("th", "", "col");
    cell.append(make("span", name));
    return cell;
  });
  table.querySelector("thead").replaceChildren(row(make("td", words.corner), ...head));
  const buttons = counts.map((line, truth) => {
    const all = line.reduce((sum, n) => sum + n, 0) || 1;
    return line.map((n, said) => {
      const share = n / all, button = document.createElement("button");
      button.type = "button";
      button.textContent = data.shares ? (n ? number(100 * share, share < 0.0995 ? 1 : 0) : "·") : n ? number(n) : "·";
      button.title = say(words.cell, { truth: names[truth], said: names[said], n: number(n), all: number(all), share: number(100 * share, 1) });
      button.setAttribute("aria-label", button.title);
      const isChosen = truth === data.chosen[0] && said === data.chosen[1];
      button.setAttribute("aria-pressed", isChosen);
      button.tabIndex = isChosen ? 0 : -1;
      button.className = truth === said ? "right" : "wrong";
      // faint mistakes are seen too: the colour goes with the root of the share
      button.style.setProperty("--share", `${Math.round(70 * Math.sqrt(share))}%`);
      button.onclick = () => setTriggerValue("choose", [truth, said]);
      button.onkeydown = (event) => {
        const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
        const next = step && buttons[truth + step[0]]?.[said + step[1]];
        if (!next) return;
        event.preventDefault();
        button.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      };
      return button;
    });
  });
  const lines = buttons.map((line, truth) => row(make("th", names[truth], "row"), ...line.map((button) => {
    const cell = document.createElement("td");
    cell.append(button);
    return cell;
  })));
  table.querySelector("tbody").replaceChildren(...lines);
  if (had) buttons[data.chosen[0]][data.chosen[1]].focus({ preventScroll: true });
}
