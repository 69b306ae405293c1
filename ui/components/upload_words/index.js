// Writes over text that Streamlit's React draws, each time that it draws; no element of its is moved or removed.
export default function ({ parentElement, data }) {
  const host = parentElement.host;
  const dialog = host.closest('[role="dialog"]') ?? host.closest('[data-testid="stVerticalBlock"]');
  const note = parentElement.querySelector("p");
  const words = Object.entries(data.words);
  const inOurWords = (text) => words.reduce((said, [theirs, ours]) => said.replace(theirs, ours), text);
  const update = () => {
    const texts = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const said = inOurWords(texts.currentNode.nodeValue);
      if (said !== texts.currentNode.nodeValue) texts.currentNode.nodeValue = said;
    }
    for (const element of dialog.querySelectorAll("button[aria-label]")) {
      const said = inOurWords(element.ariaLabel);
      if (said !== element.ariaLabel) element.ariaLabel = said;
    }
    const said = dialog.querySelector('[data-testid="stFileChip"][aria-invalid="true"]') ? data.refused : "";
    if (said !== note.textContent) note.textContent = said;
  };
  update();
  const observer = new MutationObserver(update);
  const what = { childList: true, subtree: true, characterData: true };
  observer.observe(dialog, { ...what, attributes: true, attributeFilter: ["aria-invalid"] });
  return () => observer.disconnect();
}
