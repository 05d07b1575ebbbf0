// Tells the site, on leaving an article, which section was being read, to continue there.
(() => {
  const article = document.querySelector("[data-reading]");
  if (!article) return;
  const headings = [...article.querySelectorAll(".prose :is(h1, h2, h3)[id]")];
  const READ = 120; // px from the top: what stands above is being read
  let sent = null;

  const section = () => {
    if (scrollY < READ) return "";
    return headings.filter((heading) => heading.getBoundingClientRect().top < READ).at(-1)?.id ?? "";
  };

  const send = () => {
    const now = section();
    if (now === sent) return;
    sent = now;
    fetch(article.dataset.reading, {
      method: "POST",
      keepalive: true, // outlives the page
      headers: JSON.parse(document.body.getAttribute("hx-headers")),
      body: new URLSearchParams({ section: now }),
    }).catch(() => {});
  };

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send();
  });
  addEventListener("pagehide", send);
})();
