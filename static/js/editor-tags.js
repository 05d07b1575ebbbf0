// Tags as chips. The plain field with commas stays and is what is sent; here it is only dressed.
// Enter or a comma adds, Backspace in the empty field removes, the arrow keys choose.
(() => {
  const field = document.getElementById("id_tags");
  const form = document.getElementById("article-form");
  if (!field || !form) return;
  const id = "tag-choices";
  let known = [];
  let chosen = -1;

  const make = (tag, attributes = {}, text = "") => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  const tagsOf = (value) => value.split(",").map((tag) => tag.trim().replace(/\s+/g, " ")).filter(Boolean);
  const same = (one, other) => one.toLowerCase() === other.toLowerCase();

  const box = make("div", { class: "tags" });
  const chips = make("ul", { class: "tags__chips", "aria-label": "Tags" });
  const entry = make("input", { type: "text", id: "tag-entry", role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, maxlength: "80" });
  const list = make("ul", { class: "tags__choices", role: "listbox", id, "aria-label": "Tags in use" });
  const news = make("span", { class: "visually-hidden", role: "status" });
  list.hidden = true;

  const store = (tags, said) => {
    field.value = tags.join(", ");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    news.textContent = said;
    draw();
  };

  const draw = () => {
    chips.replaceChildren(
      ...tagsOf(field.value).map((tag) => {
        const chip = make("li", {}, tag);
        const remove = make("button", { type: "button", "aria-label": `Remove the tag ${tag}` }, "×");
        remove.addEventListener("click", () => {
          drop(tag);
          entry.focus();
        });
        chip.append(remove);
        return chip;
      }),
    );
  };

  const drop = (tag) => store(tagsOf(field.value).filter((each) => each !== tag), `${tag} removed`);
  const add = (text) => {
    const tags = tagsOf(field.value);
    const added = tagsOf(text).filter((tag, at, all) => !tags.some((each) => same(each, tag)) && all.findIndex((each) => same(each, tag)) === at);
    entry.value = "";
    close();
    if (added.length) store([...tags, ...added], `${added.join(", ")} added`);
  };

  const close = () => {
    list.hidden = true;
    chosen = -1;
    entry.setAttribute("aria-expanded", "false");
    entry.removeAttribute("aria-activedescendant");
  };

  const offer = () => {
    const typed = entry.value.trim().toLowerCase();
    const tags = tagsOf(field.value);
    const found = typed ? known.filter((tag) => tag.toLowerCase().includes(typed) && !tags.some((each) => same(each, tag))).slice(0, 8) : [];
    close();
    list.replaceChildren(...found.map((tag, n) => make("li", { role: "option", id: `${id}-${n}`, "aria-selected": "false" }, tag)));
    list.hidden = !found.length;
    entry.setAttribute("aria-expanded", String(found.length > 0));
  };

  const choose = (step) => {
    const options = [...list.children];
    if (!options.length) return;
    chosen = (chosen + step + options.length + (chosen < 0 && step < 0 ? 1 : 0)) % options.length;
    options.forEach((option, n) => option.setAttribute("aria-selected", String(n === chosen)));
    entry.setAttribute("aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  };

  entry.addEventListener("input", () => {
    if (entry.value.includes(",")) add(entry.value);
    else offer();
  });
  entry.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      add(list.children[chosen]?.textContent ?? entry.value);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Backspace" && !entry.value) {
      const last = tagsOf(field.value).at(-1);
      if (last) drop(last);
    }
  });
  // before a click on "Save" is handled, and before a choice by pointer would lose the focus
  entry.addEventListener("blur", () => add(entry.value));
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    if (event.target.role === "option") add(event.target.textContent);
  });
  entry.addEventListener(
    "focus",
    async () => {
      const response = await fetch(form.dataset.tagsUrl, { redirect: "manual" }).catch(() => null);
      if (response?.ok) ({ tags: known } = await response.json());
      if (entry.value) offer();
    },
    { once: true },
  );

  for (const name of ["aria-describedby", "aria-invalid"]) if (field.hasAttribute(name)) entry.setAttribute(name, field.getAttribute(name));
  document.querySelector("label[for=id_tags]").htmlFor = entry.id;
  document.querySelectorAll('a[href="#id_tags"]').forEach((link) => (link.href = `#${entry.id}`));
  box.append(chips, entry, list, news);
  field.after(box);
  field.hidden = true;
  draw();
})();
