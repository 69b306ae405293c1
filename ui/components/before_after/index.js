// The divider is a native range input over the pictures: mouse, finger, keyboard and screen reader come with it.
export default function ({ parentElement, data }) {
  const figure = parentElement.querySelector("figure");
  const [after, before] = figure.querySelectorAll("img");
  const [left, right] = figure.querySelectorAll(".label");
  const slider = figure.querySelector("input");
  const move = () => {
    figure.style.setProperty("--at", `${slider.value}%`);
    left.hidden = slider.value < 12;
    right.hidden = slider.value > 88;
  };
  figure.style.setProperty("--ratio", data.width / data.height);
  figure.toggleAttribute("data-small", data.small);
  [left.textContent, right.textContent] = data.labels;
  after.alt = data.alt;
  slider.setAttribute("aria-label", data.hint);
  slider.oninput = move;
  let held = slider.value;
  slider.onpointerdown = () => (held = slider.value);
  slider.onpointercancel = () => {  // a finger that scrolls the page moves nothing
    slider.value = held;
    move();
  };
  move();
  figure.dataset.state = "loading";
  before.src = data.before;
  after.src = data.after;
  Promise.all([before.decode(), after.decode()]).then(
    () => (figure.dataset.state = "ready"),
    () => {}, // a newer pair took their place
  );
}
