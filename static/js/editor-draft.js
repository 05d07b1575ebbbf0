// Keeps what is typed, every few seconds and on leaving, as a draft that only its writer sees.
// Saves with Ctrl+S or ⌘S, one save at a time, and not while that would lose the text.
(() => {
  const form = document.getElementById("article-form");
  if (!form || !window.editorText) return;
  const { say, withoutPlaces } = window.editorText;
  const PAUSE = 1500;
  const LONGEST = 5000;
  const RETRY = 10000;
  const KEEPALIVE_BYTES = 60000; // browsers refuse more from a page that is going away
  const LOST = "You have been signed out, or may no longer write here. Your text is still on this page: copy it, or sign in in another tab and go on.";

  // changes are counted, so that an answer clears only what its request held; a form that comes
  // back with errors or a conflict holds text that may be stored nowhere
  let typed = form.hasAttribute("data-unsaved") ? 1 : 0;
  let stored = 0;
  let left = 0; // up to where a request holds it that outlives the page
  let outliving = 0; // bytes in such requests: the browser counts all of them
  let failing = false;
  let since = 0;
  let timer = 0;
  let sending = null;
  let saving = false;

  const fields = () => {
    const data = new FormData(form);
    for (const name of [...data.keys()]) if (name === "picture" || name.startsWith("mine_")) data.delete(name);
    data.set("content", withoutPlaces(data.get("content")));
    return data;
  };
  const size = (data) => new Blob([...data].flat()).size;
  const unkept = () => stored < typed;

  const signIn = () => {
    const link = document.createElement("a");
    Object.assign(link, { href: form.dataset.signInUrl, target: "_blank", textContent: "Sign in" });
    return link;
  };

  // signing in gives the browser a new token, which the page has to learn
  const renewToken = async () => {
    const page = await fetch(location.href, { redirect: "manual" });
    if (!page.ok) return false;
    const token = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (!token) return false;
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => (input.value = token));
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    return true;
  };

  const post = async (body, keepalive) => {
    const upTo = typed;
    const response = await fetch(form.dataset.draftUrl, { method: "POST", body, redirect: "manual", keepalive });
    if (response.ok) stored = Math.max(stored, upTo);
    return response;
  };

  const told = async (response) => {
    if (response.ok) {
      say("draft-state", `Draft kept ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`);
      return "kept";
    }
    const json = response.headers.get("Content-Type")?.includes("json");
    if (response.status === 400 && json) {
      say("draft-state", `Could not be kept: ${(await response.json()).problem}`);
      return "refused";
    }
    say("draft-state", response.status >= 500 ? "Could not be kept: the site is in trouble. It is tried again." : LOST, response.status >= 500 ? null : signIn());
    return response.status >= 500 ? "unreachable" : "lost";
  };

  const attempt = async () => {
    since = 0;
    let outcome;
    try {
      let response = await post(fields(), false);
      if (response.status === 403 && (await renewToken())) response = await post(fields(), false);
      outcome = await told(response);
    } catch {
      say("draft-state", "Could not be kept: the site cannot be reached. It is tried again by itself.");
      outcome = "unreachable";
    }
    failing = outcome !== "kept";
    if (failing && outcome !== "refused") plan(RETRY);
    return outcome;
  };

  const keep = () => {
    clearTimeout(timer);
    sending = (sending ?? Promise.resolve()).then(attempt);
    return sending;
  };
  const plan = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(keep, wait);
  };

  form.addEventListener("input", () => {
    typed += 1;
    since ||= Date.now();
    plan(Math.max(0, Math.min(PAUSE, since + LONGEST - Date.now())));
  });

  // the page may never get another moment
  const leave = async () => {
    if (!unkept() || saving || left === typed) return;
    const body = fields();
    const bytes = size(body);
    const small = outliving + bytes < KEEPALIVE_BYTES;
    clearTimeout(timer);
    if (small) [left, outliving] = [typed, outliving + bytes];
    try {
      failing = !(await post(body, small)).ok;
    } catch {
      failing = true;
    }
    if (small) [left, outliving] = [0, outliving - bytes];
    if (failing) plan(RETRY);
  };
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  window.addEventListener("pagehide", leave);
  window.addEventListener("beforeunload", (event) => {
    if (!unkept() || saving) return;
    leave();
    if (failing || left !== typed) event.preventDefault();
  });

  const release = () => {
    saving = false;
    delete form.dataset.sent;
  };

  // pictures may be added while the text is being kept
  const ready = async () => {
    do {
      if (window.editorText.pictures) say("draft-state", "Saving once the picture is in the text…");
      if ((await window.editorText.pictures) === false) {
        say("draft-state", "Not saved: a picture could not be added. Save again to do without it.");
        return false;
      }
      const outcome = await keep();
      if (outcome === "lost" || outcome === "unreachable") return false;
    } while (window.editorText.pictures);
    return true;
  };

  form.addEventListener("submit", async (event) => {
    if (saving) return;
    event.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
    const { submitter } = event;
    if (!(await ready())) {
      release();
      document.getElementById("draft-state").scrollIntoView({ block: "nearest" });
      return;
    }
    clearTimeout(timer);
    saving = true;
    form.requestSubmit(submitter);
  });

  // what is discarded is not to be kept on leaving
  document.querySelector(".draft form")?.addEventListener("submit", () => {
    saving = true;
    clearTimeout(timer);
  });

  // the browser may bring the page back as it was left
  window.addEventListener("pageshow", release);

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    form.requestSubmit();
  });

  if (unkept()) plan(PAUSE);
})();
