// The toolbar over the text and its shortcuts. One Tab stop; the arrow keys move within it.
(() => {
  const bar = document.querySelector(".toolbar");
  if (!bar || !window.editorText) return;
  const { area, replace, lineStart, lineEnd } = window.editorText;
  const buttons = [...bar.querySelectorAll("button")];
  const mac = /Mac|iP(hone|ad)/.test(navigator.platform);

  const around = (mark, words) => {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const inside = value.slice(from, to);
    if (value.slice(from - mark.length, from) === mark && value.startsWith(mark, to)) {
      replace(from - mark.length, to + mark.length, inside);
      area.setSelectionRange(from - mark.length, to - mark.length);
      return;
    }
    const text = inside || words;
    replace(from, to, mark + text + mark);
    area.setSelectionRange(from + mark.length, from + mark.length + text.length);
  };

  // every line of the selection, or the line of the caret
  const lines = (change) => {
    const from = lineStart(area.selectionStart);
    const to = lineEnd(Math.max(from, area.selectionEnd - (area.selectionEnd > area.selectionStart && area.value[area.selectionEnd - 1] === "\n" ? 1 : 0)));
    const before = area.value.slice(from, to).split("\n");
    const after = change(before).join("\n");
    replace(from, to, after);
    area.setSelectionRange(before.length > 1 ? from : from + after.length, from + after.length);
  };

  const prefix = (mark, pattern) =>
    lines((all) =>
      all.every((line) => pattern.test(line))
        ? all.map((line) => line.replace(pattern, ""))
        : all.map((line, n) => (typeof mark === "function" ? mark(n) : mark) + line),
    );

  const heading = () =>
    lines(([first, ...rest]) => {
      const [, marks, words] = /^(#{0,6}) ?(.*)$/.exec(first);
      const next = { 0: "## ", 2: "### " }[marks.length] ?? "";
      return [next + words, ...rest];
    });

  const link = () => {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const inside = value.slice(from, to);
    const isAddress = /^https?:\/\/\S+$/.test(inside);
    const [words, address] = isAddress ? ["words", inside] : [inside || "words", "https://"];
    replace(from, to, `[${words}](${address})`);
    const at = isAddress || !inside ? from + 1 : from + words.length + 3;
    area.setSelectionRange(at, at + (isAddress || !inside ? words.length : address.length));
  };

  // a block of its own, with blank lines around it
  const block = (text, selectFrom, selectTo) => {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const before = from === 0 || value.slice(0, from).endsWith("\n\n") ? "" : value[from - 1] === "\n" ? "\n" : "\n\n";
    const after = value.slice(to).startsWith("\n\n") || to === value.length ? "\n" : "\n\n";
    replace(from, to, before + text + after);
    area.setSelectionRange(from + before.length + selectFrom, from + before.length + selectTo);
  };

  const marks = {
    bold: () => around("**", "bold"),
    italic: () => around("*", "italic"),
    code: () => around("`", "code"),
    link,
    heading,
    list: () => prefix("- ", /^[-*+] /),
    numbers: () => prefix((n) => `${n + 1}. `, /^\d+[.)] /),
    quote: () => prefix("> ", /^> ?/),
    block: () => {
      const inside = area.value.slice(area.selectionStart, area.selectionEnd) || "code";
      block(`\`\`\`\n${inside}\n\`\`\``, 4, 4 + inside.length);
    },
    table: () => block("| Column | Column |\n| --- | --- |\n|  |  |", 2, 8),
    picture: () => document.getElementById("id_picture").click(),
  };

  const shown = (key) => {
    const letter = key.replace("shift+", "").toUpperCase();
    return mac ? `⌘${key.includes("shift") ? "⇧" : ""}${letter}` : `Ctrl+${key.includes("shift") ? "Shift+" : ""}${letter}`;
  };

  for (const button of buttons) {
    const { key } = button.dataset;
    button.title = button.ariaLabel + (key ? ` (${shown(key)})` : "");
    if (key) button.setAttribute("aria-keyshortcuts", (mac ? "Meta+" : "Control+") + key.replace("shift", "Shift").toUpperCase().replace("SHIFT", "Shift"));
  }

  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) marks[button.dataset.mark]();
  });

  bar.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const target = buttons[(next + buttons.length) % buttons.length];
    buttons.forEach((button) => (button.tabIndex = button === target ? 0 : -1));
    target.focus();
  });

  area.addEventListener("keydown", (event) => {
    if (!(mac ? event.metaKey : event.ctrlKey) || event.altKey) return;
    const letter = event.code.startsWith("Digit") ? event.code.slice(5) : event.key.toLowerCase();
    const key = (event.shiftKey ? "shift+" : "") + letter;
    const button = buttons.find((each) => each.dataset.key === key);
    if (!button) return;
    event.preventDefault();
    marks[button.dataset.mark]();
  });
})();
