// The article form: warns before typed text would be lost, saves with Ctrl+S or ⌘S, and sends
// one save at a time.
(() => {
  const form = document.getElementById("article-form");
  if (!form) return;
  // a form that comes back with errors or a conflict holds text that is stored nowhere
  let unsaved = Boolean(document.querySelector(".conflict, .editor .errorlist"));

  form.addEventListener("input", () => {
    unsaved = true;
  });

  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    unsaved = false;
  });

  // the browser may bring the page back as it was left
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
  });

  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    form.requestSubmit();
  });
})();
