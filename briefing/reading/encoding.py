"""Decode bytes, clean text, and detect its language."""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from briefing.errors import NotText

_LINE_BREAKS = r"\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_ESCAPES = (
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]"  # colours, the cursor
    # Titles, links and other strings for the terminal, on one line.
    rf"|\x1b[\]PX^_][^\x07\x1b{_LINE_BREAKS}]*(?:\x07|\x1b\\)"
    r"|\x1b[()][0-9AB]"  # character sets
)
ESCAPES = re.compile(_ESCAPES)
"""Whole escape sequences of terminals (ECMA-48)."""

# Escape sequences, control characters (except Python's white space, which becomes spaces), soft
# hyphens, zero-width characters, bidi controls, tags, surrogates, noncharacters.
INVISIBLE = re.compile(
    f"{_ESCAPES}|"
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
    # Joiners are significant only in Arabic and Indic scripts and inside emoji.
    "|(?<![\u0600-\u1fff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
"""Invisible characters and escape sequences, which `clean` removes."""

# Signs of mojibake: the first byte of a UTF-8 sequence read as Latin-1 or Windows-1252, then
# another high byte; a C1 control; two lead bytes whose no-break space often becomes a space.
_LOOKS_BROKEN = re.compile("[\u00c2-\u00f4][^\x00-\x7f]|[\x80-\x84\x86-\x9f]|[ÃÂ] ")


MAX_MARKS = 30
"""Combining marks that may follow one another (UAX 15, stream-safe text); languages need four."""
_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{MAX_MARKS + 1},}}")


def surplus_marks(text: str) -> list[tuple[int, int]]:
    """Return the spans of combining marks beyond `MAX_MARKS` in a row, which nobody can read."""
    spans: list[tuple[int, int]] = []
    for match in _MARKS.finditer(text):
        seen = 0
        for index in range(*match.span()):
            seen = seen + 1 if unicodedata.category(text[index])[0] == "M" else 0
            if seen == MAX_MARKS + 1:
                spans.append((index, index + 1))
            elif seen > MAX_MARKS:
                spans[-1] = (spans[-1][0], index + 1)
    return spans


def clean(text: str) -> str:
    """Normalise text for display.

    Repairs mojibake, removes invisible characters, escape sequences, bidi overrides and surplus
    combining marks, applies normal form C, and collapses white space. The horizontal bar, which
    some publishers set for a dash, becomes one. Keeps curly quotes, dashes, ligatures and letters
    of any script.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    if _LOOKS_BROKEN.search(text):
        text = _repaired(text)
    visible = INVISIBLE.sub("", text)
    if surplus := surplus_marks(visible):
        bounds = [0, *(bound for span in surplus for bound in span), len(visible)]
        visible = "".join(visible[a:b] for a, b in zip(bounds[::2], bounds[1::2], strict=True))
    return " ".join(unicodedata.normalize("NFC", visible).replace("\u2015", "\u2014").split())


def _repaired(text: str) -> str:
    """Repair mojibake by ftfy, without its other fixes."""
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


_OPENING = 3_000
"""Characters that are classified."""
_SHORT = 60
_SURE = 0.5
_SURE_WHEN_SHORT = 0.9
_SURE_BY_SCRIPT = 0.3
_ENGLISH = frozenset(
    (
        "the of and that with from this which their they have has been were would could said but "
        "who"
    ).split()
)
"""Function words that are frequent in English and rare in other languages."""
_ENGLISH_SHARE, _ENGLISH_WORDS = 0.1, 5
"""A text is English if this share of each half, and this many distinct words, are in `_ENGLISH`."""
_WORD = re.compile(r"[a-z']+")
_LATIN_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f]")


def detect_language(text: str, default: str = "en") -> str:
    """Return the ISO 639-1 code of the language of ``text``, or ``default`` if uncertain.

    A text of fewer than 60 characters requires a higher confidence, because a single name can
    mislead the classifier.
    """
    sample = clean(text[:_OPENING])
    if not any(character.isalpha() for character in sample):
        return default
    if _clearly_english(sample):
        return "en"
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= _needed(sample) else default


def _clearly_english(sample: str) -> bool:
    """Whether function words identify English; this avoids loading the classifier (0.5 s)."""
    words = _WORD.findall(sample.lower())
    middle = len(words) // 2
    halves = [[w for w in half if w in _ENGLISH] for half in (words[:middle], words[middle:])]
    least = _ENGLISH_SHARE * middle
    return len({*halves[0], *halves[1]}) >= _ENGLISH_WORDS and min(map(len, halves)) >= least


def _needed(sample: str) -> float:
    """Return the confidence threshold; it is lower for a script other than Latin."""
    if not _LATIN_LETTER.search(sample):
        return _SURE_BY_SCRIPT
    return _SURE if len(sample) >= _SHORT else _SURE_WHEN_SHORT


@cache
def _identifier() -> Any:
    """Load the py3langid classifier, with probabilities in 0..1 instead of raw scores."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


_SAMPLE = 64_000
"""Bytes that are examined to guess the encoding."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FORMATS = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
)
# Python codecs that are not charsets of text.
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"}
# These are also valid ASCII, or have NUL bytes, so a declaration takes precedence over UTF-8.
_BEFORE_UTF8 = re.compile(r"utf-(?:16|32)|iso2022|hz")
_WESTERN = {"ascii", "iso8859-1", "cp1252"}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_LATIN = {
    "cp1252": {""},
    "cp1250": {"bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq"},
    "cp1254": {"az", "tr"},
    "cp1257": {"et", "lt", "lv"},
}
_CANDIDATES = [
    "cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257",
    "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded text, the name of Python's codec, and whether it was guessed."""

    text: str
    encoding: str
    guessed: bool = False


def decode(data: bytes, charset: str | None = None) -> Decoded:
    """Decode ``data`` with the declared ``charset``, if any.

    Precedence: a byte order mark; UTF-8, which other encodings hardly ever match by accident; the
    declared charset; a guess, by default Windows-1252. The text has neither a byte order mark nor
    lone surrogates; invalid bytes become U+FFFD.

    Raises:
        NotText: the data is binary.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _checked(_decoded(data[len(mark) :], encoding))
    declared = _codec(charset)
    if declared and _BEFORE_UTF8.match(declared):
        return _checked(_decoded(data, declared))
    if wide := _wide(data):
        return _checked(_decoded(data, wide, guessed=True))
    _refuse_binary(data)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(data, declared)


def _decode_legacy(data: bytes, declared: str | None) -> Decoded:
    """Decode data that is not valid UTF-8."""
    damaged = data.decode("utf-8", "replace")
    errors = damaged.count("\ufffd")
    high = sum(1 for character in damaged if character > "\x7f") - errors
    if high >= 4 * errors or (declared == "utf-8" and high):
        return Decoded(damaged, "utf-8", guessed=True)
    if declared and declared not in _WESTERN | {"utf-8"}:
        return _decoded(data, declared)
    if declared in _WESTERN:
        return _western(data)
    return _guess(data)


def _guess(data: bytes) -> Decoded:
    """Guess the encoding by charset-normalizer, among the common ones."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE], cp_isolation=_CANDIDATES, enable_fallback=False).best()
    if best is None or not _plausible(data, best.encoding):
        return _western(data, guessed=True)
    return _decoded(data, best.encoding, guessed=True)


def _plausible(data: bytes, encoding: str) -> bool:
    """Whether a guess is more plausible than Windows-1252, the most common by far.

    The other Latin code pages differ from it in a few letters only, so they must match the
    language; other scripts have many bytes above ASCII.
    """
    sample = data[:_SAMPLE]
    if languages := _LATIN.get(encoding):
        return detect_language(sample.decode(encoding, "replace"), "und") in languages
    return len(_HIGH.findall(sample)) >= 0.1 * len(sample)


def _western(data: bytes, guessed: bool = False) -> Decoded:
    """Decode Windows-1252 as browsers do: its five undefined bytes are control characters."""
    try:
        return Decoded(data.decode("cp1252"), "cp1252", guessed)
    except UnicodeDecodeError:
        table = {code: bytes([code]).decode("cp1252", "replace") for code in range(128, 256)}
        table = {code: char for code, char in table.items() if char != "\ufffd"}
        return Decoded(data.decode("latin-1").translate(table), "cp1252", guessed)


def _decoded(data: bytes, encoding: str, guessed: bool = False) -> Decoded:
    return Decoded(data.decode(encoding, "replace").lstrip("\ufeff"), encoding, guessed)


def _codec(charset: str | None) -> str | None:
    """Return the name of Python's codec for a declared charset, or None if unknown."""
    if not charset:
        return None
    try:
        info = codecs.lookup(charset.strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    is_text = getattr(info, "_is_text_encoding", True)
    name = info.name.replace("_", "-")
    return name if is_text and name not in _NO_CHARSETS else None


def _wide(data: bytes) -> str | None:
    """Detect UTF-16 without a byte order mark, in which most of every other byte are NUL."""
    sample = data[:4_000]
    if len(sample) < 8 or len(data) % 2 or b"\x00" not in sample:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > 0.6 * len(sample) / 2 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * len(sample) / 2 and not odd else None


def _refuse_binary(data: bytes) -> None:
    for magic, what in _FORMATS:
        if data.startswith(magic):
            raise NotText(f"The input is {what}, not text. Save it as text, HTML, PDF or .docx.")
    sample = data[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > 0.02 * len(sample):
        raise NotText("The input is binary data, not text. Save it as text, HTML, PDF or .docx.")


def _checked(decoded: Decoded) -> Decoded:
    """Raise if a text decoded by its byte order mark or declared charset has many bad characters.

    Raises:
        NotText: more than a tenth of the characters are invalid.
    """
    sample = decoded.text[:4_000]
    invalid = sum(
        1 for char in sample if char == "\ufffd" or (char < " " and char not in "\t\n\r\f")
    )
    if invalid > 0.1 * len(sample):
        raise NotText(f"The input is not valid {decoded.encoding.upper()} text. Save it as UTF-8.")
    return decoded
