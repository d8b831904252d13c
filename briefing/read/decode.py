"""Bytes -> text."""

import codecs
import re
from dataclasses import dataclass

from briefing.errors import NotText
from briefing.read.language import detect_language

SAMPLE = 64_000
"""Bytes that are looked at when an encoding must be guessed."""

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
    (b"{\\rtf", "an RTF document"),
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
# Codecs of Python that are no character sets of text.
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"}
# Valid as ASCII or with NUL bytes in it, so a declaration must be believed before UTF-8 is tried.
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
    """A decoded text, the encoding's name in Python, and whether that was only guessed."""

    text: str
    encoding: str
    guessed: bool = False


def decode(data: bytes, charset: str | None = None) -> Decoded:
    """Decode ``data``, whose sender declares ``charset`` (or nothing).

    A byte order mark decides; then UTF-8, which other encodings hardly ever match by accident;
    then the declared charset; then a guess, in doubt Windows-1252. The text has neither a byte
    order mark nor lone surrogates; bytes that have no meaning become U+FFFD.

    Raises `NotText` for binary data.
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
    """Decode what is not valid UTF-8."""
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
    """Let charset-normalizer guess among the encodings that are met in practice."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[:SAMPLE], cp_isolation=_CANDIDATES, enable_fallback=False).best()
    if best is None or not _plausible(data, best.encoding):
        return _western(data, guessed=True)
    return _decoded(data, best.encoding, guessed=True)


def _plausible(data: bytes, encoding: str) -> bool:
    """Whether a guess may stand against Windows-1252, the most common by far.

    The other Latin code pages differ from it in a few letters only, so the language must be one
    that is written in them; other scripts have many bytes above ASCII.
    """
    sample = data[:SAMPLE]
    if languages := _LATIN.get(encoding):
        return detect_language(sample.decode(encoding, "replace"), "und") in languages
    return len(_HIGH.findall(sample)) >= 0.1 * len(sample)


def _western(data: bytes, guessed: bool = False) -> Decoded:
    """Windows-1252 as browsers read it: the five bytes without a meaning are controls."""
    try:
        return Decoded(data.decode("cp1252"), "cp1252", guessed)
    except UnicodeDecodeError:
        table = {code: bytes([code]).decode("cp1252", "replace") for code in range(128, 256)}
        table = {code: char for code, char in table.items() if char != "\ufffd"}
        return Decoded(data.decode("latin-1").translate(table), "cp1252", guessed)


def _decoded(data: bytes, encoding: str, guessed: bool = False) -> Decoded:
    return Decoded(data.decode(encoding, "replace").lstrip("\ufeff"), encoding, guessed)


def _codec(charset: str | None) -> str | None:
    """The name of Python's codec for a declared charset; None for one that is unknown."""
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
    """UTF-16 without a byte order mark: in most languages every other byte is NUL or nearly so."""
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
            raise NotText(f"The input is {what}, not text. Save it as plain text, HTML or PDF.")
    sample = data[:SAMPLE]
    if len(_CONTROL.findall(sample)) > 0.02 * len(sample):
        raise NotText("The input is binary data, not text. Give plain text, HTML or a PDF.")


def _checked(decoded: Decoded) -> Decoded:
    """Refuse what decodes, by its mark or declaration, to something that is no text."""
    sample = decoded.text[:4_000]
    strange = sum(
        1 for char in sample if char == "\ufffd" or (char < " " and char not in "\t\n\r\f")
    )
    if strange > 0.1 * len(sample):
        raise NotText(f"The input is not valid {decoded.encoding.upper()} text. Save it as UTF-8.")
    return decoded
