// Shows what is typed into a password field, and hides it again: by its button, and when the form
// is sent, so that no browser remembers it as ordinary text.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-password]");
  if (button) show(button, button.getAttribute("aria-pressed") !== "true");
});

document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll("[data-show-password]")) show(button, false);
});

function show(button, shown) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
}
