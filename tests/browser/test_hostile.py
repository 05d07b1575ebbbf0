"""What a hostile author or model gets out of a browser: nothing. The page fixture watches."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from knowledge.models import Article, Workspace
from tests.fakes.openai_server import OpenAIServer

SINK = "http://127.0.0.1:9/sink"  # nothing listens there: the page fixture fails on the attempt
FORBIDDEN = "script, iframe, style, base, svg:not(.icon), [hx-get*=sink], [onerror], [onload]"
PAYLOADS = f"""
<script>alert(1)</script>

<img src=x onerror=alert(2)> <svg/onload=alert(3)> <iframe src="{SINK}"></iframe>

![picture]({SINK}.png) [link](javascript:alert(4)) [data](data:text/html,<script>alert(5)</script>)

<style>body {{ background: url({SINK}) }}</style> <link rel="stylesheet" href="{SINK}">

<div hx-get="{SINK}" hx-trigger="load" data-hx-get="{SINK}">hx</div> <base href="{SINK}/">

<form action="{SINK}"><input id="q" name="attributes"></form> [a]({SINK} "onmouseover=alert(6)")

# <img src=x onerror=alert(7)> heading about ports
"""


def test_x1_x3_x4_a_hostile_article_runs_and_loads_nothing(
    page: Page, workspace: Workspace, publish: Callable[..., Article], model: OpenAIServer
) -> None:
    article = publish("<img src=x onerror=alert(8)>Ports", PAYLOADS, tags=["<b onload=alert(9)>"])
    page.goto(article.get_absolute_url())
    expect(page.locator(".prose")).to_contain_text("heading about ports")
    page.goto("/w/team/?q=heading about ports, hx and picture")
    expect(page.locator("main")).to_contain_text("hx and picture")
    page.wait_for_load_state("networkidle")
    assert (
        page.locator("main :is(script, iframe, style, base, [hx-get*=sink], [onerror])").count()
        == 0
    )


def test_x1_x4_the_shared_payloads_run_and_load_nothing(
    page: Page,
    workspace: Workspace,
    make_article: Callable[..., Article],
    shared_data: Callable[[str], Path],
) -> None:
    lines = shared_data("xss/payloadbox.jsonl").read_text().splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    for start in range(0, len(texts), 1000):
        content = "\n\n".join(texts[start : start + 1000])
        article = make_article(f"Payloads {start}", content)
        page.goto(article.get_absolute_url())
        page.wait_for_load_state("networkidle")


def test_x2_x4_x5_a_hostile_model_runs_and_loads_nothing_and_links_only_its_sources(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    model.script(
        [
            f"[99] [1](javascript:alert(1)) ![x]({SINK}.png) <img src=x ",
            f"onerror=alert(2)> <script>alert(3)</script> [out]({SINK}) [1",
            "]",
        ],
        delay=0.15,
    )
    page.goto("/w/team/?q=How do I change the port?")
    expect(page.get_by_role("button", name="Copy with sources")).to_be_visible()
    hrefs = page.locator("#answer-text a").evaluate_all("links => links.map(a => a.hash)")
    assert set(hrefs) == {"#source-1"}
    expect(page.locator("#answer-text")).to_contain_text("[99]")


def test_c2_a_post_without_its_token_is_refused(page: Page, manual: Workspace) -> None:
    page.goto("/w/team/")
    status = page.request.post("/w/team/answers/000000000000000000000000/stop").status
    assert status == 403
