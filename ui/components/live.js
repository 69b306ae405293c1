// What components that watch a job share: the theme's colours, pictures of int8 maps, and the line to the job.
const CLASSES = ["#2f86c9", "#d9752b", "#1d9e77", "#c2679c", "#b58900", "#56b4e9", "#8a7a00", "#7d7870", "#9467bd", "#17a2b8"];
const RETRY_MS = 800;
const FRAME_MS = 24; // more frames than about 30 a second would only slow the training down
const OVER = ["gone", "done", "cancelled", "forgotten", "failed", "lost"];

const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const css = (c, alpha = 1) => `rgb(${c[0]} ${c[1]} ${c[2]} / ${alpha})`;
const hex = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));

// Colours of the theme around an element; "signs" has 256 from negative over zero to positive, "classes" the tinted classes.
const themeOf = (element) => {
  const rgb = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    element.append(probe);
    const found = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
    probe.remove();
    return found;
  };
  const theme = { minus: rgb("--st-blue-color"), plus: rgb("--st-orange-color"), paper: rgb("--st-background-color"), zero: rgb("--st-secondary-background-color"), ink: rgb("--st-text-color"), accent: rgb("--st-primary-color"), line: rgb("--st-border-color") };
  theme.signs = Array.from({ length: 256 }, (_, i) => {
    const value = (i - 128) / 127;
    return theme.zero.map((z, k) => z + ((value < 0 ? theme.minus : theme.plus)[k] - z) * Math.min(1, Math.abs(value)) * 0.85);
  });
  theme.classes = CLASSES.map((text) => hex(text).map((v, k) => theme.paper[k] + (v - theme.paper[k]) * 0.55));
  return theme;
};

// A square map of int8 as a small canvas: of signs, or of classes.
const picture = (values, cells, colours) => {
  const made = document.createElement("canvas");
  made.width = made.height = cells;
  const context = made.getContext("2d"), image = context.createImageData(cells, cells);
  for (let i = 0; i < cells * cells; i++) {
    const colour = colours.length === 256 ? colours[values[i] + 128] : colours[values[i] % colours.length];
    image.data.set([colour[0], colour[1], colour[2], 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return made;
};

// A frame's header, and where its maps begin.
const opened = (buffer) => {
  const length = new DataView(buffer).getUint32(0, true);
  return [JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))), 4 + length];
};

const send = (state, message) => state.socket?.readyState === WebSocket.OPEN && state.socket.send(JSON.stringify(message));
const act = (state, what, value = null) => {
  send(state, { do: what, value });
  send(state, { want: true });
};
// Watch the job: `state.show` is called when its state changes, `state.take` with each frame; the next one is asked for
// after that. Each call of the component puts its own two there: words and colours may be others.
const connect = (state, token) => {
  const address = new URL(`live/${token}`, document.baseURI);
  address.protocol = address.protocol.replace("http", "ws");
  address.search = address.hash = "";
  const socket = (state.socket = new WebSocket(address));
  socket.binaryType = "arraybuffer";
  socket.onopen = () => send(state, { want: true });
  socket.onmessage = (event) => {
    if (state.socket !== socket) return;
    if (typeof event.data === "string") {
      const message = JSON.parse(event.data);
      Object.assign(state, { job: message.state, place: message.place, problem: message.problem });
      state.show();
    } else {
      state.take(event.data);
      const wait = FRAME_MS - (performance.now() - (state.shown ?? 0));
      setTimeout(() => requestAnimationFrame(() => {
        state.shown = performance.now();
        send(state, { want: true });
      }), Math.max(0, wait));
    }
  };
  socket.onclose = () => {
    if (state.socket === socket && !OVER.includes(state.job)) state.retry = setTimeout(() => connect(state, token), RETRY_MS);
  };
};
const disconnect = (state) => {
  clearTimeout(state.retry);
  const socket = state.socket;
  state.socket = state.token = null;
  socket?.close();
};

// ---- the bar that curves and sweeps have: start or pause, end, progress, and a sentence
const isMoving = (state) => state.job === "running" || state.job === "queued";
// A run that has shown nothing yet is loading, whatever its job says.
const shownState = (state) => (state.header || state.job === "queued" || OVER.includes(state.job) ? state.job : "loading");
const saidOf = (state, words) => {
  if (state.job === "queued") return say(words.queued, { n: state.place });
  if (state.job === "failed") return say(words.failed, { reference: state.problem });
  return words[state.job] ?? "";
};
const wireBar = (lab, state, words) => {
  lab.querySelector(".play").onclick = () => act(state, isMoving(state) ? "pause" : "resume");
  lab.querySelector(".cancel").textContent = words.cancel;
  lab.querySelector(".cancel").onclick = () => act(state, "cancel");
  lab.querySelector("progress").setAttribute("aria-label", words.progress);
};
const showBar = (lab, state, words, hasBegun, sentence) => {
  const isOver = state.job === "finished" || OVER.includes(state.job);
  lab.dataset.state = shownState(state);
  lab.classList.toggle("running", isMoving(state));
  lab.querySelector(".play span").textContent = isMoving(state) ? words.pause : hasBegun ? words.goOn : words.start;
  lab.querySelector(".play").disabled = lab.querySelector(".cancel").disabled = isOver;
  lab.querySelector(".said").textContent = sentence ?? saidOf(state, words);
};
// Tell the page, once for each run, that it has come to its end, or was ended where the page wants to know that too.
const tellTheEnd = (state, token, setTriggerValue, ends = ["finished", "done"]) => {
  if (!ends.includes(state.job) || state.told === token) return;
  state.told = token;
  setTriggerValue("finished", token);
};
// A frame has been drawn.
const counted = (lab, state) => {
  lab.dataset.frames = Number(lab.dataset.frames) + 1;
  lab.dataset.epoch = state.header.epoch;
  lab.dataset.state = shownState(state);
};

// Watch the job of this token, another one than before or the same; what the component gives back ends that.
const watched = (lab, state, token, { show, take }, draw) => {
  Object.assign(state, { show, take });
  if (state.token !== token) {
    disconnect(state);
    Object.assign(state, { token, header: null, job: "loading" });
    lab.dataset.frames = 0;
    connect(state, token);
  } else show();
  const sizes = new ResizeObserver(() => draw());
  sizes.observe(lab);
  return () => {
    sizes.disconnect();
    disconnect(state);
  };
};

// ---- lines over epochs
const PLOT = { height: 240, left: 44, bottom: 24, top: 8, right: 10 };
const nice = (range) => {
  const power = 10 ** Math.floor(Math.log10(range / 4));
  return power * [1, 2, 5, 10].find((m) => m * power * 5 >= range);
};
// Draw lines, each with points [epoch, value], a colour and perhaps a band [epoch, low, high] around it.
const plot = (canvas, theme, number, { epochs, least = 0, most, say, below }, lines) => {
  const scale = devicePixelRatio || 1, width = canvas.clientWidth || 320, { height, left, bottom, top, right } = PLOT;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const x = (epoch) => left + (epoch / epochs) * (width - left - right);
  const y = (value) => height - bottom - ((Math.min(value, most) - least) / (most - least)) * (height - bottom - top);
  context.font = `12px ${getComputedStyle(canvas).fontFamily}`;
  context.fillStyle = css(theme.ink, 0.75);
  context.strokeStyle = css(theme.line);
  context.textAlign = "right";
  context.textBaseline = "middle";
  const step = nice(most - least);
  for (let at = Math.ceil(least / step - 1e-9) * step; at <= most + 1e-9; at += step) {
    context.beginPath();
    context.moveTo(left, y(at));
    context.lineTo(width - right, y(at));
    context.stroke();
    context.fillText(say(at || 0), left - 6, y(at)); // never a minus zero
  }
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillText(below, x(0.75 * epochs), height - bottom + 6);
  for (const at of [0, Math.round(epochs / 2), epochs]) context.fillText(number(at), Math.min(x(at), width - right - 6), height - bottom + 6);
  context.save();
  context.beginPath();
  context.rect(left, 0, width - left, height - bottom + 1);
  context.clip(); // what is less than the least is not seen
  for (const { band = [], colour } of lines) {
    if (!band.length) continue;
    context.beginPath();
    band.forEach(([at, low], n) => (n ? context.lineTo(x(at), y(low)) : context.moveTo(x(at), y(low))));
    for (const [at, , high] of [...band].reverse()) context.lineTo(x(at), y(high));
    context.closePath();
    context.fillStyle = css(colour, 0.2);
    context.fill();
  }
  for (const { points, colour } of lines) {
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
  context.restore();
};
// What a plot is called, and which colour is which line.
const key = (caption, title, entries) => {
  const parts = entries.map(([text, colour]) => {
    const entry = Object.assign(document.createElement("span"), { textContent: text, className: "key" });
    entry.style.setProperty("--dot", css(colour));
    return entry;
  });
  caption.replaceChildren(Object.assign(document.createElement("b"), { textContent: title }), ...parts);
};
