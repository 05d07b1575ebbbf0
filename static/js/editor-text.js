// The article's text field, for the other files of the editor: changes that the browser's own
// undo takes back, places that are kept for pictures, and what the page says of its state.
(() => {
  const area = document.getElementById("id_content");
  if (!area) return;

  // setRangeText would empty the undo history, so it is the last resort
  const put = (text) => (text ? document.execCommand("insertText", false, text) : document.execCommand("delete"));

  const replace = (from, to, text) => {
    area.focus({ preventScroll: true });
    area.setSelectionRange(from, to);
    if ((from === to && !text) || put(text)) return;
    area.setRangeText(text, from, to, "end");
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };

  const lineStart = (at) => area.value.lastIndexOf("\n", at - 1) + 1;
  const lineEnd = (at) => (area.value.indexOf("\n", at) + area.value.length + 1) % (area.value.length + 1);

  // where a picture will stand that is still being sent: of no use to anybody but this page
  const placeFor = (number) => `![adding picture ${number}…]()`;
  const withoutPlaces = (text) => text.replace(/!\[adding picture \d+…\]\(\)/g, "");

  // a live region speaks whenever its text changes, so it changes only when there is news
  const say = (id, text, link) => {
    const place = document.getElementById(id);
    if (!place || place.dataset.said === text) return;
    place.dataset.said = text;
    place.textContent = text;
    if (link) place.append(" ", link);
  };

  // while pictures are being sent, a promise that says in the end whether all have arrived
  const pictures = null;
  window.editorText = { area, replace, lineStart, lineEnd, placeFor, withoutPlaces, say, pictures };
})();
