// Copies what stands in a field, whose id the button names.
(() => {
  const copy = async (field) => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      return true;
    } catch {
      // clipboard access needs https or localhost; a site in a local network may have neither
      return document.execCommand("copy");
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-field]");
    if (!button) return;
    const label = button.querySelector("[data-copy-label]");
    const before = label.textContent;
    const done = await copy(document.getElementById(button.dataset.copyField));
    label.textContent = done ? "Copied" : "Could not copy: it is selected";
    setTimeout(() => (label.textContent = before), 2500);
  });
})();
