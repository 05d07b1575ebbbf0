// The state of the streaming answer: busy until the last event, and what to say when the
// connection is lost. The server stores the answer, so a reconnection replays it.
(() => {
  const body = document.body;

  body.addEventListener("htmx:sseOpen", (event) => delete event.target.dataset.lost);
  body.addEventListener("htmx:sseError", (event) => {
    event.target.dataset.lost = "";
  });
  body.addEventListener("htmx:sseClose", (event) => {
    delete event.target.dataset.lost;
    event.target.removeAttribute("aria-busy");
  });
})();
