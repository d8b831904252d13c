import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.reading import clean


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("  two\t\nwords \u00a0 here ", "two words here"),
        ("“Curly” ‘quotes’ – stay… ﬁne", "“Curly” ‘quotes’ – stay… ﬁne"),
        ("soft\u00adhyphen and zero\u200bwidth\ufeff", "softhyphen and zerowidth"),
        ("safe\u202egnp.exe\u202c \u2066x\u2069", "safegnp.exe x"),
        ("bell\x07 nul\x00 lone\ud800", "bell nul lone"),
        ("in \x1b[1;31mcash\x1b[0m, \x1b[Knot in kind", "in cash, not in kind"),
        ("Or\x1b]0;a title\x07vella \x1b]2;other\x1b\\Systems", "Orvella Systems"),
        ("\x1b]8;;https://x.example\x1b\\a link\x1b]8;;\x1b\\", "a link"),
        ("\x1b(Bplain\x1b and \x1b]unended", "plain and ]unended"),
        ("\x1b[33mitâ€™s\x1b[m", "it’s"),
        ("cafe\u0301", "café"),
        ("The cafÃ© said â€œnoâ€\x9d", "The café said “no”"),
        ("itâ€™s", "it’s"),
        ("WESTFORD ― The ferry", "WESTFORD — The ferry"),
        ("\x93quoted\x94", "“quoted”"),
        ("Ångström Ærø naïve São", "Ångström Ærø naïve São"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\U0001f469\u200d\U0001f467", "\U0001f469\u200d\U0001f467"),
        ("join\u200ded", "joined"),
        ("&amp; stays", "&amp; stays"),
        ("", ""),
    ],
)
def test_clean(given_text, expected):
    assert clean(given_text) == expected


@given(st.text())
def test_nothing_invisible_is_left(text):
    cleaned = clean(text)
    assert cleaned == unicodedata.normalize("NFC", cleaned)
    assert cleaned == " ".join(cleaned.split())
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in cleaned)
    assert not set(cleaned) & set(
        "\u00ad\u200b\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\ufeff"
    )


@given(st.text(st.characters(max_codepoint=0x7F, exclude_characters="\x1b")))
def test_plain_text_only_loses_controls_and_spaces(text):
    kept = "".join(c for c in text if c.isspace() or c.isprintable())
    assert clean(text) == " ".join(kept.split())
    assert clean(clean(text)) == clean(text)
