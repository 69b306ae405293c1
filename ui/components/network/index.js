// Draws the newest frame of a live run and sends wishes to it. What a network is and does, core says.
const NEAR_PX = 6;

export default function ({ parentElement, data, setTriggerValue }) {
  const lab = parentElement.querySelector(".lab");
  const state = (lab.state ??= {});
  const find = (selector) => lab.querySelector(selector);
  const number = (value, digits = 0) => new Intl.NumberFormat(data.locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  const words = data.words;

  const theme = themeOf(lab);
  const sized = (canvas) => {
    const ratio = devicePixelRatio || 1, box = canvas.getBoundingClientRect();
    const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, box.width, box.height);
    return [context, box.width, box.height];
  };

  // ---- drawing
  const features = data.features.map((feature) => picture(Int8Array.from(atob(feature.map), (c) => c.charCodeAt(0)), data.neuronCells, theme.signs));
  const drawPlane = (header, plane) => {
    const [context, width, height] = sized(find(".plane"));
    const two = header.n_classes === 2 && data.single;
    const looked = state.hover && (state.hover[0] === 0 ? features[state.hover[1]] : state.maps[state.hover[0] - 1]?.[state.hover[1]]);
    context.imageSmoothingEnabled = two || Boolean(looked);
    context.drawImage(looked ?? picture(plane, header.cells, two ? theme.signs : theme.classes), 0, 0, width, height);
    for (const [x, y, label, part] of data.points) {
      context.beginPath();
      const [px, py] = [((x / data.span + 1) * width) / 2, ((1 - y / data.span) * height) / 2];
      if (part === 2) context.rect(px - 2.5, py - 2.5, 5, 5);
      else context.arc(px, py, part === 0 ? 3.4 : 2.6, 0, 7);
      const colour = !two ? hex(CLASSES[label]) : label ? theme.plus : theme.minus;
      context.fillStyle = part === 0 ? css(colour) : css(theme.paper, 0.85);
      context.strokeStyle = part === 0 ? css(theme.paper) : css(colour);
      context.lineWidth = part === 0 ? 1 : 1.6;
      context.fill();
      context.stroke();
    }
  };
  const drawCross = () => {
    if (!state.cross) return;
    const box = find(".plane").getBoundingClientRect(), context = find(".plane").getContext("2d");
    const [x, y] = [((state.cross[0] / data.span + 1) * box.width) / 2, ((1 - state.cross[1] / data.span) * box.height) / 2];
    context.strokeStyle = css(theme.ink);
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x - 9, y);
    context.lineTo(x + 9, y);
    context.moveTo(x, y - 9);
    context.lineTo(x, y + 9);
    context.stroke();
  };
  const drawNet = (header, maps) => {
    const [context, width, height] = sized(find(".net"));
    const columns = [data.features.length, ...header.widths, header.weights.at(-1).length];
    const most = Math.max(...columns);
    const size = Math.max(7, Math.min(38, (height - 8) / most - 5, (width / columns.length) * 0.45));
    const place = (column, at) => {
      const n = columns[column], gap = Math.min(14, (height - 8 - n * size) / Math.max(1, n - 1));
      const x = size / 2 + 2 + ((width - size - 4) * column) / (columns.length - 1);
      return [x, height / 2 + (at - (n - 1) / 2) * (size + gap)];
    };
    const answer = columns.at(-1) === 1 ? picture(state.plane, header.cells, theme.signs) : null;
    const largest = Math.max(0.2, ...header.weights.flat(2).map(Math.abs));
    state.edges = [];
    state.neurons = [];
    header.weights.forEach((layer, column) =>
      layer.forEach((row, to) =>
        row.slice(0, -1).forEach((weight, from) => {
          const [x1, y1] = place(column, from), [x2, y2] = place(column + 1, to);
          const chosen = state.chosen && state.chosen.join() === [column, to, from].join();
          context.strokeStyle = chosen ? css(theme.ink) : css(weight < 0 ? theme.minus : theme.plus, 0.25 + 0.7 * Math.min(1, Math.abs(weight) / largest));
          context.lineWidth = chosen ? 4 : 0.4 + 4.6 * Math.min(1, Math.abs(weight) / largest);
          context.beginPath();
          context.moveTo(x1 + size / 2, y1);
          context.bezierCurveTo((x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2 - size / 2, y2);
          context.stroke();
          state.edges.push([x1 + size / 2, y1, x2 - size / 2, y2, column, to, from, weight]);
        })
      )
    );
    columns.forEach((n, column) => {
      for (let at = 0; at < n; at++) {
        const [x, y] = place(column, at);
        state.neurons.push([x, y, size / 2, column, at]);
        const map = column === 0 ? features[at] : column <= maps.length ? maps[column - 1][at] : n === 1 ? answer : null;
        context.imageSmoothingEnabled = true;
        context.fillStyle = css(theme.zero);
        context.fillRect(x - size / 2, y - size / 2, size, size);
        if (map) context.drawImage(map, x - size / 2, y - size / 2, size, size);
        context.strokeStyle = css(theme.ink, 0.35);
        context.lineWidth = 1;
        context.strokeRect(x - size / 2, y - size / 2, size, size);
        if (column === 0 && size > 16) {
          context.fillStyle = css(theme.ink);
          context.font = `${Math.min(12, size / 2.6)}px ${getComputedStyle(lab).fontFamily}`;
          context.fillText(data.features[at].name, x - size / 2 + 3, y - size / 2 - 3 < 9 ? y + size / 2 - 3 : y - size / 2 - 3);
        }
      }
    });
  };
  const drawCurve = (header) => {
    const [context, width, height] = sized(find(".curve"));
    const history = header.history.filter((entry) => entry[1] >= 0 && entry[2] >= 0);
    if (!history.length) return;
    const last = Math.max(1, history.at(-1)[0]);
    const top = Math.max(...history.map((entry) => Math.max(entry[1], Math.min(entry[2], 4 * entry[1] + 1))), 1e-6);
    [[1, theme.accent], [2, theme.ink]].forEach(([which, colour]) => {
      context.strokeStyle = css(colour, which === 1 ? 1 : 0.55);
      context.lineWidth = 1.6;
      context.beginPath();
      history.forEach((entry, at) => context[at ? "lineTo" : "moveTo"]((entry[0] / last) * width, height - 2 - (Math.min(entry[which], top) / top) * (height - 6)));
      context.stroke();
    });
  };
  const drawGoal = (header) => {
    const goal = find(".goal");
    goal.hidden = !data.goal;
    if (!data.goal) return;
    const reached = header.history.find((entry) => entry[3] >= data.goal);
    goal.classList.toggle("reached", Boolean(reached));
    const text = say(reached ? words.reached : words.goal, { accuracy: number(100 * data.goal), epoch: reached ? number(reached[0]) : "" });
    if (goal.textContent !== text) goal.textContent = text;
  };
  const drawFigures = (header) => {
    const part = header.measured;
    const percent = (value) => `${number(100 * value, 1)} %`;
    const loss = (value) => (value < 0 ? "∞" : number(value, 3));
    const figures = [
      [words.epochCount, number(header.epoch)],
      [words.speed, header.epochs_per_s ? number(header.epochs_per_s) : "–"],
      [words.trainLoss, loss(part.train.loss)],
      [words.validationLoss, loss(part.validation.loss)],
      [words.trainAccuracy, percent(part.train.accuracy)],
      [words.validationAccuracy, percent(part.validation.accuracy)],
    ];
    const list = find(".figures");
    if (list.children.length !== figures.length)
      list.replaceChildren(...figures.map(() => Object.assign(document.createElement("div"), { innerHTML: "<dt></dt><dd></dd>" })));
    figures.forEach(([name, value], at) => {
      list.children[at].firstChild.textContent = name;
      list.children[at].lastChild.textContent = value;
    });
  };
  const take = (buffer) => {
    state.buffer = buffer;
    let [header, at] = opened(buffer);
    const plane = new Int8Array(buffer, at, header.cells ** 2);
    at += header.cells ** 2;
    const cells = header.neuron_cells ** 2;
    const maps = header.widths.map((n) =>
      Array.from({ length: n }, () => {
        const map = picture(new Int8Array(buffer, at, cells), header.neuron_cells, theme.signs);
        at += cells;
        return map;
      })
    );
    Object.assign(state, { header, plane, maps });
    draw();
    counted(lab, state);
  };
  const form = find(".weight"), field = form.querySelector("input");
  const draw = () => {
    const { header, plane, maps } = state;
    if (!header) return;
    drawPlane(header, plane);
    drawCross();
    drawNet(header, maps);
    drawCurve(header);
    drawFigures(header);
    find(".save").textContent = words.picture;
  find(".save").onclick = () => {
    const [net, plane] = [find(".net"), find(".plane")], gap = 24;
    const made = Object.assign(document.createElement("canvas"), { width: net.width + plane.width + 3 * gap, height: Math.max(net.height, plane.height) + 2 * gap });
    const context = made.getContext("2d");
    context.fillStyle = css(theme.paper);
    context.fillRect(0, 0, made.width, made.height);
    context.drawImage(net, gap, (made.height - net.height) / 2);
    context.drawImage(plane, net.width + 2 * gap, (made.height - plane.height) / 2);
    made.toBlob((blob) => {
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `network-${state.header?.epoch ?? 0}.png` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  };
  const scrub = find(".scrub");
    [scrub.min, scrub.max] = header.kept;
    if (lab.getRootNode().activeElement !== scrub) scrub.value = header.scrubbed ? header.epoch : header.kept[1];
    if (header.scrubbed) form.hidden = true;
    const chosen = state.edges.find((edge) => edge.slice(4, 7).join() === String(state.chosen));
    if (chosen && lab.getRootNode().activeElement !== field) field.value = chosen[7];
    scrub.disabled = state.job === "running" || header.kept[0] === header.kept[1];
    for (const [name, value] of [["rate", header.base_rate], ["l1", header.l1], ["l2", header.l2], ["pace", header.pace]]) {
      const select = find(`.${name}`);
      if (lab.getRootNode().activeElement !== select) select.value = String(value);
    }
    if (find(".said").textContent !== said()) find(".said").textContent = said();
    drawGoal(header);
    find(".plane").setAttribute("aria-label", `${say(words.plane, { accuracy: number(100 * header.measured.validation.accuracy, 1) })} ${data.drawn ? words.planeKeys : ""}`);
  };
  const said = () => {
    const why = state.header?.why;
    if (state.job === "queued") return say(words.queued, { n: state.place });
    if (state.job === "gone") return words.gone;
    if (state.job === "failed") return say(words.failed, { reference: state.problem });
    if (["away", "done", "lost", "cancelled", "forgotten"].includes(state.job)) return words[state.job];
    return state.job === "finished" && why ? words[why] : "";
  };

  const show = () => {
    const running = isMoving(state);
    const over = OVER.includes(state.job);
    lab.dataset.state = shownState(state);
    lab.classList.toggle("running", running);
    find(".play span").textContent = running ? words.pause : state.header?.last_epoch ? words.goOn : words.start;
    for (const control of lab.querySelectorAll(".bar button, .bar select")) control.disabled = over;
    find(".play").disabled = over || state.job === "finished";
    for (const name of ["step", "epoch"]) find(`.${name}`).disabled = over || running;
    if (find(".said").textContent !== said()) find(".said").textContent = said();
    if (running !== state.moving && (running || state.moving !== undefined)) setTriggerValue("moving", running);
    state.moving = running;
    if (state.header) draw();
  };

  // ---- controls
  find(".play").onclick = () => act(state, isMoving(state) ? "pause" : "resume");
  for (const name of ["step", "epoch", "cancel"]) {
    find(`.${name}`).textContent = words[name];
    find(`.${name}`).title = words[`${name}Help`] ?? "";
    find(`.${name}`).onclick = () => act(state, name);
  }
  const strengths = data.strengths.map((strength) => [strength, number(strength, strength ? String(strength).length - 2 : 0)]);
  const choices = { pace: [words.pace, data.paces.map((pace) => [pace, pace ? number(pace) : words.full])], rate: [words.rate, data.rates.map((rate) => [rate, number(rate, rate < 1 ? String(rate).length - 2 : 0)])], l1: ["L1", strengths], l2: ["L2", strengths] };
  for (const [name, [title, options]] of Object.entries(choices)) {
    const select = find(`.${name}`);
    select.previousElementSibling.textContent = title;
    select.replaceChildren(...options.map(([value, text]) => new Option(text, String(value))));
    select.onchange = () => act(state, name, Number(select.value));
  }
  const scrub = find(".scrub");
  scrub.previousElementSibling.textContent = words.scrub;
  scrub.oninput = () => (scrub.value === scrub.max ? act(state, "live") : act(state, "scrub", Number(scrub.value)));
  find(".curve").setAttribute("aria-label", words.curve);
  find(".net").setAttribute("aria-label", words.net);

  // ---- layers and neurons, more or fewer; another network is another run
  const built = (layers) => setTriggerValue("layers", layers.map(([n, activation]) => `${n} ${activation}`).join("\n"));
  const button = (text, title, enabled, onclick) => Object.assign(document.createElement("button"), { type: "button", textContent: text, title, ariaLabel: title, disabled: !enabled, onclick });
  const pair = (text, more, fewer) => {
    const made = Object.assign(document.createElement("div"), { className: "pair" });
    made.append(fewer, Object.assign(document.createElement("span"), { textContent: text }), more);
    return made;
  };
  const layers = data.layers, last = layers.at(-1) ?? [4, "tanh"];
  find(".shape").replaceChildren(
    pair(
      say(words.layers, { n: layers.length }),
      button("+", words.moreLayers, layers.length < data.mostLayers, () => built([...layers, [Math.min(last[0], 4), last[1]]])),
      button("−", words.fewerLayers, layers.length > 0, () => built(layers.slice(0, -1)))
    ),
    ...layers.map(([n, activation], at) => {
      const changed = (by) => () => built(layers.map((layer, k) => (k === at ? [n + by, activation] : layer)));
      const made = pair(number(n), button("+", say(words.more, { layer: at + 1 }), n < data.mostNeurons, changed(1)), button("−", say(words.fewer, { layer: at + 1 }), n > 1, changed(-1)));
      made.title = activation;
      return made;
    })
  );

  // ---- a weight is chosen by a click and changed in the field
  form.querySelector("button").textContent = words.set;
  const edgeAt = (event) => {
    const box = find(".net").getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let best = null, distance = NEAR_PX;
    for (const [x1, y1, x2, y2, ...edge] of state.edges ?? []) {
      const t = (px - x1) / (x2 - x1);
      if (t < 0 || t > 1) continue;
      let low = 0, high = 1; // x of the curve grows with its own parameter
      for (let i = 0; i < 20; i++) {
        const s = (low + high) / 2, x = x1 * (1 - s) ** 3 + 1.5 * (x1 + x2) * s * (1 - s) + x2 * s ** 3;
        if (x < px) low = s;
        else high = s;
      }
      const s = (low + high) / 2, y = y1 * (1 - s) ** 2 * (1 + 2 * s) + y2 * s ** 2 * (3 - 2 * s);
      if (Math.abs(y - py) < distance) [best, distance] = [edge, Math.abs(y - py)];
    }
    return best;
  };
  const neuronAt = (event) => {
    const box = find(".net").getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    return state.neurons?.find(([x, y, half]) => Math.abs(x - px) <= half && Math.abs(y - py) <= half)?.slice(3);
  };
  const named = (edge) => say(words.weight, { layer: edge[0] + 1, to: edge[1] + 1, from: edge[2] + 1 });
  find(".net").onpointermove = (event) => {
    const neuron = neuronAt(event), edge = neuron ? null : edgeAt(event);
    find(".net").title = neuron ? words.neuron : edge ? `${named(edge)}: ${number(edge[3], 3)}` : "";
    find(".net").style.cursor = edge ? "pointer" : "";
    if (String(neuron) !== String(state.hover)) {
      state.hover = neuron;
      draw();
    }
  };
  find(".net").onpointerleave = () => {
    state.hover = undefined;
    draw();
  };
  const choose = (best) => {
    state.chosen = best ? best.slice(0, 3) : null;
    form.hidden = !best;
    if (best) {
      form.querySelector("span").textContent = named(best);
      field.value = best[3];
    }
    draw();
  };
  find(".net").onclick = (event) => state.header?.scrubbed || choose(edgeAt(event));
  find(".net").tabIndex = 0;
  find(".net").onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" && state.chosen) {
      event.preventDefault();
      field.focus();
    }
    if (!step || state.header?.scrubbed || !state.edges?.length) return;
    event.preventDefault();
    const now = state.edges.findIndex((edge) => edge.slice(4, 7).join() === String(state.chosen));
    choose(state.edges[(now + step + state.edges.length) % state.edges.length].slice(4));
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    if (state.chosen && Number.isFinite(field.valueAsNumber)) act(state, "weight", [...state.chosen, field.valueAsNumber]);
  };

  // ---- points of the visitor's own; those that the page has not taken yet go along again
  const classes = find(".classes");
  classes.hidden = !data.drawn;
  lab.classList.toggle("drawing", data.drawn > 0);
  classes.setAttribute("aria-label", words.class);
  state.label ??= 0;
  state.clicks = (state.clicks ?? []).filter((click) => click.id > data.taken);
  classes.replaceChildren(
    ...Array.from({ length: data.drawn }, (_, label) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: label + 1 });
      button.setAttribute("role", "radio");
      button.setAttribute("aria-checked", label === state.label);
      button.style.borderColor = CLASSES[label];
      button.tabIndex = label === state.label ? 0 : -1;
      button.onclick = () => {
        state.label = label;
        [...classes.children].forEach((other, at) => {
          other.setAttribute("aria-checked", at === label);
          other.tabIndex = at === label ? 0 : -1;
        });
      };
      button.onkeydown = (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = classes.children[(label + step + data.drawn) % data.drawn];
        next.focus();
        next.click();
      };
      return button;
    })
  );
  const put = (x, y) => {
    state.clicks.push({ id: (state.clicks.at(-1)?.id ?? data.taken) + 1, x, y, label: state.label });
    setTriggerValue("point", state.clicks);
  };
  find(".plane").onclick = (event) => {
    if (!data.drawn) return;
    const box = event.target.getBoundingClientRect();
    put((((event.clientX - box.left) / box.width) * 2 - 1) * data.span, (1 - ((event.clientY - box.top) / box.height) * 2) * data.span);
  };
  find(".plane").tabIndex = data.drawn ? 0 : -1;
  find(".plane").onkeydown = (event) => {
    if (!data.drawn) return;
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    state.cross ??= [0, 0];
    if (step) state.cross = state.cross.map((value, axis) => Math.max(-data.span, Math.min(data.span, value + (step[axis] * data.span) / 15)));
    else put(...state.cross);
    draw();
  };
  find(".plane").onblur = () => {
    state.cross = undefined;
    draw();
  };

  Object.assign(state, { show, take });
  if (state.token !== data.token) {
    disconnect(state);
    Object.assign(state, { token: data.token, header: null, job: "loading", chosen: null });
    form.hidden = true;
    lab.dataset.frames = 0;
    connect(state, data.token);
  } else {
    if (state.buffer) take(state.buffer); // in the words and colours of now
    show();
  }
  state.observer?.disconnect();
  state.observer = new ResizeObserver(draw);
  state.observer.observe(find(".views"));
  return () => {
    state.observer.disconnect();
    disconnect(state);
  };
}
