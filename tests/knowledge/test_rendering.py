"""The rendering process: fast when warm, killed when slow, gone when the parent is gone."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from knowledge import rendering
from knowledge.markdown import Heading
from knowledge.rendering import (
    MAX_CHARS,
    Rendered,
    RenderError,
    RenderTimeout,
    RenderUnavailable,
    render,
)

ROOT = Path(__file__).resolve().parents[2]
SLOW = "[" * 1_000_000


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code; returns only when the code and every child of it have ended."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_article_comes_back_with_its_headings() -> None:
    assert render("# T\n\n## A\n\n\ud800", title="T") == Rendered(
        '<span id="s-t"></span>\n<h2 id="s-a">A '
        '<a class="anchor" href="#s-a" aria-label="Link to A">#</a></h2>\n<p>\ufffd</p>\n',
        (Heading(2, "A", "s-a", 2),),
    )


def test_a_slow_article_is_stopped_and_the_next_one_is_rendered() -> None:
    render("warm")
    begin = time.monotonic()
    with pytest.raises(RenderTimeout):
        render(SLOW, time_limit=0.3)
    assert time.monotonic() - begin < 2
    assert render("next").html == "<p>next</p>\n"


def test_a_warm_process_answers_at_once() -> None:
    render("warm")
    times = []
    for _ in range(20):
        begin = time.perf_counter()
        render("text")
        times.append(time.perf_counter() - begin)
    assert min(times) < 0.005


def test_threads_get_their_own_articles() -> None:
    sources = [f"article {n}" for n in range(60)]
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(render, sources))
    assert [page.html for page in pages] == [f"<p>{source}</p>\n" for source in sources]


def test_a_slow_article_does_not_stop_the_others() -> None:
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(render, SLOW, time_limit=1.0)
        assert render("quick").html == "<p>quick</p>\n"
        assert isinstance(slow.exception(), RenderTimeout)


class Idle(list[Any]):
    """A list of children that shows two threads the same last child before either takes it."""

    both_looked = threading.Barrier(2)

    def __bool__(self) -> bool:
        found = len(self) > 0
        with suppress(threading.BrokenBarrierError):
            self.both_looked.wait(0.2)
        return found


def test_two_threads_that_want_the_last_idle_child_both_get_one() -> None:
    children = rendering._Children()
    with children.borrow():
        pass
    children._idle = Idle(children._idle)
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        stack.callback(children.end)
        taken = list(pool.map(lambda _: children._take(), range(2)))
        for child in taken:
            stack.callback(child.end)
    assert len({child._process.pid for child in taken}) == 2


def test_an_article_that_finds_no_child_free_is_not_to_blame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "_WAIT_FOR_A_CHILD", 0.05)
    busy = rendering._Children()
    monkeypatch.setattr(rendering, "_children", busy)
    with ExitStack() as stack:
        stack.callback(busy.end)
        for _ in range(rendering._CHILDREN):
            stack.enter_context(busy.borrow())
        with pytest.raises(RenderUnavailable):
            render("text")


def test_an_article_whose_child_cannot_start_is_not_to_blame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "_START_LIMIT", 0.001)
    monkeypatch.setattr(rendering, "_children", rendering._Children())
    with pytest.raises(RenderUnavailable):
        render("text")


def test_an_article_without_end_is_refused() -> None:
    with pytest.raises(RenderError, match="longer than"):
        render("a" * (MAX_CHARS + 1))


@pytest.mark.parametrize("source", ["# a\n" * 10_001, "<" * 300_000, "漢" * 350_000])
def test_a_page_too_large_to_store_is_refused(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "MAX_PAGE_BYTES", 1_000_000)
    with pytest.raises(RenderError, match="too large"):
        render(source, time_limit=20)


def test_the_child_imports_no_django() -> None:
    code = "import sys, knowledge.rendering_process, knowledge.article_html; print(*sys.modules)"
    modules = run(code).stdout.split()
    assert "knowledge.article_html" in modules
    assert not any(name.split(".")[0] in ("django", "pymongo") for name in modules)


@pytest.mark.parametrize(
    "ending",
    [
        "pass",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.killpg(os.getpgid(0), signal.SIGINT)",
        "os.killpg(os.getpgid(0), signal.SIGTERM)",
    ],
    ids=["exit", "killed", "interrupt", "terminate"],
)
def test_the_child_ends_with_its_parent(ending: str) -> None:
    code = "import os, signal; os.setsid()\nfrom knowledge.rendering import render\nrender('')\n"
    assert (
        "ResourceWarning" not in run(code + ending).stderr
    )  # returned at all: nobody holds its pipes


def test_a_signal_to_the_whole_group_leaves_the_child_to_its_parent() -> None:
    code = (
        "import os, signal; os.setsid(); signal.signal(signal.SIGTERM, lambda *_: None)\n"
        "from knowledge import rendering\n"
        "rendering.render(''); [child] = rendering._children._idle\n"
        "os.killpg(os.getpgid(0), signal.SIGTERM)\n"
        "print(rendering.render('a').html, rendering._children._idle == [child])"
    )
    assert run(code).stdout.split() == ["<p>a</p>", "True"]


def test_the_child_sees_no_secrets() -> None:
    code = (
        "import os; os.environ['OPENAI_API_KEY'] = 'k'\n"
        "from knowledge import rendering\n"
        "rendering.render('a')\n"
        "import subprocess, pathlib\n"
        "children = pathlib.Path(f'/proc/self/task/{os.getpid()}/children').read_text().split()\n"
        "print([b'OPENAI' in pathlib.Path(f'/proc/{c}/environ').read_bytes() for c in children])"
    )
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc")
    assert run(code).stdout.strip() == "[False]"
