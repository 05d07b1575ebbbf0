"""The editor's page in a browser: preview, pictures, drafts, conflicts, and the keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from accounts.models import User
from knowledge.authoring.drafts import keep_draft
from knowledge.editing import edit_article
from knowledge.models import Article, Draft, Role, Workspace
from tests.browser.conftest import Trouble
from tests.browser.live import wait_until
from tests.browser.signing_in import sign_in, sign_in_by_form
from tests.knowledge.pictures import picture

NEW = "/w/team/articles/new"
DRAFTS = "**/drafts/*"
KEY = "n0123456789abcdef0123"
# a browser gives scripts no file to paste or drop, so the page makes one
GIVE_FILE = """(area, {kind, bytes}) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], "my cat.png", {type: "image/png"}));
    const given = kind === "paste" ? {clipboardData: transfer} : {dataTransfer: transfer};
    const event = kind === "paste" ? ClipboardEvent : DragEvent;
    area.dispatchEvent(new event(kind, {...given, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def editor(page: Page, workspace: Workspace, make_user: Callable[..., User]) -> Page:
    """A page on which an editor is signed in."""
    make_user("edith", workspace=workspace, role=Role.EDITOR)
    return at_the_form(page, "edith")


def at_the_form(page: Page, username: str) -> Page:
    sign_in(page, username, at=NEW)
    page.wait_for_load_state("networkidle")  # the preview has come
    return page


def kept(page: Page) -> None:
    expect(page.locator("#draft-state")).to_contain_text("Draft kept")


def drafted() -> list[str]:
    return [fields.get("content", "") for fields in Draft.objects.values_list("fields", flat=True)]


def test_the_preview_follows_the_text_and_runs_nothing_of_it(editor: Page) -> None:
    editor.get_by_label("Text").fill(
        "**bold** <img src=x onerror=alert(1)> <script>alert(1)</script>"
    )
    expect(editor.locator("#preview strong")).to_have_text("bold")
    expect(editor.locator("#outline")).to_contain_text("1 passage in 1 section")
    expect(editor.locator("#preview img, #preview script")).to_have_count(0)
    assert Article.objects.count() == 0


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_given_to_the_text_is_seen_in_the_preview_and_on_the_page(
    editor: Page, kind: str
) -> None:
    editor.get_by_label("Title").fill("Cats")
    area = editor.get_by_label("Text")
    area.fill("Before.\n\n")
    area.evaluate(GIVE_FILE, {"kind": kind, "bytes": list(picture())})
    expect(editor.locator("#picture-state")).to_contain_text("is in the text")
    shown = editor.get_by_role("img", name="my cat")
    expect(shown).to_have_js_property("naturalWidth", 60)
    area.press("Control+s")
    expect(editor.get_by_role("heading", name="Cats")).to_be_visible()
    expect(editor.get_by_role("img", name="my cat")).to_have_js_property("naturalWidth", 60)


def test_what_is_no_picture_is_refused_beside_the_text(editor: Page, trouble: Trouble) -> None:
    area = editor.get_by_label("Text")
    area.fill("Text.")
    area.evaluate(GIVE_FILE, {"kind": "drop", "bytes": list(b"<svg/>")})
    expect(editor.locator("#picture-state")).to_contain_text("SVG drawings are not accepted")
    expect(area).to_have_value("Text.")
    assert all("400" in seen for seen in trouble.seen)
    trouble.seen.clear()


def test_autosave_survives_a_tab_that_is_closed(editor: Page) -> None:
    editor.get_by_label("Title").fill("Half done")
    editor.get_by_label("Text").fill("Typed and never saved.")
    kept(editor)
    editor.get_by_label("Text").press_sequentially(" And in the last moment")
    editor.get_by_role("link", name="Team: articles").click()  # no question is asked: it is kept
    expect(editor.get_by_role("heading", name="Articles")).to_be_visible()
    tab = editor.context.new_page()
    editor.close()
    tab.goto(NEW)
    tab.get_by_role("link", name="Half done").click()
    expect(tab.get_by_label("Text")).to_have_value("Typed and never saved. And in the last moment")
    tab.get_by_role("button", name="Save draft").click()
    expect(tab.get_by_role("heading", name="Half done")).to_be_visible()
    assert Draft.objects.count() == 0


def test_a_page_that_goes_away_during_an_autosave_sends_it_again(editor: Page) -> None:
    held: list[Route] = []
    editor.route(DRAFTS, lambda route: route.continue_() if held else held.append(route))
    with editor.expect_request(DRAFTS):
        editor.get_by_label("Text").fill("Typed, and being kept.")
    with editor.expect_response(DRAFTS):
        editor.evaluate("dispatchEvent(new Event('pagehide'))")
    wait_until(lambda: drafted() == ["Typed, and being kept."], seconds=10, what="the draft")


def test_a_text_too_long_for_the_last_moment_is_asked_about(editor: Page, trouble: Trouble) -> None:
    editor.get_by_label("Title").press_sequentially("L")  # else a browser asks nobody
    editor.route(DRAFTS, lambda route: None)
    with editor.expect_request(DRAFTS):
        editor.get_by_label("Text").fill("word " * 14_000)
    with editor.expect_event("dialog"):
        editor.close(run_before_unload=True)
    expect(editor.get_by_label("Title")).to_have_value("L")
    assert [seen.split(":")[0] for seen in trouble.seen] == ["dialog"]
    trouble.seen.clear()


def test_a_save_waits_for_the_picture_and_no_draft_holds_its_place(editor: Page) -> None:
    held: list[Route] = []
    editor.route("**/images/", lambda route: held.append(route))
    editor.get_by_label("Title").fill("Cats")
    area = editor.get_by_label("Text")
    area.fill("Before.")
    area.evaluate(GIVE_FILE, {"kind": "paste", "bytes": list(picture())})
    expect(area).to_have_value("Before.![adding picture 1…]()")
    kept(editor)
    assert drafted() == ["Before."]
    area.press("Control+s")
    expect(editor.locator("#draft-state")).to_contain_text("once the picture is in the text")
    held[0].continue_()
    expect(editor.get_by_role("heading", name="Cats")).to_be_visible()
    assert Article.objects.get().content.startswith("Before.![my cat](../images/")


def test_a_picture_that_fails_holds_the_save_that_waited(editor: Page, trouble: Trouble) -> None:
    held: list[Route] = []
    editor.route("**/images/", lambda route: held.append(route))
    editor.get_by_label("Title").fill("Cats")
    area = editor.get_by_label("Text")
    area.evaluate(GIVE_FILE, {"kind": "paste", "bytes": list(picture())})
    area.press("Control+s")
    held[0].abort()
    expect(editor.locator("#draft-state")).to_contain_text("a picture could not be added")
    expect(area).to_have_value("")
    area.press("Control+s")
    expect(editor.get_by_role("heading", name="Cats")).to_be_visible()
    trouble.seen.clear()  # the request that failed


def test_the_place_of_a_picture_that_never_came_is_not_restored(
    editor: Page, workspace: Workspace
) -> None:
    text = {"content": "Before. ![adding picture 3…]()"}
    keep_draft(user=User.objects.get(), workspace=workspace, key=KEY, seen=0, fields=text)
    editor.goto(f"{NEW}?draft={KEY}")
    expect(editor.get_by_label("Text")).to_have_value("Before. ")


def test_of_two_editors_who_conflict_both_texts_survive(
    editor: Page,
    trouble: Trouble,
    browser: Browser,
    base_url: str,
    workspace: Workspace,
    make_user: Callable[..., User],
    make_article: Callable[..., Article],
) -> None:
    article = make_article(content="one\n\ntwo\n\nthree\n")
    make_user("mary", workspace=workspace, role=Role.EDITOR)
    other = at_the_form(browser.new_context(base_url=base_url).new_page(), "mary")
    for page in (editor, other):
        page.goto(f"/w/team/a/{article.slug}/edit")
    other.get_by_label("Text").fill("one by Mary\n\ntwo\n\nthree\n\nfour by Mary\n")
    other.get_by_role("button", name="Save", exact=True).click()
    expect(other.get_by_text("four by Mary")).to_be_visible()
    editor.get_by_label("Text").fill("one by Edith\n\ntwo\n\nthree\n")
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_role("alert")).to_contain_text("Nothing is lost")
    editor.get_by_role("button", name="Keep both").click()
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.locator(".prose")).to_contain_text("one by Edith")
    for words in ("one by Mary", "four by Mary"):
        expect(editor.locator(".prose")).to_contain_text(words)
    other.context.close()
    assert all("409" in seen for seen in trouble.seen)
    trouble.seen.clear()


def test_an_article_is_written_by_keyboard_alone(
    editor: Page, make_article: Callable[..., Article]
) -> None:
    make_article(tags=["network"])
    editor.get_by_label("Title").focus()
    editor.keyboard.type("Ports")
    editor.keyboard.press("Tab")
    expect(editor.get_by_role("button", name="Bold")).to_be_focused()
    editor.keyboard.press("ArrowRight")
    expect(editor.get_by_role("button", name="Italic")).to_be_focused()
    editor.keyboard.press("Tab")
    area = editor.get_by_label("Text")
    expect(area).to_be_focused()
    editor.keyboard.type("The port ")
    editor.keyboard.press("Control+b")
    editor.keyboard.type("8000")
    expect(area).to_have_value("The port **8000**")
    editor.keyboard.press("Control+z")
    editor.keyboard.press("Control+y")
    editor.keyboard.press("Tab")
    expect(area).not_to_be_focused()
    editor.get_by_role("combobox", name="Tags").focus()
    editor.keyboard.type("net")
    expect(editor.get_by_role("option", name="network")).to_be_visible()
    editor.keyboard.press("ArrowDown")
    editor.keyboard.press("Enter")
    editor.keyboard.type("second,gone,")
    editor.keyboard.press("Backspace")
    expect(editor.locator(".tags__chips li")).to_have_count(2)
    editor.keyboard.press("Control+s")
    editor.keyboard.press("Control+s")
    expect(editor.get_by_role("heading", name="Ports")).to_be_visible()
    assert Article.objects.get(status="draft").tags == ["network", "second"]


def test_a_session_that_ends_while_one_writes_costs_no_text(editor: Page, trouble: Trouble) -> None:
    editor.get_by_label("Title").fill("Kept")
    editor.context.clear_cookies()
    editor.get_by_role("button", name="Save draft").click()
    expect(editor.locator("#draft-state")).to_contain_text("signed out")
    expect(editor.get_by_label("Title")).to_have_value("Kept")
    tab = sign_in_by_form(editor.context.new_page(), "edith", at=NEW)
    tab.close()
    editor.get_by_role("button", name="Save draft").click()
    expect(editor.get_by_role("heading", name="Kept")).to_be_visible()
    assert all("403" in seen for seen in trouble.seen)
    trouble.seen.clear()


def test_a_narrow_screen_holds_the_whole_form(
    editor: Page, make_article: Callable[..., Article]
) -> None:
    editor.set_viewport_size({"width": 360, "height": 800})
    article = make_article(content="word " * 400, tags=["long-" * 7])
    edit_article(article, seen=1, author=None, content="other")
    for address in (NEW, "/w/team/articles/", f"/w/team/a/{article.slug}/edit"):
        editor.goto(address)
        assert editor.evaluate("document.documentElement.scrollWidth") <= 360
