// Finding an article by its title: a combobox whose options the server sends while one types.
// Arrows move through the options, Enter opens one (or sends the form), Escape closes the list.
(() => {
  const input = document.querySelector("[data-quick-find]");
  const list = input && document.getElementById(input.dataset.quickFind);
  if (!list) return;
  const said = input.form.querySelector("[data-quick-find-said]");
  const options = () => [...list.querySelectorAll("[role=option]")];
  let active = null;

  // a combobox only where these keys work
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  const choose = (option) => {
    active?.setAttribute("aria-selected", "false");
    active = option;
    active?.setAttribute("aria-selected", "true");
    active?.scrollIntoView({ block: "nearest" });
    if (active) input.setAttribute("aria-activedescendant", active.id);
    else input.removeAttribute("aria-activedescendant");
  };

  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) choose(null);
  };

  const move = (step) => {
    const all = options();
    if (!all.length) return;
    show(true);
    const at = all.indexOf(active);
    choose(at < 0 ? all.at(step > 0 ? 0 : -1) : all[(at + step + all.length) % all.length]);
  };

  list.addEventListener("htmx:afterSwap", () => {
    const count = options().length;
    active = null;
    show(count > 0 && document.activeElement === input);
    said.textContent = input.value.trim() ? `${count || "No"} title${count === 1 ? "" : "s"}` : "";
  });

  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && active) {
      event.preventDefault();
      active.click();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault(); // the first Escape closes the list, the next one empties the box
      show(false);
    }
  });

  input.form.addEventListener("focusout", (event) => {
    if (!input.form.contains(event.relatedTarget)) show(false);
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
})();
