// Keeps the badges of a page current by one stream for all of them, closed while the page is
// hidden. Times are shown in the reader's own time zone, and "next try in 40 s" counts down.
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  const LONGEST = 60_000; // ms between two attempts to connect
  const SILENCE = 40_000; // ms without the stream's sign of life, which comes every 15 s
  const language = document.documentElement.lang;
  const whole = "liveWhole" in live.dataset;
  let source, again, last, watched;
  let failures = 0;
  let heard = new Date();

  const ids = () =>
    [...document.querySelectorAll("[id^=state-]")].slice(0, 100).map((badge) => badge.id.slice(6));

  const address = (extra) => {
    const named = whole ? [] : ids().map((id) => ["article", id]);
    return `${live.dataset.live}?${new URLSearchParams([...named, ...extra])}`;
  };

  // Times.
  const clock = (moment) => {
    const today = moment.toDateString() === new Date().toDateString();
    const day = today ? {} : { day: "numeric", month: "short" };
    const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    return new Intl.DateTimeFormat(language, { ...day, ...time }).format(moment);
  };
  const countdown = (moment) => {
    const seconds = Math.ceil((moment - Date.now()) / 1000);
    if (seconds <= 0) return "now";
    return seconds < 100 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} min`;
  };
  const say = (selector, words) => {
    document.querySelectorAll(selector).forEach((time) => {
      const said = words(new Date(time.dateTime));
      if (time.textContent !== said) time.textContent = said;
    });
  };
  const tick = () => say("[data-countdown]", countdown);
  const tell = () => {
    say("time[data-clock]", clock);
    tick();
  };

  // What the page shows.
  const refresh = (() => {
    let planned;
    return () => {
      const list = document.querySelector("[data-live-part]");
      if (!list || planned) return;
      planned = setTimeout(async () => {
        planned = null;
        const response = await fetch(list.dataset.livePart).catch(() => null);
        if (!response?.ok || response.redirected) return;
        const focused = list.contains(document.activeElement) && document.activeElement.value;
        list.innerHTML = await response.text();
        if (focused) list.querySelector(`button[value="${CSS.escape(focused)}"]`)?.focus();
        tell();
      }, 500);
    };
  })();

  const show = ({ article, kind, says, html }) => {
    const badge = document.getElementById(`state-${article}`);
    const changed = badge?.dataset.kind !== kind;
    if (badge) badge.outerHTML = html;
    const aloud = document.querySelector(`[data-live-aloud="${article}"]`);
    if (aloud && changed) aloud.textContent = says;
    if (changed) refresh();
  };
  const showGone = (article) => {
    const badge = document.getElementById(`state-${article}`);
    if (badge) badge.textContent = "no longer here";
    refresh();
  };
  const showAll = ({ states, gone }) => {
    states.forEach(show);
    gone.forEach(showGone);
    refresh();
    tell();
  };

  // The connection.
  const isHere = () => {
    heard = new Date();
    failures = 0;
    live.hidden = true;
  };
  const isLost = () => {
    const time = live.querySelector("time");
    time.dateTime = heard.toISOString();
    time.textContent = clock(heard);
    live.hidden = false;
  };
  const close = () => {
    clearTimeout(again);
    source?.close();
    source = null;
  };
  const end = () => {
    close();
    watched = null;
    isLost();
  };
  const reconnect = (refused) => {
    close();
    isLost();
    const pause = Math.min(LONGEST, 1000 * 2 ** failures++);
    again = setTimeout(() => (refused ? poll() : open()), pause * (0.75 + Math.random() / 2));
  };
  // Refused for good, or because too many streams are open: then asking now and then must do.
  const poll = async () => {
    const response = await fetch(address([["poll", "1"]])).catch(() => null);
    if (response?.status === 200 && !response.redirected) {
      const attempts = failures;
      showAll(await response.json());
      isHere();
      failures = attempts;
      again = setTimeout(open, 10_000);
    } else if (response && response.status < 500) end();
    else reconnect(true);
  };
  const on = (name, act) =>
    source.addEventListener(name, (event) => {
      last = event.lastEventId || last;
      act(event.data && JSON.parse(event.data));
      isHere();
    });

  const open = () => {
    close();
    if (document.hidden || !(whole || ids().length)) return;
    watched = ids().join();
    source = new EventSource(address(last ? [["last", last]] : []));
    on("state", (state) => {
      show(state);
      tell();
    });
    on("gone", ({ article }) => showGone(article));
    on("reset", showAll);
    on("at", refresh);
    source.addEventListener("close", end);
    source.addEventListener("error", () => reconnect(source?.readyState === EventSource.CLOSED));
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && open());
  // other scripts may bring badges that were not on the page before
  new MutationObserver(() => {
    if (watched === null || whole) return;
    const now = ids().join();
    if (now === watched) return;
    last = undefined;
    tell();
    open();
  }).observe(document.body, { childList: true, subtree: true });
  setInterval(() => {
    tick();
    if (source && Date.now() - heard > SILENCE) reconnect(false);
  }, 1000);

  // "Retry now" without leaving the page; the stream shows what comes of it.
  document.addEventListener("submit", async (event) => {
    if (event.target.id !== "retry") return;
    event.preventDefault();
    const asked = new FormData(event.target, event.submitter);
    asked.set("quiet", "1");
    event.submitter.disabled = true;
    const options = { method: "POST", body: asked };
    const response = await fetch(event.target.action, options).catch(() => null);
    if (!response?.ok) event.submitter.disabled = false;
  });

  tell();
  open();
})();
