"""Make text readable: encoding repaired, nothing invisible, single spaces."""

import re
import unicodedata
from functools import cache
from typing import Any

# Control characters (those that Python counts as white space become spaces instead), soft
# hyphens, zero-width characters, bidi controls, tags, surrogates, non-characters.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
    # Joiners carry meaning in Arabic and Indic scripts and inside emoji, and nowhere else.
    "|(?<![\u0600-\u1fff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
"""Characters that a reader never sees; `clean` removes them."""

# The first byte of a UTF-8 sequence read as Latin-1 or Windows-1252, then another high byte; a
# bare C1 control; the two whose second byte, a no-break space, is often turned into a space.
_LOOKS_BROKEN = re.compile("[\u00c2-\u00f4][^\x00-\x7f]|[\x80-\x84\x86-\x9f]|[ÃÂ] ")


def clean(text: str) -> str:
    """Return ``text`` as a reader should see it.

    Mojibake is repaired, invisible characters and bidi overrides are removed, the rest is put in
    normal form C, runs of white space become one space. Curly quotes, dashes, ligatures and
    letters of any script stay.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    if _LOOKS_BROKEN.search(text):
        text = _repaired(text)
    visible = INVISIBLE.sub("", text)
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _repaired(text: str) -> str:
    """Undo wrong decoding, and nothing else that ftfy offers."""
    import ftfy

    return ftfy.fix_text(text, _repair_settings())  # type: ignore[no-any-return, unused-ignore]


@cache
def _repair_settings() -> Any:
    import ftfy

    return ftfy.TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=True,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
