// Copies the answer as plain text, its numbers as [n], with the list of the sources it cites.
(() => {
  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

  const answerText = (answer) => {
    const clone = answer.cloneNode(true);
    clone.querySelectorAll(".citation").forEach((a) => a.replaceWith(`[${a.dataset.source}]`));
    clone.removeAttribute("id");
    clone.classList.add("visually-hidden");
    document.body.append(clone); // innerText needs layout to break the lines
    const text = clone.innerText.replaceAll("\u202f", " ").trim();
    clone.remove();
    return text;
  };

  const sourceLine = (number) => {
    const card = document.getElementById(`source-${number}`);
    if (!card) return "";
    const link = card.querySelector("[data-section]");
    return `[${number}] ${words(card.querySelector(".card__heading"))}\n    ${link.href}`;
  };

  const compose = (answer) => {
    const cited = [...answer.querySelectorAll(".citation")].map((a) => Number(a.dataset.source));
    const lines = [...new Set(cited)].sort((a, b) => a - b).map(sourceLine);
    return [answerText(answer), ...(lines.length ? ["", "Sources", ...lines] : [])].join("\n");
  };

  // Clipboard access needs https or localhost; a site in a local network may have neither.
  const copyThroughSelection = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  };

  const copy = async (text) => {
    if (!navigator.clipboard) return copyThroughSelection(text);
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyThroughSelection(text);
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.querySelector("[data-copy-label]");
    const before = label.textContent;
    const done = await copy(compose(document.getElementById("answer-text")));
    label.textContent = done ? "Copied" : "Could not copy: select the text instead";
    setTimeout(() => (label.textContent = before), 2500);
  });
})();
