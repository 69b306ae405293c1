// The numbers of a code as sliders, with mean and spread behind each; a double click brings one back.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".codes");
  const PAUSE_MS = 120;
  root.setAttribute("aria-label", data.words.group);
  root.sent ??= data.n;
  root.now = { data, setTriggerValue };
  const { low, high } = data;
  const share = (value) => `${100 * Math.min(1, Math.max(0, (value - low) / (high - low)))}%`;
  const tell = (at, value) => {
    root.waiting = { ...root.waiting, [at]: value };
    root.dataset.state = "waiting";
    root.timer ??= setTimeout(() => {
      root.timer = null;
      root.sent += 1;
      root.now.setTriggerValue("move", { values: Object.entries(root.waiting), n: root.sent });
    }, PAUSE_MS);
  };
  if (root.dataset.shape !== String(data.numbers.map(({ at }) => at))) {
    root.dataset.shape = String(data.numbers.map(({ at }) => at));
    root.replaceChildren(
      ...data.numbers.map(({ at }) => {
        const label = document.createElement("label");
        label.innerHTML = '<span></span><div class="well"><div class="band"></div><div class="mean"></div><input type="range" /></div><small></small>';
        const input = label.querySelector("input");
        input.oninput = () => {
          label.querySelector("small").textContent = Number(input.value).toFixed(1).replace(".", root.now.data.point);
          input.classList.add("moved");
          tell(at, Number(input.value));
        };
        input.ondblclick = () => tell(at, null);
        input.onkeydown = (event) => {
          if (event.key === "Delete" || event.key === "Backspace") tell(at, null);
        };
        return label;
      }),
    );
  }
  const isCurrent = data.n >= root.sent && !root.timer;
  if (isCurrent) root.waiting = {}; // until the server has seen them they are told again and again
  data.numbers.forEach(({ name, value, mean, sigma, moved, said, help }, place) => {
    const label = root.children[place];
    const input = label.querySelector("input");
    label.querySelector("span").textContent = name;
    label.title = help;
    Object.assign(input, { min: low, max: high, step: 0.1 });
    input.setAttribute("aria-label", help);
    const ends = { "--mean": share(mean), "--from": share(mean - sigma), "--to": share(mean + sigma) };
    for (const [end, place] of Object.entries(ends)) label.style.setProperty(end, place);
    if (!isCurrent) return;
    input.value = value;
    input.classList.toggle("moved", moved);
    label.querySelector("small").textContent = said;
  });
  root.dataset.state = isCurrent ? "ready" : "waiting";
}
