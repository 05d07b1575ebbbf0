// The search box: "/" goes to it from anywhere, and on a touch screen the keyboard leaves
// when the question is sent.
(() => {
  const isWriting = (element) => element.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = document.querySelector("main input[type=search]");
    if (!box || isWriting(event.target)) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  document.body.addEventListener("htmx:beforeRequest", () => {
    if (matchMedia("(hover: none)").matches) document.activeElement?.blur();
  });
})();
