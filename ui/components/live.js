// What components that watch a job share: the theme's colours, pictures of int8 maps, and the line to the job.
const CLASSES = ["#2f86c9", "#d9752b", "#1d9e77", "#c2679c", "#b58900", "#56b4e9", "#8a7a00", "#7d7870", "#9467bd", "#17a2b8"];
const RETRY_MS = 800;
const FRAME_MS = 24; // more frames than about 30 a second would only slow the training down
const OVER = ["gone", "cancelled", "forgotten", "failed"];

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
// Tell the page, once for each run, that it has come to its end.
const tellTheEnd = (state, token, setTriggerValue) => {
  if (state.job !== "finished" || state.told === token) return;
  state.told = token;
  setTriggerValue("finished", token);
};
// A frame has been drawn.
const counted = (lab, state) => {
  lab.dataset.frames = Number(lab.dataset.frames) + 1;
  lab.dataset.epoch = state.header.epoch;
  lab.dataset.state = shownState(state);
};
