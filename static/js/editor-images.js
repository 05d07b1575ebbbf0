// Pictures that are pasted or dropped into the text, or chosen by the toolbar, are sent to the
// site, and what shows them is written where the caret was.
(() => {
  const form = document.getElementById("article-form");
  const chooser = document.getElementById("id_picture");
  if (!form || !chooser || !window.editorText) return;
  const { area, replace, placeFor, withoutPlaces, say } = window.editorText;
  const LONGEST = 120000;
  let count = 0;

  // a page that comes back sends nothing any more
  if (withoutPlaces(area.value) !== area.value) area.value = withoutPlaces(area.value);

  const problem = (text) => say("picture-state", text);

  // the caret stays where its writer has it by now
  const exchange = (place, text) => {
    const at = area.value.indexOf(place);
    if (at < 0) return;
    const moved = (caret) => (caret <= at ? caret : Math.max(at, caret + text.length - place.length));
    const [from, to] = [moved(area.selectionStart), moved(area.selectionEnd)];
    replace(at, at + place.length, text);
    area.setSelectionRange(from, to);
  };

  const send = async (file) => {
    if (file.size > Number(form.dataset.imageMax)) {
      throw new Error(`it has ${(file.size / 1e6).toFixed(1)} MB, and a picture may have ${form.dataset.imageMax / 1e6} MB.`);
    }
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.append("picture", file, file.name || "picture");
    const response = await fetch(form.dataset.imageUrl, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(LONGEST) }).catch(() => null);
    if (!response) throw new Error("the site cannot be reached. Try again when it can.");
    const answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
    if (answer.markdown) return answer.markdown;
    throw new Error(answer.problem || "you have been signed out, or may no longer write here. Your text is still on this page.");
  };

  const addAll = async (files) => {
    let whole = true;
    for (const file of files) {
      count += 1;
      const name = file.name || "the picture";
      const place = placeFor(count);
      replace(area.selectionStart, area.selectionEnd, place);
      problem(`Adding ${name}…`);
      try {
        exchange(place, await send(file));
        problem(`${name} is in the text.`);
      } catch (error) {
        exchange(place, "");
        problem(`${name} was not added: ${error.message}`);
        whole = false;
      }
    }
    return whole;
  };

  const add = (files) => {
    const all = Promise.all([window.editorText.pictures, addAll(files)]).then(([before, now]) => before !== false && now);
    window.editorText.pictures = all;
    all.then(() => window.editorText.pictures === all && (window.editorText.pictures = null));
  };

  const filesOf = (transfer) => [...(transfer?.files ?? [])];

  area.addEventListener("paste", (event) => {
    // a word processor offers its text as a picture, too: the text is meant
    const files = filesOf(event.clipboardData);
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    add(files);
  });

  area.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    area.classList.add("dropping");
  });
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("dropping"));

  area.addEventListener("drop", (event) => {
    const files = filesOf(event.dataTransfer);
    if (!files.length) return;
    event.preventDefault();
    add(files);
  });

  chooser.addEventListener("change", () => {
    const files = [...chooser.files];
    chooser.value = ""; // else it would be sent again with the form
    add(files);
  });
})();
