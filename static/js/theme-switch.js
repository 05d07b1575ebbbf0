// The header's theme button: auto, light, dark, and round again.
(() => {
  const order = ["auto", "light", "dark"];
  const root = document.documentElement;
  const button = document.querySelector("[data-theme-switch]");
  if (!button) return;

  const label = () => {
    const name = { auto: "same as the system", light: "light", dark: "dark" }[root.dataset.theme];
    button.setAttribute("aria-label", `Theme: ${name}. Change`);
    button.title = `Theme: ${name}`;
  };

  button.addEventListener("click", () => {
    root.dataset.theme = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // not remembered, still switched
    }
    label();
  });
  label();
})();
