// The article's table of contents: open on a wide screen, where it stands in the margin, and
// marking the section that is being read.
(() => {
  const toc = document.querySelector("details.toc");
  if (toc) toc.open = matchMedia("(min-width: 64rem)").matches;

  const links = new Map(
    [...document.querySelectorAll(".toc a")].map((a) => [decodeURIComponent(a.hash.slice(1)), a]),
  );
  const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  if (!headings.length) return;

  const READ = 96; // px from the top: what stands above is being read

  const mark = () => {
    const read = headings.filter((h) => h.getBoundingClientRect().top < READ);
    const current = (read.at(-1) ?? headings[0]).id;
    links.forEach((link, id) => {
      if (id === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  };

  const seen = new IntersectionObserver(mark, { rootMargin: `0px 0px ${READ - innerHeight}px 0px` });
  headings.forEach((heading) => seen.observe(heading));
  mark();
})();
