"""The page in a real browser: without scripts, by keyboard, in the dark, on a phone, on paper."""

import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from briefing.digest.rendering import render_edition, to_mail_html
from tests.api.test_escaping import PAYLOADS
from tests.digest.samples import (
    COUNT,
    OTHER_COUNT,
    SETTINGS,
    VOTE,
    edition,
    full_edition,
    hostile_edition,
    large_edition,
    settings,
)

pytestmark = pytest.mark.slow

WIDE, NARROW = (1280, 800), (320, 640)
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if not path:
        pytest.fail("these tests drive Chromium; install it: apt-get install chromium")
    with sync_playwright() as playwright:
        # Its sandbox needs a kernel feature that containers often lack.
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture
def show(browser: Browser, tmp_path) -> Iterator[Open]:
    """Opens an edition's file; nothing else may be asked for, and its policy refuse nothing."""
    wrong: list[str] = []
    contexts = []

    def show(made, size: tuple[int, int] = WIDE, **options) -> Page:
        text = made if isinstance(made, str) else render_edition(made, "html", SETTINGS).decode()
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on(
            "request", lambda asked: wrong.append(asked.url) if asked.url != path.as_uri() else 0
        )
        page.on("console", lambda said: wrong.append(said.text))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.goto(path.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert wrong == []


def findings(page: Page) -> list[str]:
    """What axe-core finds."""
    return [f"{v['id']}: {v['nodes']}" for v in Axe().run(page).response["violations"]]


def message() -> str:
    return to_mail_html(
        full_edition(), settings().edition, page="https://news.example", unsubscribe="mailto:a@b.c"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("made", [edition(), full_edition()], ids=["empty", "full"])
def test_nobody_is_shut_out(show: Open, made, scheme: str) -> None:
    page = show(made, color_scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("each => each.open = true")
    assert findings(page) == []


def test_the_message_shuts_nobody_out(show: Open) -> None:
    # A message has no landmarks: the mail program's page around it has.
    found = findings(show(message()))
    assert [each for each in found if not each.startswith(("landmark-one-main", "region"))] == []


def test_evidence_opens_without_scripts(show: Open) -> None:
    page = show(full_edition(), java_script_enabled=False)
    quote = page.locator("blockquote", has_text=OTHER_COUNT).first
    expect(quote).not_to_be_visible()
    page.locator("summary", has_text="Alder Gazette, Island Post").click()
    expect(quote).to_be_visible()
    expect(page.get_by_role("link", name="Ferry stays").first).to_have_attribute(
        "href", "https://news.example/12"
    )


def test_the_sources_stand_behind_the_line(show: Open) -> None:
    page = show(full_edition())
    (line,) = page.locator(".line", has_text=COUNT).all()
    assert "extracted" not in page.inner_text("main")
    shown = "each => getComputedStyle(each).display"
    for part in ("details", "summary"):
        assert line.locator(part).evaluate(shown) == "inline"
    line.locator("summary").click()
    assert "extracted" in line.inner_text()
    other = page.locator(".line", has_text=VOTE)
    other.locator("summary").click()
    assert "written by a language model" in other.inner_text()


def test_evidence_opens_by_keyboard(show: Open) -> None:
    page = show(full_edition())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the stories")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # the headline's evidence
    summary = page.locator("summary").first
    expect(summary).to_be_focused()
    assert summary.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("blockquote").first).to_be_visible()


def test_a_number_leads_to_its_article(show: Open) -> None:
    page = show(full_edition())
    page.get_by_role("link", name="Source 2: Island Post").first.click()
    assert page.url.endswith("#story-1-2")
    expect(page.locator("#story-1-2")).to_be_in_viewport()


def test_contents_lead_to_stories(show: Open) -> None:
    page = show(full_edition())
    contents = page.get_by_role("navigation", name="Contents")
    assert contents.get_by_role("listitem").count() == 4
    contents.get_by_role("link", name="Alder Sound bridge").last.click()
    expect(page.locator("#story-4 h3")).to_be_in_viewport()


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_nothing_is_wider_than_the_window(show: Open, size) -> None:
    for text in (full_edition(), hostile_edition("x" * 400), message()):
        page = show(text, size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_dark_page_is_dark(show: Open) -> None:
    page = show(full_edition(), color_scheme="dark")
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", color))) < 64


def test_on_paper(show: Open) -> None:
    page = show(full_edition())
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).not_to_be_visible()
    expect(page.locator("blockquote").first).not_to_be_visible()
    assert "Alder Gazette, Island Post" in page.inner_text("main")
    assert COUNT in page.inner_text("main")
    link = page.locator(".references a").first
    assert "attr(href)" not in link.evaluate("each => getComputedStyle(each, '::after').content")
    assert "news.example/11" in link.evaluate("each => getComputedStyle(each, '::after').content")
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_text_is_seen_and_does_nothing(show: Open, payload: str) -> None:
    page = show(hostile_edition(payload))
    assert " ".join(payload.split()) in page.inner_text("main")


def test_five_hundred_stories(show: Open) -> None:
    page = show(large_edition(500))
    assert page.locator("article").count() == 500
