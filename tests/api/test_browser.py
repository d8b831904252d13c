"""The page in a real browser: what a reader sees, by pointer, by keyboard, without scripts."""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from briefing.api.keys import KeyFile
from briefing.options import KeyScope
from briefing.rendering import schema
from tests.api.articles import BODY, LEAD, PAGE, TEXT, TITLE, pdf
from tests.api.test_extractive import ARTICLES
from tests.api.test_server import SERVE, serving, wait_ready

pytestmark = pytest.mark.slow

SLOW = [sys.executable, "-m", "tests.api.slow_server"]
PATIENCE = 90_000
"""Milliseconds, for machines that do much else."""
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


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The service as it is installed, with the bundled model."""
    with serving([*SERVE, "--port", "0"]) as (_, client):
        wait_ready(client)
        yield str(client.base_url)


@pytest.fixture(scope="module")
def slow_site() -> Iterator[str]:
    """A service whose model takes a second a call, and that reads URLs."""
    with serving([*SLOW, "1", "urls=true"]) as (_, client):
        wait_ready(client)
        yield str(client.base_url)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Opens a page in a context of its own; no request may leave for another host, and no script
    may fail.
    """
    left: list[str] = []
    with ExitStack() as stack:

        def visit(base: str, size: tuple[int, int] = WIDE, **options) -> Page:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", **options
            )
            stack.callback(context.close)
            _watch(context, base, left)
            page = context.new_page()
            page.on("pageerror", lambda error: left.append(str(error)))
            page.on("console", lambda said: _note_refusal(said.text, left))
            page.on("dialog", lambda dialog: left.append(dialog.message))
            page.goto(base)
            return page

        yield visit
    assert left == []


def _watch(context: BrowserContext, base: str, left: list[str]) -> None:
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)

    def seen(route, request) -> None:
        if urlsplit(request.url).netloc in (urlsplit(base).netloc, ""):
            route.fallback()
        else:
            left.append(request.url)
            route.abort()

    context.route("**/*", seen)


def _note_refusal(said: str, left: list[str]) -> None:
    """The page's own policy had to stop something, which then is no request to be seen."""
    if "Content Security Policy" in said:
        left.append(said)


def brief(page: Page, text: str, title: str = "") -> None:
    """Paste an article and wait for all of its brief."""
    page.get_by_label("Text of the article").fill(text)
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("button", name="Download JSON")).to_be_visible()


def findings(page: Page) -> list[str]:
    """What axe-core finds serious or critical."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes']}" for v in found if v["impact"] in ("serious", "critical")]


def lit(page: Page) -> list[str]:
    """Ids of the sentences that are highlighted."""
    return page.locator(".evidence").evaluate_all("all => all.map(each => each.id)")


def evidence(line) -> list[str]:
    return [f"s{index}" for index in line.get_attribute("data-evidence").split()]


def in_view(page: Page, selector: str) -> bool:
    """Whether an element is within the window and within the article's pane."""
    return page.locator(selector).first.evaluate(
        """element => {
          const at = element.getBoundingClientRect();
          const pane = element.closest('.source-text').getBoundingClientRect();
          return at.top >= Math.max(0, pane.top) - 1 &&
            at.bottom <= Math.min(innerHeight, pane.bottom) + 1;
        }"""
    )


def test_paste_and_brief(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site)
    brief(page, ferry.read_text())
    headline = page.locator(".headline").inner_text()
    assert len(headline.split()) in range(3, 15)
    assert page.title() == f"{headline} – Briefing"
    for name in ("Key points", "Context"):
        expect(page.get_by_role("region", name=name).get_by_role("listitem").first).to_be_visible()
    expect(page.get_by_role("region", name="The article")).to_contain_text("Hugh Lindqvist")
    for about in page.locator(".points .about").all_inner_texts():
        assert re.match(r"(Written|Extracted)\s", about)
        assert re.search(r"\d+% supported", about)
        assert re.search(r"Source \d+", about)
    texts = page.locator(".points .about").all_inner_texts()
    assert any("What happened" in text for text in texts)
    expect(page.get_by_role("status")).to_contain_text("complete")


def test_a_line_shows_its_evidence(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site, (1280, 420))
    brief(page, ferry.read_text())
    lines = page.locator(".brief .line")
    assert lines.count() > 3
    for line in lines.all():
        line.click()
        assert lit(page) == evidence(line)
        assert in_view(page, ".evidence")
        assert line.get_attribute("aria-current") == "true"
    assert page.locator("[aria-current]").count() == 1
    assert page.locator("#part-article").evaluate("each => each.scrollTop") > 0


def test_keyboard_alone(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site, (1280, 420))
    seen = set()

    def press_until(name: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            at = page.evaluate(
                "[document.activeElement.id, document.activeElement.className].join(' ')"
            )
            ring = page.evaluate("document.activeElement.matches(':focus-visible')")
            assert ring, at
            seen.add(at)
            if name in at:
                return
        raise AssertionError(f"no Tab leads to {name}; only to {seen}")

    press_until("text")
    page.keyboard.insert_text(ferry.read_text())
    press_until("submit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Download JSON")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "result"
    for line in page.locator(".brief .line").all():
        press_until("line")
        expect(line).to_be_focused()
        assert lit(page) == evidence(line)
        assert in_view(page, ".evidence")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == evidence(line)[0]
    page.keyboard.press("Escape")
    expect(line).to_be_focused()


ARRIVALS = """
window.arrivals = [];
new MutationObserver(() => {
  for (const part of document.querySelectorAll("[id^=part-]"))
    if (part.childElementCount && !window.arrivals.some(([id]) => id === part.id))
      window.arrivals.push([part.id, performance.now()]);
}).observe(document.getElementById("result"), {childList: true, subtree: true});
"""


def test_sections_arrive_one_after_the_other(visit: Open, slow_site: str) -> None:
    page = visit(slow_site)
    page.evaluate(ARRIVALS)
    page.get_by_label("Text of the article").fill(BODY)
    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("button", name="Download JSON")).to_be_visible()
    arrivals = page.evaluate("window.arrivals")
    assert arrivals[0][0] == "part-article"
    assert {"part-headline", "part-key-points", "part-about"} <= {part for part, _ in arrivals}
    # The model takes a second a call: what does not wait for it is shown before.
    assert arrivals[-1][1] - arrivals[0][1] > 500


def test_stop(visit: Open, slow_site: str) -> None:
    page = visit(slow_site)
    page.get_by_label("Text of the article").fill(f"{TEXT} Nobody spoke against it on Friday.")
    page.get_by_role("button", name="Write the brief").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_have_text("Stopped.")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_problems_are_shown(visit: Open, slow_site: str) -> None:
    page = visit(slow_site)
    page.get_by_label("Text of the article").fill("Too short.")
    page.get_by_role("button", name="Write the brief").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The text is too short")
    expect(alert).to_be_focused()
    assert findings(page) == []
    page.get_by_role("radio", name="URL").check()
    page.get_by_label("URL of the article").fill("http://127.0.0.1/secret")
    page.get_by_role("button", name="Write the brief").click()
    expect(alert).to_contain_text("The URL is not allowed")
    page.context.route("**/", lambda route: route.abort())
    page.get_by_role("button", name="Write the brief").click()
    expect(alert).to_contain_text("cannot be reached")
    assert page.locator("#result").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_axe_finds_nothing_serious(visit: Open, site: str, ferry: Path, scheme, size) -> None:
    page = visit(site, size, color_scheme=scheme)
    assert findings(page) == []
    brief(page, ferry.read_text())
    page.locator(".points .line").first.click()
    page.get_by_text("Show the Markdown and the JSON").click()
    assert findings(page) == []
    red = page.evaluate(
        "parseInt(getComputedStyle(document.documentElement).backgroundColor.slice(4))"
    )
    assert (red < 64) == (scheme == "dark")


def test_narrow(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site, NARROW, has_touch=True)
    brief(page, ferry.read_text())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    line = page.locator(".points .line").last
    line.tap()
    assert in_view(page, ".evidence")
    page.get_by_role("link", name="Back to the line").tap()
    expect(line).to_be_focused()
    expect(line).to_be_in_viewport()


def test_without_scripts(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site, java_script_enabled=False)
    page.get_by_label("Text of the article").fill("Too short.")
    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("alert")).to_contain_text("The text is too short")
    page.get_by_label("Text of the article").fill(ferry.read_text())
    page.get_by_role("button", name="Write the brief").click()
    line = page.locator(".points .line").last
    line.click()
    expect(page.locator(".sentence:target")).to_have_attribute("id", evidence(line)[0])
    page.get_by_text("Show the Markdown and the JSON").click()
    document = json.loads(page.get_by_label("JSON").input_value())
    assert document["schema"] == "briefing.brief/1"


def test_files_chosen_and_dropped(visit: Open, site: str, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(BODY.splitlines()))
    page = visit(site)
    page.get_by_role("radio", name="File").check()
    page.get_by_label("A text, page or document").set_input_files(tmp_path / "a.pdf")
    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("region", name="The article")).to_contain_text("council of Millbrook")
    page.reload()
    page.locator("#form").evaluate(
        """(form, text) => {
          const held = new DataTransfer();
          held.items.add(new File([text], "page.html", { type: "text/html" }));
          form.dispatchEvent(new DragEvent("drop", { dataTransfer: held, cancelable: true }));
        }""",
        PAGE,
    )
    expect(page.get_by_role("status")).to_contain_text("page.html")
    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("region", name="The article")).to_contain_text(LEAD)


def test_copy_and_download(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site, permissions=["clipboard-read", "clipboard-write"])
    brief(page, ferry.read_text())
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.get_by_role("status")).to_have_text("Copied as Markdown.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"# {page.locator('.headline').inner_text()}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download JSON").click()
    assert download.value.suggested_filename == "brief.json"
    document = json.loads(download.value.path().read_text())
    assert document.keys() >= set(schema()["required"])


def test_key(visit: Open, tmp_path: Path) -> None:
    key = KeyFile(tmp_path / "keys.json").add("desk", [KeyScope.BRIEF])
    with serving([*SLOW, "0", f"keys_path={tmp_path / 'keys.json'}"]) as (_, client):
        wait_ready(client)
        page = visit(str(client.base_url))
        page.get_by_label("Text of the article").fill(TEXT)
        page.get_by_label("API key").fill("wrong")
        page.get_by_role("button", name="Write the brief").click()
        expect(page.get_by_role("alert")).to_contain_text("Invalid API key")
        expect(page.get_by_label("API key")).to_be_focused()
        assert page.evaluate("sessionStorage.length") == 0
        page.get_by_label("API key").fill(key)
        brief(page, TEXT)
        page.reload()
        expect(page.get_by_label("API key")).to_have_value(key)
        kept = page.evaluate("[localStorage.length, document.cookie, location.href]")
        assert kept == [0, "", f"{client.base_url}/"]
        other = visit(str(client.base_url))
        expect(other.get_by_label("API key")).to_have_value("")
        assert key not in client.log.read_text()


def test_hostile_text_is_shown_as_text(visit: Open, slow_site: str) -> None:
    page = visit(slow_site)
    hostile = '<img src=x onerror=alert(1)><script>alert(2)</script> & "quotes"'
    brief(page, f"{LEAD} Mayor {hostile} spoke.\n\n{BODY}", f"{TITLE} {hostile}")
    expect(page.get_by_role("region", name="The article")).to_contain_text("<img src=x onerror")
    assert page.locator("#result img, #result script").count() == 0


def test_print(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site)
    brief(page, ferry.read_text())
    page.emulate_media(media="print")
    for name, shown in (("#compose", False), (".headline", True), ("#s3", True), (".take", False)):
        assert page.locator(name).is_visible() == shown, name
    assert page.locator("#part-article").evaluate("e => e.scrollHeight <= e.clientHeight + 1")


def test_a_brief_lasts_in_the_tab_and_beyond(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site)
    brief(page, ferry.read_text())
    first = page.locator(".headline").inner_text()
    brief_another(page, TEXT)
    second = page.locator(".headline").inner_text()
    assert first != second
    tab = page.get_by_role("navigation", name="Briefs of this tab")
    expect(tab.get_by_role("link")).to_have_text([second, first])
    assert findings(page) == []
    tab.get_by_role("link", name=first).click()
    expect(page.locator(".headline")).to_have_text(first)
    tab.get_by_role("link", name=second).click()
    expect(page.locator(".headline")).to_have_text(second)
    page.go_back()
    expect(page.locator(".headline")).to_have_text(first)
    link = page.get_by_role("link", name="Link to this brief").get_attribute("href")
    other = visit(f"{site}/{link}".replace("//?", "/?"))
    expect(other.locator(".headline")).to_have_text(first)
    expect(other.get_by_role("button", name="Copy as text")).to_be_visible()


def brief_another(page: Page, text: str) -> None:
    page.get_by_text("Brief another article").click()
    page.get_by_label("Text of the article").fill(text)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#result")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#result")).not_to_have_attribute("aria-busy", "true")


def test_a_reload_loses_neither_text_nor_brief(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site)
    page.get_by_label("Text of the article").fill("Half a sentence")
    page.reload()
    expect(page.get_by_label("Text of the article")).to_have_value("Half a sentence")
    page.get_by_label("Text of the article").fill(ferry.read_text())
    expect(page.locator("#count")).to_have_text(re.compile(r"^\d+ words\.$"))
    page.get_by_label("Text of the article").press("Control+Enter")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    headline = page.locator(".headline").inner_text()
    page.reload()
    expect(page.locator(".headline")).to_have_text(headline)
    expect(page.get_by_role("button", name="Write the brief")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0


def test_plain_text_and_print(visit: Open, site: str, ferry: Path) -> None:
    page = visit(site, permissions=["clipboard-read", "clipboard-write"])
    brief(page, ferry.read_text())
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_role("status")).to_have_text("Copied as text.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(page.locator(".headline").inner_text()[:40])
    assert "#" not in copied
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed")


def test_right_to_left_and_the_article_alone(visit: Open, slow_site: str) -> None:
    page = visit(slow_site)
    field = page.get_by_label("Text of the article")
    field.fill(ARTICLES["ar"])
    assert field.evaluate("each => getComputedStyle(each).direction") == "rtl"
    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("alert")).to_contain_text("Only the article")
    page.get_by_label("Only the article’s own sentences").check()
    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("button", name="Download JSON")).to_be_visible()
    line = page.locator(".points .line").first
    assert line.evaluate("each => getComputedStyle(each).direction") == "rtl"
    expect(page.locator(".made")).to_contain_text("without a model")
    assert findings(page) == []


def test_a_busy_service_is_asked_again(visit: Open, slow_site: str) -> None:
    page = visit(slow_site)
    asked = []

    def busy(route) -> None:
        asked.append(route.request.url)
        if len(asked) > 2:
            route.fallback()
            return
        document = {"type": "urn:briefing:problem:queue-full", "title": "The queue is full"}
        headers = {"Content-Type": "application/problem+json", "Retry-After": "1"}
        route.fulfill(status=429, headers=headers, body=json.dumps(document))

    page.context.route("**/", busy)
    page.get_by_label("Text of the article").fill(TEXT)
    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("status")).to_contain_text("Trying again in 1 second")
    expect(page.get_by_role("button", name="Download JSON")).to_be_visible()
    assert len(asked) == 3


def test_the_address_field_is_where_addresses_are_read(
    visit: Open, site: str, slow_site: str
) -> None:
    assert visit(site).get_by_role("radio", name="URL").count() == 0
    assert visit(slow_site).get_by_role("radio", name="URL").count() == 1
