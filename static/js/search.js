// The search box: "/" goes to it from anywhere, on a touch screen the keyboard leaves when the
// question is sent, and a search that fails says so.
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

  const isSearch = (event) => event.detail.boosted;
  const sayUnreached = (said) => {
    const unreached = document.getElementById("unreached");
    if (unreached) unreached.hidden = !said;
  };

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (!isSearch(event)) return;
    sayUnreached(false);
    if (matchMedia("(hover: none)").matches) document.activeElement?.blur();
  });

  document.body.addEventListener("htmx:sendError", (event) => {
    if (isSearch(event)) sayUnreached(true);
  });

  // Any other answer than a page of results is a page of its own, which says what is wrong.
  document.body.addEventListener("htmx:responseError", (event) => {
    if (isSearch(event)) location.assign(event.detail.pathInfo.finalRequestPath);
  });
})();
