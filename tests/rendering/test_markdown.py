import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from briefing.rendering import to_markdown
from briefing.rendering.text import escape, inert

from .samples import FUZZ, HOSTILE, OVERRIDES, filled, sample, without_context

OURS = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "bullet_list_open",
    "bullet_list_close", "list_item_open", "list_item_close", "blockquote_open",
    "blockquote_close", "inline", "text", "text_special", "strong_open", "strong_close",
    "em_open", "em_close",
}  # fmt: skip
PARSERS = [MarkdownIt("commonmark"), MarkdownIt("gfm-like", {"linkify": False})]


def tokens(markdown, parser=PARSERS[0]):
    for token in parser.parse(markdown):
        yield token
        yield from token.children or ()


def shown(markdown):
    """What a reader sees, block by block."""
    blocks = (token for token in PARSERS[0].parse(markdown) if token.type == "inline")
    return ["".join(child.content for child in block.children) for block in blocks]


def test_reads_like_this():
    assert to_markdown(sample()).startswith(
        "# Elmsworth harbour bridge closed over cracked piers [0,2]\n"
        "\n"
        "## Key points\n"
        "\n"
        "- Inspectors found cracks in two piers of the harbour bridge. [2]\n"
        "- Repair will take at least five months, Mayor Dana Whitlock said. [3]\n"
        "\n"
        "## Context\n"
        "\n"
        "- **The history:** The bridge was last repaired in 1998. [4] *(extracted)*\n"
        "- About 40,000 vehicles cross it every day. [5] *(extracted)*\n"
        "\n"
        "## Sources\n"
        "\n"
        "Harbour bridge closes after inspectors find cracks, 2026-02-03, "
        "<https://news.example/bridge?a=1&b=2>\n"
        "\n"
        "> [0] Title: Harbour bridge closes after inspectors find cracks\n"
        ">\n"
        "> [2] The harbour bridge"
    )


def test_the_only_link_is_the_articles():
    links = [token for token in tokens(to_markdown(sample())) if token.type == "link_open"]
    assert [link.attrs["href"] for link in links] == ["https://news.example/bridge?a=1&b=2"]


@pytest.mark.parametrize("parser", PARSERS, ids=["commonmark", "gfm"])
@pytest.mark.parametrize("text", [*HOSTILE, OVERRIDES])
def test_hostile_text_stays_text(text, parser):
    plain, hostile = to_markdown(filled("word")), to_markdown(filled(text))
    assert {token.type for token in tokens(hostile, parser)} <= OURS
    assert [token.type for token in parser.parse(hostile)] == [
        token.type for token in parser.parse(plain)
    ]
    assert f"{inert(text)} [2]" in shown(hostile)


@settings(FUZZ, max_examples=150)
@given(st.text(alphabet="#-+=*_`~[]()<>!|\\&;:.1a \t\n'\"$^{}@/", max_size=20) | st.text())
def test_every_text_is_shown_as_it_is(text):
    wanted = inert(text)
    assert shown(f"- {escape(text)}") == ([wanted] if wanted else [])
    assert shown(f"# {escape(text)} [0]") == [f"{wanted} [0]".strip()]


def test_ordinary_text_is_left_alone():
    text = 'AT&T rose 1.5 % to $20 (from $19); "good", it said - 2026.'
    assert escape(text) == text


def test_an_empty_context_says_so():
    assert "## Context\n\nNo background was found that stands by itself.\n" in to_markdown(
        without_context()
    )
