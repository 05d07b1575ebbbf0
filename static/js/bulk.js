// Choosing articles in the list: all of a page at once, and how many are chosen.
(() => {
  const boxes = () => [...document.querySelectorAll("input[name=article][form=bulk]")];

  const count = () => {
    const all = boxes();
    const chosen = all.filter((box) => box.checked).length;
    const master = document.querySelector("[data-choose-all]");
    const said = document.querySelector("[data-chosen]");
    if (!master || !said) return;
    master.checked = chosen > 0 && chosen === all.length;
    master.indeterminate = chosen > 0 && chosen < all.length;
    said.textContent = chosen ? `${chosen} chosen` : "";
  };

  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-choose-all]")) {
      boxes().forEach((box) => {
        box.checked = target.checked;
      });
    }
    count();
  });

  // the browser may bring a page back with its boxes as they were
  addEventListener("pageshow", count);
})();
