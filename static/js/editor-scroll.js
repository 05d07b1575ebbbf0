// The text and its preview scroll together, block by block; the list of passages leads to the
// lines of the text.
(() => {
  const preview = document.getElementById("preview");
  if (!preview || !window.editorText) return;
  const { area } = window.editorText;
  const MEASURED = 200000; // characters; beyond, measuring lines costs more than it gives
  let places = null;
  let leader = area;

  const mirror = document.createElement("div");
  mirror.className = "editor__mirror";
  mirror.setAttribute("aria-hidden", "true");
  area.after(mirror);

  // how far down in the text field each of these lines stands, wrapped lines counted
  const topsOf = (lines) => {
    const wanted = new Set(lines);
    const style = getComputedStyle(area);
    for (const name of ["font", "lineHeight", "letterSpacing", "tabSize"]) mirror.style[name] = style[name];
    mirror.style.width = `${area.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)}px`;
    const marks = new Map();
    const parts = area.value.split("\n").flatMap((line, n) => {
      if (!wanted.has(n)) return [`${line}\n`];
      const mark = document.createElement("span");
      marks.set(n, mark);
      return [mark, `${line}\n`];
    });
    mirror.replaceChildren(...parts);
    const tops = new Map([...marks].map(([n, mark]) => [n, mark.offsetTop]));
    mirror.replaceChildren();
    return tops;
  };

  const measure = () => {
    const ends = [[0, 0], [area.scrollHeight - area.clientHeight, preview.scrollHeight - preview.clientHeight]];
    if (area.value.length > MEASURED) return ends;
    const blocks = [...preview.querySelectorAll("[data-line]")];
    const tops = topsOf(blocks.map((block) => Number(block.dataset.line)));
    const origin = preview.getBoundingClientRect().top - preview.scrollTop;
    const found = blocks.map((block) => [tops.get(Number(block.dataset.line)), block.getBoundingClientRect().top - origin]);
    const inside = found.filter(([one, other]) => one > 0 && one < ends[1][0] && other < ends[1][1]);
    return [ends[0], ...inside.sort((a, b) => a[0] - b[0]), ends[1]];
  };

  const follow = (from, to, one, other) => {
    places ??= measure();
    const at = from.scrollTop;
    const next = places.findIndex((place) => place[one] > at);
    const [before, after] = next < 1 ? [places.at(-1), places.at(-1)] : [places[next - 1], places[next]];
    const part = after[one] > before[one] ? (at - before[one]) / (after[one] - before[one]) : 0;
    to.scrollTop = before[other] + part * (after[other] - before[other]);
  };

  for (const [from, to, one, other] of [[area, preview, 0, 1], [preview, area, 1, 0]]) {
    for (const name of ["pointerenter", "pointerdown", "focusin", "wheel", "touchstart"]) {
      from.addEventListener(name, () => (leader = from), { passive: true });
    }
    from.addEventListener("scroll", () => leader === from && follow(from, to, one, other), { passive: true });
  }

  const forget = () => (places = null);
  area.addEventListener("input", forget);
  window.addEventListener("resize", forget);
  new MutationObserver(() => {
    forget();
    if (leader === area) follow(area, preview, 0, 1);
  }).observe(preview, { childList: true });

  document.getElementById("outline")?.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    const line = Number(link.dataset.line);
    const at = area.value.split("\n").slice(0, line).join("\n").length + (line ? 1 : 0);
    leader = area;
    area.focus();
    area.setSelectionRange(at, at);
    area.scrollTop = topsOf([line]).get(line) ?? 0;
    area.scrollIntoView({ block: "nearest" });
  });
})();
