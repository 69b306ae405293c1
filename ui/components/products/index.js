// Core says which cells each output reads and what comes out; here they are drawn, walked over and typed into.
const LARGEST_PX = 30, SMALLEST_PX = 17, GAP_PX = 2, BETWEEN_PX = 28, STEP_MS = 650, READABLE = 4.6;
const SHORT = 4, LONG = 6; // characters that fit into a cell in the large and in the small type

export default function ({ parentElement, data, setTriggerValue }) {
  const walk = parentElement.querySelector(".walk");
  const state = (walk.state ??= { at: [0, 0, 0], timer: 0 });
  state.edits = (state.edits ?? []).filter((edit) => edit.id > data.taken);
  const deep = data.kernel[0].length;
  const [n, outH, outW] = [data.output.length, data.output[0].length, data.output[0][0].length];
  const [kernelH, kernelW] = [data.rows[0].length, data.columns[0].length];
  const wide = n / data.groups;
  const say = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const number = new Intl.NumberFormat(data.locale, { maximumFractionDigits: 4, signDisplay: "negative", useGrouping: false });
  const write = (value) => number.format(value).replace("-", "−");
  const whole = new Intl.NumberFormat(data.locale, { maximumFractionDigits: 10, useGrouping: false });
  const full = (value) => whole.format(value).replace("-", "−"); // what is typed over, to the last digit
  const factor = (value) => (value < 0 ? `(${write(value)})` : write(value));
  const short = new Intl.NumberFormat(data.locale, { maximumFractionDigits: 2, useGrouping: false });
  const text = (cell, value) => {
    let said = value === null ? "" : short.format(value).replace("-", "−");
    if (said.length > LONG) said = Number(value.toPrecision(2)).toExponential().replace("e+", "e").replace("-", "−");
    cell.classList.toggle("long", said.length > SHORT);
    if (cell === state.editing) return; // somebody types there
    if (cell.tagName === "INPUT") cell.value = said;
    else cell.textContent = said;
    cell.title = said === (value === null ? "" : write(value)) ? "" : write(value);
  };

  // ---- what is under the window
  const shown = (channel, y, x) => {
    const [row, column] = [data.shownRows[y], data.shownColumns[x]];
    return row < 0 || column < 0 ? data.border : data.input[channel][row][column];
  };
  const taps = ([filter, i, j]) => {
    const found = [];
    const first = Math.floor(filter / wide) * deep;
    for (let c = 0; c < deep; c++)
      for (let u = 0; u < kernelH; u++)
        for (let v = 0; v < kernelW; v++) {
          const [y, x] = [data.rows[i][u], data.columns[j][v]];
          if (y < 0 || x < 0) continue;
          const [row, column] = [data.kernelRows[u], data.kernelColumns[v]];
          const value = shown(first + c, y, x);
          if (value !== null) found.push({ c, channel: first + c, y, x, row, column, value, weight: data.kernel[filter][c][row][column] });
        }
    return found;
  };

  // ---- the boards
  const kinds = data.weighted ? ["kernel", "products"] : ["products"];
  const signature = JSON.stringify([data.shownRows, data.shownColumns, n, deep, outH, outW, kernelH, kernelW, data.groups, data.weighted, data.top, data.left, data.words, data.input.length]);
  const fresh = walk.signature !== signature;
  if (fresh) build();
  const cells = walk.cells;
  walk.signature = signature;

  function element(tag, className, parent, label) {
    const made = document.createElement(tag);
    made.className = className;
    if (label !== undefined) made.textContent = label;
    parent.append(made);
    return made;
  }

  function board(parent, kind, block, height, width, tag) {
    const holder = element("div", "holder", parent);
    if (tag) element("p", "tag", holder, tag);
    const made = element("div", `board ${kind}`, holder);
    made.setAttribute("role", "group");
    made.setAttribute("aria-label", [data.words[kind], tag].filter(Boolean).join(", "));
    made.style.setProperty("--columns", width);
    const rows = [];
    for (let y = 0; y < height; y++) {
      rows.push([]);
      for (let x = 0; x < width; x++) {
        const real = kind !== "input" || (y >= data.top && y < data.top + data.height && x >= data.left && x < data.left + data.width);
        const tagName = kind === "output" ? "button" : (kind === "input" || kind === "kernel") && real ? "input" : "span";
        const cell = element(tagName, real ? "cell" : "cell ghost", made);
        const place = { kind, block, y, x, row: kind === "input" ? y - data.top : y, column: kind === "input" ? x - data.left : x, real };
        Object.assign(cell, { place });
        if (tagName !== "span") {
          cell.tabIndex = -1;
          cell.dataset.kind = kind;
          if (tagName === "input") Object.assign(cell, { type: "text", inputMode: "decimal", autocomplete: "off", readOnly: true });
          else cell.type = "button";
        }
        rows[y].push(cell);
      }
    }
    return rows;
  }

  function build() {
    const boards = walk.querySelector(".boards");
    boards.replaceChildren();
    walk.cells = { input: [], kernel: [], products: [], output: [] };
    const section = (title, kind) => {
      const made = element("section", `column ${kind}`, boards);
      const heading = element("h4", "", made, title);
      heading.id = `walk-${kind}`;
      return element("div", "stack", made);
    };
    const many = data.input.length > 1;
    const tag = (word, index, needed) => (needed ? say(word, { n: index + 1 }) : "");
    const inputs = section(say(data.words.inputTitle, { height: data.height, width: data.width }), "input");
    data.input.forEach((_, c) => walk.cells.input.push(board(inputs, "input", c, data.shownRows.length, data.shownColumns.length, tag(data.words.channel, c, many))));
    const middle = element("div", "column", boards);
    for (const kind of kinds) {
      const title = kind === "kernel" ? say(data.words.kernelTitle, { height: kernelH, width: kernelW }) : data.weighted ? data.words.products : data.words.window;
      const made = element("section", kind, middle);
      element("h4", "", made, title);
      const stack = element("div", "stack", made);
      for (let c = 0; c < deep; c++) walk.cells[kind].push(board(stack, kind, c, kernelH, kernelW, ""));
    }
    const outputs = section(say(data.words.outputTitle, { height: outH, width: outW }), "output");
    data.output.forEach((_, d) => walk.cells.output.push(board(outputs, "output", d, outH, outW, tag(data.words.filter, d, n > 1))));
  }

  // ---- size and colour
  const style = getComputedStyle(walk);
  const rgb = (name) => {
    const probe = element("span", "", walk);
    probe.style.color = `var(${name})`;
    const found = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
    probe.remove();
    return found;
  };
  const colours = { minus: rgb("--st-blue-color"), plus: rgb("--st-orange-color"), zero: rgb("--st-secondary-background-color"), ink: rgb("--st-text-color"), paper: rgb("--st-background-color") };
  const light = (c) => c.map((v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const tint = (cell, value, greatest) => {
    let share = greatest ? Math.min(1, Math.abs(value ?? 0) / greatest) : 0;
    let mixed, text;
    do { // between ink's reach and paper's lies a tint on which neither is read: a little paler, then
      mixed = colours.zero.map((z, i) => Math.round(z + ((value < 0 ? colours.minus : colours.plus)[i] - z) * share));
      text = contrast(mixed, colours.ink) >= contrast(mixed, colours.paper) ? colours.ink : colours.paper;
      share -= 0.03;
    } while (contrast(mixed, text) < READABLE && share > 0);
    cell.style.background = `rgb(${mixed})`;
    cell.style.color = `rgb(${text})`;
  };
  const greatest = (values) => Math.max(...values.flat(3).map(Math.abs), 0);

  const fit = () => {
    const available = walk.clientWidth;
    if (!available) return;
    const columns = [data.shownColumns.length, kernelW, outW];
    const inRow = Math.floor((available - 2 * BETWEEN_PX) / columns.reduce((a, b) => a + b)) - GAP_PX;
    const alone = Math.floor((available - 4) / Math.max(...columns)) - GAP_PX;
    const size = inRow >= SMALLEST_PX ? inRow : Math.max(12, alone);
    walk.style.setProperty("--cell", `${Math.min(LARGEST_PX, size)}px`);
  };

  // ---- drawing
  const each = (kind, draw) => cells[kind].forEach((rows, block) => rows.forEach((row, y) => row.forEach((cell, x) => draw(cell, block, y, x))));
  const name = (cell, value) => cell.setAttribute("aria-label", say(data.words.cell, { what: data.words[cell.place.kind], row: cell.place.row + 1, column: cell.place.column + 1, value: write(value) }));
  const outputs = greatest(data.output), weights = greatest(data.kernel);
  each("input", (cell, c, y, x) => {
    text(cell, shown(c, y, x));
    if (cell.place.real) name(cell, shown(c, y, x));
  });
  each("output", (cell, d, y, x) => {
    text(cell, data.output[d][y][x]);
    tint(cell, data.output[d][y][x], outputs);
    name(cell, data.output[d][y][x]);
  });

  const plain = (kind) => each(kind, (cell) => cell.classList.remove("lit", "here"));
  const show = (at) => {
    const [filter, i, j] = at;
    for (const kind of Object.keys(cells)) plain(kind);
    each("kernel", (cell, c, y, x) => {
      text(cell, data.kernel[filter][c][y][x]);
      tint(cell, data.kernel[filter][c][y][x], weights);
      name(cell, data.kernel[filter][c][y][x]);
    });
    each("products", (cell) => {
      text(cell, null);
      tint(cell, 0, 0);
    });
    const found = taps(at);
    const most = greatest([found.map((tap) => tap.value * tap.weight)]);
    for (const tap of found) {
      cells.input[tap.channel][tap.y][tap.x].classList.add("lit");
      const product = cells.products[tap.c][tap.row][tap.column];
      text(product, tap.value * tap.weight);
      tint(product, tap.value * tap.weight, most);
      if (data.kind === "max" && tap.value === data.output[filter][i][j]) {
        product.classList.add("here");
        cells.input[tap.channel][tap.y][tap.x].classList.add("here");
      }
    }
    cells.output.forEach((rows, d) => rows[0][0].parentElement.classList.toggle("chosen", n > 1 && d === filter));
    cells.output[filter][i][j].classList.add("here");
    each("output", (cell, d, y, x) => (cell.tabIndex = d === filter && y === i && x === j ? 0 : -1));
    sum(found, data.output[filter][i][j], at);
    const position = walk.querySelector(".position");
    position.value = (filter * outH + i) * outW + j;
    position.setAttribute("aria-valuetext", say(data.words.place, { row: i + 1, column: j + 1 }));
  };

  const sum = (found, result, [filter, i, j]) => {
    const line = walk.querySelector(".sum");
    line.replaceChildren();
    const put = (said, className) => (className ? (element("span", className, line).textContent = said) : line.append(said));
    const name = say(n > 1 ? data.words.placeOf : data.words.place, { row: i + 1, column: j + 1, filter: filter + 1 });
    put(`${name} = `);
    const bracket = data.kind === "max" ? ["max(", ")"] : data.divisor !== 1 || data.kind === "mean" ? ["(", ")"] : ["", ""];
    put(bracket[0]);
    found.forEach((tap, index) => {
      if (index) put(data.kind === "max" ? data.words.comma : " + ");
      const product = tap.value * tap.weight;
      if (data.weighted) put(`${factor(tap.value)}·${factor(tap.weight)}`, product < 0 ? "minus" : product > 0 ? "plus" : "");
      else put(factor(tap.value));
    });
    if (!found.length) put("0");
    put(bracket[1]);
    if (data.kind === "mean") put(` / ${found.length}`);
    else if (data.divisor !== 1) put(` / ${factor(data.divisor)}`);
    put(" = ");
    element("b", "", line, write(result));
    line.scrollTop = line.scrollHeight; // of a long sum the end is seen
  };

  const feeds = (cell) => {
    const { block, y, x, row, column } = cell.place;
    for (const kind of Object.keys(cells)) plain(kind);
    cell.classList.add("here");
    let fed = 0;
    const group = Math.floor(block / deep);
    each("output", (output, d, i, j) => {
      const inRow = data.rows[i].some((at) => at >= 0 && data.shownRows[at] === row);
      const inColumn = data.columns[j].some((at) => at >= 0 && data.shownColumns[at] === column);
      if (Math.floor(d / wide) === group && inRow && inColumn) {
        output.classList.add("lit");
        fed++;
      }
    });
    walk.querySelector(".sum").textContent = say(fed === 1 ? data.words.feedsOne : data.words.feeds, { row: row + 1, column: column + 1, value: write(shown(block, y, x)), n: write(fed) });
  };

  // ---- walking
  const clamp = ([filter, i, j]) => [Math.min(filter, n - 1), Math.min(i, outH - 1), Math.min(j, outW - 1)];
  const go = (at) => show((state.at = clamp(at)));
  const nth = (index) => [Math.floor(index / (outH * outW)), Math.floor(index / outW) % outH, index % outW];
  const last = n * outH * outW;
  const step = (by) => {
    const [filter, i, j] = state.at;
    go(nth(((filter * outH + i) * outW + j + by + last) % last));
  };
  const halt = () => {
    clearInterval(state.timer);
    state.timer = 0;
    walk.classList.remove("playing");
    walk.querySelector(".sum").ariaLive = "polite";
    walk.querySelector(".play").setAttribute("aria-label", data.words.play);
  };
  const buttons = { back: () => step(-1), forward: () => step(1) };
  for (const [which, act] of Object.entries(buttons)) {
    const button = walk.querySelector(`.${which}`);
    button.setAttribute("aria-label", data.words[which]);
    button.onclick = () => {
      halt();
      act();
    };
  }
  walk.querySelector(".play").onclick = () => {
    if (state.timer) return halt();
    state.timer = setInterval(() => step(1), STEP_MS);
    walk.querySelector(".sum").ariaLive = "off"; // a screen reader would never come to an end
    walk.classList.add("playing");
    walk.querySelector(".play").setAttribute("aria-label", data.words.pause);
  };
  const position = walk.querySelector(".position");
  position.max = last - 1;
  position.setAttribute("aria-label", data.words.position);
  position.oninput = () => {
    halt();
    go(nth(Number(position.value)));
  };
  const boards = walk.querySelector(".boards");
  const look = (cell) => {
    if (cell?.place.kind === "output") {
      halt();
      go([cell.place.block, cell.place.y, cell.place.x]);
    } else if (cell?.place.kind === "input" && cell.place.real) {
      halt();
      feeds(cell);
    } else show(state.at);
  };
  const cellOf = (event) => event.target.closest?.(".cell");
  boards.onpointerover = (event) => event.pointerType === "mouse" && !state.editing && look(cellOf(event));
  boards.onpointerleave = () => !state.editing && show(state.at);
  state.listening?.abort();
  state.listening = new AbortController();
  const { signal } = state.listening;
  boards.addEventListener("focusin", (event) => cellOf(event)?.place.kind !== "kernel" && look(cellOf(event)), { signal });

  // ---- typing
  const begin = (cell, said) => {
    halt();
    state.editing = cell;
    cell.readOnly = false;
    const { kind, block, row, column, y, x } = cell.place;
    cell.value = said ?? full(kind === "input" ? shown(block, y, x) : data.kernel[state.at[0]][block][row][column]);
    if (said === undefined) cell.select();
  };
  const end = (cell, keep) => {
    if (state.editing !== cell) return;
    state.editing = null;
    cell.readOnly = true;
    const { kind, block, row, column, y, x } = cell.place;
    const before = kind === "input" ? shown(block, y, x) : data.kernel[state.at[0]][block][y][x];
    const at = kind === "input" ? block : state.at[0] * deep + block;
    if (keep && cell.value.trim() !== full(before)) {
      // Edits that the page has not taken yet go along again: a quick hand outruns it.
      const last = state.edits.at(-1)?.id ?? data.taken;
      state.edits.push({ id: last + 1, where: kind, block: at, row, column, text: cell.value.slice(0, 20) });
      setTriggerValue("edit", state.edits);
    } else text(cell, before);
  };
  const move = (cell, down, right) => {
    const rows = cells[cell.place.kind][cell.place.block];
    const next = rows[cell.place.y + down]?.[cell.place.x + right];
    if (next && next.tagName !== "SPAN") next.focus();
  };
  const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  boards.onclick = (event) => {
    const cell = cellOf(event);
    if (cell?.tagName !== "INPUT") return;
    if (state.touched === cell && cell.readOnly) begin(cell);
    state.touched = cell;
  };
  const leave = (event) => {
    const cell = cellOf(event);
    if (cell?.tagName === "INPUT") end(cell, true);
    if (state.touched === cell) state.touched = null;
  };
  boards.addEventListener("focusout", leave, { signal });
  boards.onkeydown = (event) => {
    const cell = cellOf(event);
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = cell.tagName === "INPUT" && !cell.readOnly;
    if (typing && event.key === "Enter") {
      end(cell, true);
      move(cell, 1, 0);
    } else if (typing && event.key === "Escape") end(cell, false);
    else if (!typing && arrows[event.key]) move(cell, ...arrows[event.key]);
    else if (!typing && cell.tagName === "INPUT" && /^\S$/u.test(event.key)) begin(cell, event.key);
    else if (!typing && cell.tagName === "INPUT" && ["Enter", "F2"].includes(event.key)) begin(cell);
    else return;
    event.preventDefault();
  };
  for (const kind of ["input", "kernel"]) {
    const first = cells[kind][0]?.flat().find((cell) => cell.tagName === "INPUT");
    if (first && !cells[kind].flat(2).some((cell) => cell.tabIndex === 0)) first.tabIndex = 0;
  }

  go(state.at);
  halt();
  const active = walk.getRootNode().activeElement;
  if (active?.place?.kind === "input" && active.isConnected) feeds(active);
  fit();
  walk.dataset.state = "ready";
  state.observer?.disconnect();
  state.observer = new ResizeObserver(fit);
  state.observer.observe(walk);
  return () => {
    state.observer.disconnect();
    clearInterval(state.timer);
  };
}
