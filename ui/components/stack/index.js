// A table of layers: what each one is, to change, and what core says of it. Nothing is computed here.
const ICONS = { up: "M12 19V6M6 11l6-6 6 6", down: "M12 5v13M6 13l6 6 6-6", remove: "M6 6l12 12M18 6L6 18" };

export default function ({ parentElement, data, setTriggerValue, setStateValue }) {
  const root = parentElement.querySelector(".stack");
  const make = (tag, parent, className = "", text = "") => {
    const made = document.createElement(tag);
    made.className = className;
    if (text) made.textContent = text;
    parent.append(made);
    return made;
  };
  const say = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const act = (action, row, name = "", value = "") => setTriggerValue("act", { action, row, name, value });
  const scroll = root.querySelector(".scroll");
  scroll.setAttribute("aria-label", data.words.table);

  const head = root.querySelector("thead tr");
  head.replaceChildren();
  for (const title of data.head) make("th", head, "", title).scope = "col";

  const back = root.getRootNode().activeElement?.dataset?.place;
  const body = root.querySelector("tbody");
  body.replaceChildren();
  let current = data.row; // what is chosen now, also before the page has heard of it
  const choose = (row) => {
    if (row !== current) setStateValue("row", row);
    current = row;
  };

  const field = (parent, row, layer, parameter) => {
    const label = make("label", parent);
    make("span", label, "", parameter.label);
    const input = make("input", label);
    Object.assign(input, { type: "text", inputMode: "decimal", value: parameter.value, autocomplete: "off" });
    input.setAttribute("aria-label", say(data.words.parameter, { row: row + 1, layer: layer.name, name: parameter.label }));
    input.dataset.place = `${row} ${parameter.name}`;
    input.onfocus = () => input.select();
    input.onchange = () => {
      const value = Number(input.value.replace(",", "."));
      act("set", row, parameter.name, input.value.slice(0, 20));
      if (!(value >= parameter.least && value <= parameter.most)) input.value = parameter.value; // the page says why
    };
    input.onkeydown = (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (event.key === "Enter") input.blur();
      if (!by || !parameter.whole) return;
      event.preventDefault();
      input.value = String(Math.max(parameter.least, Math.min(parameter.most, Number(input.value) + by)));
      clearTimeout(input.later);
      input.later = setTimeout(() => act("set", row, parameter.name, input.value), 350);
    };
  };

  const tool = (parent, row, layer, action) => {
    const button = make("button", parent);
    button.type = "button";
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[action]}" /></svg>`;
    button.setAttribute("aria-label", say(data.words[action], { row: row + 1, layer: layer.name }));
    const next = { up: row - 1, down: row + 1, remove: row }[action];
    button.dataset.place = `${next} ${action}`;
    button.disabled = next < 0 || next >= data.rows.length;
    button.onclick = () => {
      act(action, row);
      choose(next);
    };
  };

  data.rows.forEach((layer, row) => {
    const chosen = row === data.row;
    const tr = make("tr", body, `${layer.problem ? "impossible" : ""} ${chosen ? "chosen" : ""}`);
    const first = make("td", tr);
    const name = make("button", first, "name", layer.name);
    name.type = "button";
    name.setAttribute("aria-pressed", chosen);
    name.dataset.place = `${row} name`;
    make("span", first, "note", layer.note);
    if (layer.problem) make("td", tr, "why", layer.problem).colSpan = data.head.length - 1;
    else
      layer.cells.forEach((cell, at) => {
        const td = make("td", tr, layer.shares[at] ? "bar" : "", cell);
        if (layer.shares[at]) td.style.setProperty("--share", `${100 * layer.shares[at]}%`);
      });
    tr.onclick = () => choose(row);
    if (!chosen) return;
    const editing = make("div", Object.assign(make("td", make("tr", body, "chosen editing")), { colSpan: data.head.length }), "layer");
    for (const parameter of layer.parameters) field(editing, row, layer, parameter);
    const tools = make("div", editing, "tools");
    for (const action of Object.keys(ICONS)) tool(tools, row, layer, action);
  });

  const foot = root.querySelector("tfoot tr");
  foot.replaceChildren();
  for (const cell of data.total) make("td", foot, "", cell);

  const select = root.querySelector("select");
  const kept = select.value;
  select.replaceChildren();
  select.setAttribute("aria-label", data.words.kind);
  for (const [kind, name] of Object.entries(data.kinds)) Object.assign(make("option", select, "", name), { value: kind });
  if (kept) select.value = kept;
  const add = root.querySelector(".add button");
  add.textContent = data.rows.length ? say(data.words.addAfter, { row: data.row + 1 }) : data.words.add;

  add.onclick = () => {
    act("add", current, select.value);
    choose(Math.min(current + 1, data.rows.length));
  };
  if (back) root.querySelector(`[data-place="${CSS.escape(back)}"]`)?.focus();
  root.dataset.state = "ready";
}
