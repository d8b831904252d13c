import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.digest.sources.entry import one_line, text_of


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One <b>bold</b> word.</p><p>Two.</p>", "One bold word.\n\nTwo."),
        ("One<br>Two<br/>Three", "One\n\nTwo\n\nThree"),
        ("<span class=cap>T</span>he H<sub>2</sub>O don<em>'</em>t", "The H2O don't"),
        ("Plain text\nin lines", "Plain text\n\nin lines"),
        ("5 < 6 and AT&T", "5 < 6 and AT&T"),
        ("<script>x()</script><style>a{}</style><p>Seen</p><!-- not --><svg>n</svg>", "Seen"),
        ("<figure><img src=x><figcaption>Caption</figcaption></figure>Text", "Text"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\n\nTwo"),
        ("<p>Unclosed <i>tags", "Unclosed tags"),
        ("Fish &amp; chips &nbsp; &#8212; caf&eacute;", "Fish & chips — café"),
        ("<p>A text.</p><p>The post <a href=x>A</a> appeared first on <a>Site</a>.</p>", "A text."),
        ("<p>A text.</p><p><a>Read more →</a></p>", "A text."),
        ("<p>A text.</p><p>Continue reading…</p><p>Comments</p>", "A text."),
        ("", ""),
        ("<>", "<>"),
    ],
)  # fmt: skip
def test_markup_becomes_paragraphs(markup: str, text: str) -> None:
    assert text_of(markup) == text


@pytest.mark.parametrize(
    ("markup", "line"),
    [
        ("A <b>bold</b>\n title", "A bold title"),
        ("AT&amp;amp;T rises", "AT&T rises"),
        ("x < y > z", "x < y > z"),
        ("Q&A: what now?", "Q&A: what now?"),
        ("<p>One</p><p>Two</p>", "One Two"),
        ("a\u202eb\u00adc", "abc"),
    ],
)
def test_titles_become_one_line(markup: str, line: str) -> None:
    assert one_line(markup) == line


@settings(deadline=None)
@given(st.text(alphabet="<>/!-&;#ap[]\"'= \n\x00é\ud800", max_size=80))
def test_any_markup_becomes_clean_text(markup: str) -> None:
    for line in text_of(markup).split("\n\n"):
        assert line == " ".join(line.split())
    assert "\n" not in one_line(markup)
