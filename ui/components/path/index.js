// Boxes in a row, a button each; arrows go from one to the next.
export default function ({ parentElement, data, setTriggerValue }) {
  const row = parentElement.querySelector(".path");
  const had = row.contains(row.getRootNode().activeElement);
  row.setAttribute("aria-label", data.name);
  row.replaceChildren(
    ...data.boxes.map(([name, shape, height, width], at) => {
      const button = Object.assign(document.createElement("button"), { type: "button", title: `${name}: ${shape}` });
      const drawn = document.createElement("span");
      drawn.className = "box";
      drawn.style.height = `${0.5 + 4.5 * height}rem`;
      drawn.style.width = `${0.5 + 4 * width}rem`;
      const stage = document.createElement("span");
      stage.className = "stage";
      stage.append(drawn);
      button.append(stage, Object.assign(document.createElement("b"), { textContent: name }), Object.assign(document.createElement("small"), { textContent: shape }));
      button.setAttribute("aria-pressed", at === data.chosen);
      button.tabIndex = at === data.chosen ? 0 : -1;
      button.onclick = () => setTriggerValue("choose", at);
      button.onkeydown = (event) => {
        const next = row.children[at + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? NaN)];
        if (!next) return;
        event.preventDefault();
        button.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      };
      return button;
    }),
  );
  const chosen = row.children[data.chosen];
  if (had) chosen?.focus({ preventScroll: true });
  if (chosen && (chosen.offsetLeft < row.scrollLeft || chosen.offsetLeft + chosen.offsetWidth > row.scrollLeft + row.clientWidth)) {
    row.scrollLeft = chosen.offsetLeft - row.clientWidth / 2;
  }
}
