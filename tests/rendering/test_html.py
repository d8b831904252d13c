import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import lxml.html
import pytest
from hypothesis import given

from briefing.rendering import html_page, style_hash, stylesheet, to_html
from briefing.rendering.text import inert
from briefing.sections import Section

from .samples import FUZZ, HOSTILE, OVERRIDES, briefs, filled, sample, without_context

TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "article", "header", "section",
    "footer", "h1", "h2", "p", "ul", "ol", "li", "div", "span", "a", "q", "bdi", "cite",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "dir", "charset", "http-equiv", "content", "name", "class", "id", "aria-label",
    "aria-labelledby", "aria-describedby", "aria-hidden", "href", "rel", "value",
}  # fmt: skip
VOID = {"meta"}


class Reading(HTMLParser):
    """What a parser finds: elements with attributes, text, and whether all are closed."""

    def __init__(self, markup):
        super().__init__()
        self.elements, self.texts, self.open, self.other = [], [], [], []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.other.append(data)

    def unknown_decl(self, data):
        self.other.append(data)

    def handle_pi(self, data):
        self.other.append(data)

    def all(self, name):
        return [attrs[name] for _, attrs in self.elements if name in attrs]


def check(markup):
    """Assert that only our own elements and attributes are there, and every link is safe."""
    reading = Reading(markup)
    assert not reading.open
    assert not reading.other
    assert {tag for tag, _ in reading.elements} <= TAGS
    assert {name for _, attrs in reading.elements for name in attrs} <= ATTRIBUTES
    ids = reading.all("id")
    assert len(set(ids)) == len(ids)
    for href in reading.all("href"):
        assert href[1:] in ids if href.startswith("#") else re.match("(?i)https?://", href)
    for name in ("aria-labelledby", "aria-describedby"):
        assert set(reading.all(name)) <= set(ids)
    return reading


def test_page_is_well_formed_and_says_everything():
    text = " ".join("".join(check(to_html(sample())).texts).split())
    for wanted in (
        "Elmsworth harbour bridge closed over cracked piers",
        "What happened · written by the model · 100% supported · source 2",
        "What followed · written by the model · 99% supported · source 3",
        "The history · taken from the article · 100% supported · source 4",
        "Harbour bridge closes after inspectors find cracks , 2026-02-03, 62 words".replace(
            " ,", ","
        ),
        "Written by bundled 1 (ctranslate2, cpu, int8).",
        "The article is short.",
    ):
        assert wanted in text


@pytest.mark.parametrize("text", [*HOSTILE, OVERRIDES])
def test_hostile_text_stays_text(text):
    plain, hostile = to_html(filled("word")), to_html(filled(text))
    assert [tag for tag, _ in check(hostile).elements] == [tag for tag, _ in check(plain).elements]
    tree = lxml.html.document_fromstring(hostile)
    assert tree.xpath("string(//h1)") == inert(text)
    assert [element.tag for element in tree.iter()] == [
        element.tag for element in lxml.html.document_fromstring(plain).iter()
    ]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", hostile)
    assert hostile.encode()


@FUZZ
@given(briefs())
def test_any_brief_is_safe(brief):
    check(to_html(brief))


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://news.example/a?b=1&c=2", True),
        ("HTTP://news.example/", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example", False),
        ("https://a.example/\u202etxt", False),
        ('https://a.example/" onclick="x', False),
        ("https://a.example/ b", False),
        ("file:///etc/passwd", False),
        (None, False),
    ],
)
def test_only_web_addresses_are_linked(url, linked):
    brief = replace(sample(), article=replace(sample().article, url=url))
    outside = [href for href in check(to_html(brief)).all("href") if not href.startswith("#")]
    assert outside == ([url] if linked else [])


def test_every_line_links_to_its_sources_and_back():
    tree = lxml.html.document_fromstring(to_html(sample()))
    lines = tree.find_class("brief-line")
    assert [line.xpath("p//a/@href") for line in lines] == [
        ["#brief-source-0", "#brief-source-2"],
        ["#brief-source-2"],
        ["#brief-source-3"],
        ["#brief-source-4"],
        ["#brief-source-5"],
    ]
    source = tree.get_element_by_id("brief-source-2")
    assert source.get("value") == "2"
    assert source.xpath(".//a/@href") == ["#brief-headline-1", "#brief-key-points-1"]
    assert "closed on Monday" in tree.get_element_by_id("brief-source-2-text").text_content()
    assert "closed on Monday" in lines[1].find_class("brief-evidence")[0].text_content()


def test_evidence_shows_on_hover_and_on_focus():
    assert re.search(r"\.brief-about:hover ~ \.brief-evidence", stylesheet())
    assert re.search(r"\.brief-about:focus-within ~ \.brief-evidence", stylesheet())


def test_the_hash_is_that_of_the_embedded_style():
    embedded = re.findall(r"<style>(.*?)</style>", to_html(sample()), re.DOTALL)
    digest = hashlib.sha256("".join(embedded).encode()).digest()
    assert len(embedded) == 1
    assert style_hash() == f"sha256-{base64.b64encode(digest).decode()}"
    assert f"style-src '{style_hash()}'" in to_html(sample())


def test_the_style_asks_for_nothing_from_outside():
    assert not re.search(r"url\(|@import|@font-face|<", stylesheet())


def test_fragments_share_a_page_without_sharing_ids():
    options = {"fragment": True, "level": 2}
    parts = [to_html(sample(), anchor=f"story-{number}", **options) for number in (1, 2)]
    assert parts[0].startswith('<article class="brief" id="story-1">')
    markup = html_page("Two stories & more", f"<h1>Edition</h1>\n{''.join(parts)}")
    reading = Reading(markup)
    ids = reading.all("id")
    assert len(set(ids)) == len(ids)
    assert [tag for tag, _ in reading.elements].count("h1") == 1
    assert "<title>Two stories &amp; more</title>" in markup


def test_an_empty_context_says_so():
    assert "<p>No background was found that stands by itself.</p>" in to_html(without_context())


def test_a_page_without_headline_still_has_a_heading():
    brief = replace(sample(), headline=None, sections=(Section.KEY_POINTS, Section.CONTEXT))
    markup = to_html(brief)
    assert "<h1>Brief</h1>" in markup
    assert "no headline" not in markup
    assert "no headline" in to_html(replace(brief, sections=tuple(Section)))


def test_texts_carry_their_language_and_find_their_direction():
    brief = replace(sample(), article=replace(sample().article, language="ar"))
    assert '<h1 lang="ar" dir="auto">' in to_html(brief)
