// Small pictures cut out of one, each a button where it can be chosen; arrows go from one to the next.
export default function ({ parentElement, data, setTriggerValue }) {
  const box = parentElement.querySelector(".tiles");
  box.setAttribute("aria-label", data.name);
  box.classList.toggle("exact", data.exact);
  box.style.setProperty("--w", `${data.width}px`);
  box.style.setProperty("--h", `${data.height}px`);
  const focused = [...box.children].indexOf(box.getRootNode().activeElement?.closest?.(".tile"));
  box.replaceChildren(
    ...data.labels.map((label, at) => {
      const tile = document.createElement(data.live ? "button" : "figure");
      tile.className = "tile";
      const picture = document.createElement("span");
      picture.className = "picture";
      picture.setAttribute("role", "img");
      picture.setAttribute("aria-label", label);
      picture.style.backgroundImage = `url(${data.sprite})`;
      picture.style.backgroundSize = `${data.columns * data.width}px ${data.rows * data.height}px`;
      picture.style.backgroundPosition = `-${(at % data.columns) * data.width}px -${Math.floor(at / data.columns) * data.height}px`;
      tile.title = label;
      tile.append(picture);
      if (data.captions[at]) tile.append(Object.assign(document.createElement("small"), { textContent: data.captions[at] }));
      if (data.live) {
        tile.type = "button";
        tile.setAttribute("aria-pressed", at === data.chosen);
        tile.tabIndex = at === (data.chosen ?? 0) ? 0 : -1;
        tile.onclick = () => setTriggerValue("choose", at);
        tile.onkeydown = (event) => {
          const perRow = Math.max(1, Math.floor(box.clientWidth / (tile.offsetWidth + 4)));
          const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: perRow, ArrowUp: -perRow }[event.key];
          const next = box.children[at + step];
          if (!step || !next) return;
          event.preventDefault();
          tile.tabIndex = -1;
          next.tabIndex = 0;
          next.focus();
        };
      }
      return tile;
    }),
  );
  if (data.live && focused >= 0) box.children[focused]?.focus({ preventScroll: true });
}
