// Keeps what is typed, every few seconds and on leaving, as a draft that only its writer sees.
// Saves with Ctrl+S or ⌘S, one save at a time, and not while that would lose the text.
(() => {
  const form = document.getElementById("article-form");
  if (!form || !window.editorText) return;
  const { say } = window.editorText;
  const PAUSE = 1500;
  const LONGEST = 5000;
  const RETRY = 10000;
  const KEEPALIVE_BYTES = 60000; // browsers refuse more from a page that is going away
  const LOST = "You have been signed out, or may no longer write here. Your text is still on this page: copy it, or sign in in another tab and go on.";

  // a form that comes back with errors or a conflict holds text that may be stored nowhere
  let unkept = form.hasAttribute("data-unsaved");
  let since = 0;
  let timer = 0;
  let sending = null;
  let saving = false;

  const fields = () => {
    const data = new FormData(form);
    for (const name of [...data.keys()]) if (name === "picture" || name.startsWith("mine_")) data.delete(name);
    return data;
  };
  const size = (data) => new Blob([...data].flat()).size;

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

  const post = (keepalive) => fetch(form.dataset.draftUrl, { method: "POST", body: fields(), redirect: "manual", keepalive });

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
    unkept = false;
    since = 0;
    let outcome;
    try {
      let response = await post(false);
      if (response.status === 403 && (await renewToken())) response = await post(false);
      outcome = await told(response);
    } catch {
      say("draft-state", "Could not be kept: the site cannot be reached. It is tried again by itself.");
      outcome = "unreachable";
    }
    if (outcome !== "kept" && outcome !== "refused") {
      unkept = true;
      plan(RETRY);
    }
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
    unkept = true;
    since ||= Date.now();
    plan(Math.max(0, Math.min(PAUSE, since + LONGEST - Date.now())));
  });

  // the page may never get another moment
  const leave = () => {
    if (!unkept || saving) return;
    const small = size(fields()) < KEEPALIVE_BYTES;
    unkept = !small;
    clearTimeout(timer);
    post(small).catch(() => (unkept = true));
  };
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  window.addEventListener("pagehide", leave);
  window.addEventListener("beforeunload", (event) => {
    if (!unkept || saving) return;
    leave();
    if (unkept) event.preventDefault();
  });

  const release = () => {
    saving = false;
    delete form.dataset.sent;
  };

  form.addEventListener("submit", async (event) => {
    if (saving) return;
    event.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
    const { submitter } = event;
    const outcome = await keep();
    if (outcome === "lost" || outcome === "unreachable") {
      release();
      document.getElementById("draft-state").scrollIntoView({ block: "nearest" });
      return;
    }
    clearTimeout(timer);
    saving = true;
    form.requestSubmit(submitter);
  });

  // the browser may bring the page back as it was left
  window.addEventListener("pageshow", release);

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    form.requestSubmit();
  });

  if (unkept) plan(PAUSE);
})();
