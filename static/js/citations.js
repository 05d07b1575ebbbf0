// Ties the numbers in the answer to the source cards: pointing at or focusing either end lights
// both; pressing a number opens its card at the sentence that bears its claim out, brings it into
// view and keeps it lit; Escape goes back. As the answer grows its text is replaced: the number that
// has the focus keeps it.
(() => {
  const END = ".citation, .card";
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let pointed = null; // the source under the pointer or the focus
  let chosen = null; // the source whose number was pressed
  let cameFrom = null; // that number's place in the answer, counted over all numbers
  let focused = -1; // the place of the number with the focus, while the text is replaced

  const numbers = () => [...document.querySelectorAll(".citation")];

  const show = () => {
    document.querySelectorAll(END).forEach((end) => {
      end.classList.toggle("is-lit", [pointed, chosen].includes(end.dataset.source));
    });
  };

  const point = (event) => {
    pointed = event.target.closest?.(END)?.dataset.source ?? null;
    show();
  };

  const unpoint = () => {
    pointed = null;
    show();
  };

  // Of several sentences on a card, those are shown that the pressed number stands for.
  const showSupport = (card, claim) => {
    document.querySelectorAll(".support.is-shown").forEach((mark) => {
      mark.classList.remove("is-shown");
    });
    const marks = claim ? card.querySelectorAll(`.support[data-claims~="${claim}"]`) : [];
    marks.forEach((mark) => mark.classList.add("is-shown"));
    return marks[0];
  };

  const choose = (citation) => {
    const card = document.getElementById(`source-${citation.dataset.source}`);
    if (!card) return;
    chosen = citation.dataset.source;
    cameFrom = numbers().indexOf(citation);
    card.open = true;
    card.querySelector("summary").focus({ preventScroll: true });
    const support = showSupport(card, citation.dataset.claim);
    (support ?? card).scrollIntoView({
      block: support ? "center" : "nearest",
      behavior: still.matches ? "auto" : "smooth",
    });
    show();
  };

  const goBack = () => {
    const citation = numbers()[cameFrom];
    chosen = cameFrom = null;
    show();
    citation?.focus();
  };

  document.addEventListener("pointerover", point);
  document.addEventListener("pointerleave", unpoint);
  document.addEventListener("focusin", point);
  document.addEventListener("focusout", unpoint);
  document.addEventListener("click", (event) => {
    const citation = event.target.closest(".citation");
    if (citation) {
      event.preventDefault();
      choose(citation);
    } else if (!event.target.closest(".card")) {
      chosen = null;
      show();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && cameFrom !== null && event.target.closest(".card")) goBack();
  });
  document.body.addEventListener("htmx:sseBeforeMessage", () => {
    focused = numbers().indexOf(document.activeElement);
  });
  document.body.addEventListener("htmx:sseMessage", () => {
    numbers()[focused]?.focus({ preventScroll: true });
    focused = -1;
    show();
  });
})();
