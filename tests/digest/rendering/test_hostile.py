"""Whatever articles, sources and errors say is shown as text in every format, and does nothing."""

import io
import re
import zipfile

import feedparser
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from lxml import etree, html
from markdown_it import MarkdownIt

from briefing.digest.rendering import render_edition, to_mail_html
from briefing.digest.rendering.formats import feed
from tests.api.test_escaping import BIDI, PAYLOADS, Page
from tests.digest.samples import SETTINGS, hostile_edition, settings

ANY = st.text(
    alphabet=st.sampled_from(
        "<>&\"'`*_[]()#!|\\~{}%$:/- \n\t\0\x1b\x85\u2028\u202e\ud800\ufffeabc5é"
    ),
    min_size=1,
    max_size=40,
)
PAGE = re.compile(r"digest\.atom|index\.html|\d{4}-\d\d-\d\d\.html(#story-\d+)?")
PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
all_payloads = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)


def shown(payload: str, format: str) -> str:
    return render_edition(hostile_edition(payload), format, SETTINGS).decode()


def inert(page: Page, styles: int) -> None:
    # Two links are ours: the feed beside the page, and the meta element's policy is no link.
    assert [each for each in page.active if each != "link" and "digest.atom" not in each] == []
    assert page.styles == styles


@all_payloads
def test_page(payload: str) -> None:
    page = Page(shown(payload, "html"))
    inert(page, 1)
    assert " ".join(payload.split()) in " ".join(page.text.split())


@all_payloads
def test_message(payload: str) -> None:
    text = to_mail_html(hostile_edition(payload), settings().edition, page=None, unsubscribe=None)
    page = Page(text)
    inert(page, 1)
    assert " ".join(payload.split()) in " ".join(page.text.split())


@all_payloads
def test_markdown(payload: str) -> None:
    text = shown(payload, "markdown")
    page = Page(MarkdownIt("commonmark", {"html": True}).render(text))
    inert(page, 0)
    assert "about it" in page.text


@all_payloads
def test_feed(payload: str) -> None:
    parsed = feedparser.parse(feed([hostile_edition(payload)], SETTINGS).encode())
    assert not parsed.bozo
    root = etree.fromstring(feed([hostile_edition(payload)], SETTINGS).encode(), PARSER)
    for content in root.iter("{*}content"):
        inert(Page(content.text), 0)
    for link in root.iter("{*}link"):
        assert link.get("href").startswith("http") or PAGE.fullmatch(link.get("href"))


@all_payloads
def test_book(payload: str) -> None:
    book = zipfile.ZipFile(io.BytesIO(render_edition(hostile_edition(payload), "epub", SETTINGS)))
    for name in book.namelist():
        if name.endswith(("html", "opf")):
            root = etree.fromstring(book.read(name), PARSER)
            assert not {e.tag.rpartition("}")[2] for e in root.iter()} & {"script", "img", "iframe"}
            assert not [e for e in root.iter() if (e.get("href") or "").startswith("javascript")]


@pytest.mark.parametrize("format", ["html", "markdown", "text", "atom"])
def test_nothing_turns_text_around_or_acts_on_a_terminal(format: str) -> None:
    text = shown(f"nothing {BIDI}\x1b[31mgnihton\x9b\x00", format)
    assert "gnihton" in text
    assert not (set(BIDI) | set("\x1b\x9b\x00")) & set(text)


@examples(max_examples=60, deadline=None)
@given(ANY)
def test_any_text_gives_files_that_can_be_read(payload: str) -> None:
    for format in ("markdown", "text", "json"):
        assert render_edition(hostile_edition(payload), format, SETTINGS)
    html.fromstring(render_edition(hostile_edition(payload), "html", SETTINGS))
    etree.fromstring(render_edition(hostile_edition(payload), "atom", SETTINGS), PARSER)
    book = zipfile.ZipFile(io.BytesIO(render_edition(hostile_edition(payload), "epub", SETTINGS)))
    for name in book.namelist():
        if name.endswith(("html", "opf")):
            etree.fromstring(book.read(name), PARSER)
