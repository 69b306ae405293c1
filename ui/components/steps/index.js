// A list of steps: fields to set, buttons and dragging to move, a search to add.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".steps");
  const { rows, words } = data;
  const list = root.querySelector("ol"), search = root.querySelector("input"), found = root.querySelector(".found");
  const say = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const make = (kind, parent, className = "", text = "") => {
    const made = Object.assign(document.createElement(kind), { className, textContent: text });
    parent.append(made);
    return made;
  };
  const act = (action, row, name = "", value = "") => setTriggerValue("act", { action, row, name, value });
  const back = root.getRootNode().activeElement?.dataset?.place;
  const end = (row) => {
    let at = row + 1;
    if (!rows[row].inside) while (at < rows.length && rows[at].inside) at++;
    return at;
  };

  // ---- one step
  const input = (parent, row, field, label, value, write) => {
    const made = make("input", parent);
    Object.assign(made, { type: "number", min: field.low, max: field.high, step: "any", value });
    made.setAttribute("aria-label", label);
    made.title = `${field.low} … ${field.high}`;
    made.dataset.place = `${row} ${label}`;
    made.onchange = () => {
      if (made.value === "") made.value = value;
      const number = Math.min(field.high, Math.max(field.low, Number(made.value)));
      if (made.value !== "" && Number.isFinite(number)) act("set", row, field.name, write(field.step >= 1 ? Math.round(number) : number));
    };
    return made;
  };
  const draw = (parent, row, field, owner) => {
    const box = make("label", parent, "field"), name = `${owner}: ${field.label}`;
    make("span", box, "", field.label);
    if (field.kind === "range") {
      const ends = make("span", box, "ends");
      const [low, high] = field.value;
      input(ends, row, field, say(words.least, { name }), low, (value) => `${Math.min(value, high)}..${Math.max(value, high)}`);
      make("span", ends, "", "–");
      input(ends, row, field, say(words.most, { name }), high, (value) => `${Math.min(value, low)}..${Math.max(value, low)}`);
    } else if (field.kind === "number") input(box, row, field, name, field.value, (value) => `${value}`);
    else if (field.kind === "flag") {
      const made = Object.assign(make("input", box), { type: "checkbox", checked: field.value });
      made.setAttribute("aria-label", name);
      made.dataset.place = `${row} ${name}`;
      made.onchange = () => act("set", row, field.name, `${made.checked}`);
    } else {
      const made = make("select", box);
      made.setAttribute("aria-label", name);
      made.dataset.place = `${row} ${name}`;
      field.choices.forEach((choice, at) => Object.assign(make("option", made, "", field.labels[at]), { value: choice }));
      made.value = field.value;
      made.onchange = () => act("set", row, field.name, made.value);
    }
  };
  const tool = (parent, row, action, sign, name, enabled = true) => {
    const made = make("button", parent, "tool", sign);
    made.type = "button";
    made.title = say(words[action], { name });
    made.setAttribute("aria-label", made.title);
    made.dataset.place = `${row} ${action}`;
    made.disabled = !enabled;
    made.onclick = () => {
      if (action === "up" || action === "down") root.follow = { title: made.title, row };
      act(action, row);
    };
  };
  list.setAttribute("aria-label", words.list);
  list.replaceChildren();
  rows.forEach((step, row) => {
    const item = make("li", list, `${step.inside ? "inside" : ""} ${step.group ? "group" : ""}`);
    const head = make("div", item, "head");
    const grip = make("span", head, "grip", "⠿");
    grip.title = words.grab;
    grip.setAttribute("aria-hidden", "true");
    make("b", head, "", step.name);
    const before = rows[row - 1], isFirst = row === 0 || (step.inside && !before.inside);
    const after = rows[end(row)], isLast = end(row) >= rows.length || (step.inside && !after.inside);
    tool(head, row, "up", "↑", step.name, !isFirst);
    tool(head, row, "down", "↓", step.name, !isLast);
    if (step.inside) tool(head, row, "outside", "⇤", step.name);
    else if (!step.group) tool(head, row, "inside", "⇥", step.name, row > 0 && (before.inside || !!before.group));
    tool(head, row, "remove", "×", step.name);
    const fields = make("div", item, "fields"), sometimes = make("label", fields, "field");
    make("span", sometimes, "", words.sometimes);
    const p = { name: "sometimes", low: 0, high: 1, step: 0.05 };
    input(sometimes, row, p, `${step.name}: ${words.sometimes}`, step.p, (value) => `${value}`);
    for (const field of step.fields) draw(fields, row, field, step.name);
    // dragging: as many steps up or down as places were passed
    grip.onpointerdown = (event) => {
      event.preventDefault();
      grip.setPointerCapture(event.pointerId);
      item.classList.add("dragged");
      const peers = [...list.children].filter((_, at) => !!rows[at].inside === !!step.inside);
      grip.onpointermove = (moved) => {
        item.style.transform = `translateY(${moved.clientY - event.clientY}px)`;
      };
      grip.onpointerup = (up) => {
        grip.onpointermove = grip.onpointerup = null;
        item.classList.remove("dragged");
        item.style.transform = "";
        const here = peers.indexOf(item);
        const middle = (peer) => peer.getBoundingClientRect().top + peer.offsetHeight / 2;
        const there = peers.filter((peer) => peer !== item && middle(peer) < up.clientY).length;
        if (there !== here) act(there < here ? "up" : "down", row, "", `${Math.abs(there - here)}`);
      };
    };
  });
  const empty = root.querySelector(".empty");
  empty.hidden = rows.length > 0;
  empty.textContent = words.empty;

  // ---- adding
  search.placeholder = words.search;
  search.setAttribute("aria-label", words.search);
  const unfold = (isOpen) => {
    found.hidden = !isOpen;
    search.setAttribute("aria-expanded", isOpen);
  };
  search.setAttribute("role", "combobox");
  search.setAttribute("aria-controls", "offers");
  found.id = "offers";
  found.onkeydown = (event) => {
    const offers = [...found.querySelectorAll("button")], at = offers.indexOf(root.getRootNode().activeElement);
    if (event.key === "Escape") {
      unfold(false);
      search.focus();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    (event.key === "ArrowUp" && at === 0 ? search : offers[Math.min(offers.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))])?.focus();
  };
  const offer = () => {
    const asked = search.value.trim().toLowerCase();
    found.replaceChildren();
    for (const [family, names] of data.families) {
      const fits = names.filter((name) => !asked || name.toLowerCase().includes(asked) || family.toLowerCase().includes(asked));
      if (!fits.length) continue;
      make("h5", found, "", family);
      for (const name of fits) {
        const button = make("button", found, "offer", name);
        button.type = "button";
        button.onclick = () => {
          search.value = "";
          unfold(false);
          root.added = true;
          act("add", -1, data.values[name]);
        };
      }
    }
    if (!found.children.length) make("p", found, "", words.none);
    unfold(true);
  };
  search.oninput = search.onclick = offer;
  unfold(!found.hidden);
  search.onkeydown = (event) => {
    if (event.key === "Enter" && search.value.trim()) found.querySelector("button")?.click();
    if (event.key === "ArrowDown") {
      event.preventDefault();
      found.querySelector("button")?.focus();
    }
    if (event.key === "Escape") unfold(false);
  };
  const adding = root.querySelector(".adding");
  adding.onfocusout = (event) => {
    if (event.relatedTarget && !adding.contains(event.relatedTarget)) unfold(false);
  };
  const groups = root.querySelector(".groups");
  groups.replaceChildren();
  Object.assign(make("option", groups, "", words.group), { value: "" });
  for (const [key, name] of Object.entries(data.groups)) Object.assign(make("option", groups, "", name), { value: key });
  groups.setAttribute("aria-label", words.group);
  groups.onchange = () => {
    if (groups.value) act("add", -1, groups.value);
    groups.value = "";
  };
  const follow = root.follow;
  root.follow = null;
  if (follow) {
    // the step that was moved, not the one that came into its place
    const far = (button) => Math.abs(parseInt(button.dataset.place) - follow.row) || Infinity;
    const moved = [...root.querySelectorAll(".tool")].filter((button) => button.title === follow.title).sort((a, b) => far(a) - far(b))[0];
    (moved?.disabled ? moved.parentElement.querySelector(".tool:enabled") : moved)?.focus();
  } else if (root.added) search.focus();
  else if (back) root.querySelector(`[data-place="${CSS.escape(back)}"]`)?.focus();
  root.added = false;
  root.dataset.state = "ready";
}
