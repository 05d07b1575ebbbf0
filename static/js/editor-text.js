// The article's text field, for the other files of the editor: changes that the browser's own
// undo takes back, and what the page says of its state.
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

  // a live region speaks whenever its text changes, so it changes only when there is news
  const say = (id, text, link) => {
    const place = document.getElementById(id);
    if (!place || place.dataset.said === text) return;
    place.dataset.said = text;
    place.textContent = text;
    if (link) place.append(" ", link);
  };

  window.editorText = { area, replace, lineStart, lineEnd, say };
})();
