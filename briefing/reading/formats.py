"""The registry of input formats: how each is recognised, by type, name and content, and read.

A format is one row of `INPUT_FORMATS` and one function, with the signature of `Reader`. The command
line, the library, batches, the digest and the service all read through `read_bytes` and
`read_string`. Subtitles (SubRip, WebVTT and others) are read here, by pysubs2: cues joined to
sentences.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Protocol

from briefing.briefs import Article
from briefing.errors import NoArticle, NotText, TooComplex
from briefing.reading.documents import (
    article_from_epub,
    article_from_opendocument,
    article_from_pdf,
    article_from_rtf,
    article_from_word,
    damaged_kind,
    office_kind,
)
from briefing.reading.encoding import ESCAPES, clean, decode
from briefing.reading.genres import is_stamped, without_stamps
from briefing.reading.html import article_from_html
from briefing.reading.mail import article_from_mail, is_quoting, main_text, unwrapped
from briefing.reading.markup import article_from_markdown, article_from_xml
from briefing.reading.text import article_from_text, check_bytes, said_if_short

_PAUSE = 2_500
"""Milliseconds of silence that end a paragraph, after the end of a sentence."""
_SOUND = re.compile(r"\[[^\]]*\]|\([^)]*\)|[♪♫#][^♪♫#]*[♪♫#]|[♪♫]")
_TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_DASH = re.compile(r"^\s*(?:[-–—]|>>+)\s*")
_ENDS = re.compile(r"[.!?…。！？]['\"”’»)]*$")
_MIN_OVERLAP = 3
_MAX_OVERLAP = 40


def article_from_subtitles(
    data: bytes | str,
    *,
    charset: str | None = None,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read subtitles as running text; sounds in brackets are left out, and what rolling captions
    repeat. A pause after a sentence begins a paragraph.

    Raises:
        NotText: the format is unknown. NoArticle: hardly anything is said.
        TooLong: they exceed a limit.
    """
    if isinstance(data, bytes):
        check_bytes(len(data))
        data = decode(data, charset).text
    text = _joined(_cues(data))
    if not text:
        raise NoArticle("The subtitles have no words. Provide some with what is said.")
    with said_if_short("The subtitles have hardly any words. Provide the whole talk."):
        return article_from_text(text, title=title or "", subtitle=subtitle, url=url)


def _cues(text: str) -> list[tuple[int, int, list[str]]]:
    """Return start, end (milliseconds) and lines of each cue, in order."""
    from pysubs2 import SSAFile

    try:
        cues = SSAFile.from_string(_as_web_captions(text.replace("\r\n", "\n")))
    except MemoryError:
        raise
    except Exception as error:  # pysubs2 fails in many ways on damaged files
        raise NotText("The subtitles are damaged. Save them as .srt or .vtt again.") from error
    spoken = sorted((cue for cue in cues if not cue.is_comment), key=lambda cue: cue.start)
    return [(cue.start, cue.end, _lines(cue.plaintext)) for cue in spoken]


def _as_web_captions(text: str) -> str:
    """Return SubViewer captions (.sbv), which pysubs2 does not know, as WebVTT; others as given."""
    if not _SUBVIEWER.match(text):
        return text
    return "WEBVTT\n\n" + _SUBVIEWER.sub(r"0\1 --> 0\2", text)


_SUBVIEWER = re.compile(r"^\ufeff?(\d:\d\d:\d\d\.\d{3}),(\d:\d\d:\d\d\.\d{3})[ \t]*$", re.M)


def _lines(text: str) -> list[str]:
    lines = (clean(_DASH.sub("", line)) for line in _SOUND.sub(" ", _TAG.sub("", text)).split("\n"))
    return [line for line in lines if line]


def _joined(cues: list[tuple[int, int, list[str]]]) -> str:
    paragraphs: list[list[str]] = [[]]
    said: list[str] = []
    before: list[str] = []
    last_end = 0
    for start, end, lines in cues:
        new = lines[1:] if before and lines[:1] == before[-1:] and len(lines) > 1 else lines
        words = " ".join(new).split()
        words = words[_overlap(said, words) :]
        before = lines or before
        if not words:
            continue
        paragraph = paragraphs[-1]
        if paragraph and start - last_end > _PAUSE and _ENDS.search(paragraph[-1]):
            paragraphs.append([])
        paragraphs[-1] += words
        said = (said + words)[-_MAX_OVERLAP:]
        last_end = end
    return "\n\n".join(" ".join(words) for words in paragraphs if words)


def _overlap(said: list[str], words: list[str]) -> int:
    """Return how many of the first ``words`` repeat the last that were said: all, or three."""
    for size in range(min(len(said), len(words)), 0, -1):
        if said[-size:] == words[:size] and (size >= _MIN_OVERLAP or size == len(words) > 1):
            return size
    return 0


class Reader(Protocol):
    """Reads an article from the bytes of one format.

    ``charset`` is the declared one, ``url`` the article's; ``title`` and ``subtitle`` override
    those of the document.
    """

    def __call__(
        self,
        data: bytes,
        /,
        *,
        charset: str | None = None,
        url: str | None = None,
        title: str | None = None,
        subtitle: str | None = None,
    ) -> Article:
        """Read ``data``. Raises `InputError`."""


@dataclass(frozen=True, slots=True)
class InputFormat:
    """A format: its name, the endings of its files, its media types, the usual one first.

    ``articles`` is false for one whose files hardly ever are: folders are not searched for them.
    """

    name: str
    suffixes: tuple[str, ...]
    types: tuple[str, ...]
    read: Reader
    articles: bool = True


def article_from_plain(
    data: bytes | str,
    *,
    charset: str | None = None,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read plain text, without a terminal's escape sequences.

    Of a quoted mail it is what it quotes or what it says, whichever is longer.
    """
    warnings: tuple[str, ...] = ()
    if isinstance(data, bytes):
        decoded = decode(data, charset)
        data = decoded.text
        if decoded.guessed:
            warnings = (f"The encoding was guessed as {decoded.encoding}.",)
    data = ESCAPES.sub("", data)
    if is_quoting(data):
        data, subject, left_out = main_text(data)
        data = unwrapped(data)
        title, warnings = title or subject, (*warnings, *left_out)
    stamped = is_stamped(data)
    if stamped:
        data = without_stamps(data)
        warnings = (*warnings, "The times at the beginning of lines were left out.")
    article = article_from_text(data, title=title, subtitle=subtitle, url=url, warnings=warnings)
    return replace(article, authored=article.authored and not stamped)


def article_from_json(
    data: bytes,
    *,
    charset: str | None = None,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read an article as one line of a batch has it: an object with "text" or "html".

    Raises:
        NoArticle: it is other JSON.
    """
    try:
        value = json.loads(decode(data, charset).text)
    except (ValueError, RecursionError):
        value = None
    fields = value if isinstance(value, dict) else {}
    texts = {key: value for key, value in fields.items() if isinstance(value, str) and value}
    title, subtitle = title or texts.get("title"), subtitle or texts.get("subtitle")
    if "html" in texts:
        return article_from_html(texts["html"], url=url, title=title, subtitle=subtitle)
    if "text" in texts:
        return article_from_text(texts["text"], url=url, title=title or "", subtitle=subtitle)
    raise NoArticle(
        'The input is JSON without an article. Provide an object with "title" and "text", or use '
        "briefing batch for many of them."
    )


def _refuse_table(data: bytes, **_: object) -> Article:  # noqa: ARG001
    raise NoArticle("The input is a table (CSV), not an article. Provide an article's text.")


def _refuse_latex(data: bytes, **_: object) -> Article:  # noqa: ARG001
    raise NotText(
        "The input is LaTeX source. Provide the PDF, or convert it: pandoc -t plain paper.tex."
    )


INPUT_FORMATS = (
    InputFormat("text", (".txt", ".text"), ("text/plain",), article_from_plain),
    InputFormat("html", (".html", ".htm", ".xhtml"), ("text/html", "application/xhtml+xml"),
                article_from_html),
    InputFormat("pdf", (".pdf",), ("application/pdf",), article_from_pdf),
    InputFormat("markdown", (".md", ".markdown", ".mdown", ".mkd"),
                ("text/markdown", "text/x-markdown"), article_from_markdown),
    InputFormat("word", (".docx", ".docm"),
                ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
                article_from_word),
    InputFormat("opendocument", (".odt", ".fodt"), ("application/vnd.oasis.opendocument.text",),
                article_from_opendocument),
    InputFormat("rtf", (".rtf",), ("application/rtf", "text/rtf"), article_from_rtf),
    InputFormat("epub", (".epub",), ("application/epub+zip",), article_from_epub),
    InputFormat("mail", (".eml", ".mht", ".mhtml"), ("message/rfc822", "multipart/related"),
                article_from_mail),
    InputFormat("subtitles", (".srt", ".vtt", ".ass", ".ssa", ".sbv"),
                ("application/x-subrip", "text/vtt", "text/srt"), article_from_subtitles),
    InputFormat("xml", (".xml", ".rss", ".atom"), ("application/xml", "text/xml"),
                article_from_xml),
    InputFormat("json", (".json", ".ipynb"), ("application/json",), article_from_json,
                articles=False),
    InputFormat("table", (".csv", ".tsv"), ("text/csv",), _refuse_table, articles=False),
    InputFormat("latex", (".tex",), ("application/x-latex",), _refuse_latex, articles=False),
)  # fmt: skip
"""Every format that is recognised."""
ARTICLE_SUFFIXES = frozenset(
    suffix for each in INPUT_FORMATS if each.articles for suffix in each.suffixes
)
"""The endings of files that hold articles, in lower case."""
ARTICLE_TYPES = tuple(type_ for each in INPUT_FORMATS if each.articles for type_ in each.types)
"""The media types of articles."""


_NAMED = {each.name: each for each in INPUT_FORMATS}


def media_type(kind: str) -> str:
    """Return the usual media type of a format that `kind_of` names."""
    return _NAMED[kind].types[0]


def read_bytes(
    data: bytes,
    *,
    content_type: str | None = None,
    charset: str | None = None,
    name: str | None = None,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read an article from the bytes of a file of any format of `INPUT_FORMATS`.

    The format is recognised as `kind_of` does it. ``charset`` is the declared charset.

    Raises:
        InputError: the data cannot be read, or has no article.
    """
    check_bytes(len(data))
    kind = kind_of(data, content_type, name)
    return _read(kind, data, charset=charset, url=url, title=title, subtitle=subtitle)


def read_string(text: str, *, title: str | None = None, subtitle: str | None = None) -> Article:
    """Read an article from text that someone pasted: plain text, or markup as `kind_of` sees it.

    The parts of an article in plain text are exact slices of it.
    """
    kind = kind_of(text)
    if kind == "text" and not is_quoting(text) and not is_stamped(text):
        return article_from_text(text, title=title, subtitle=subtitle)
    data = text.encode("utf-8", "replace")
    return _read(kind, data, charset="utf-8", title=title or None, subtitle=subtitle)


def _read(kind: str, data: bytes, **given: Any) -> Article:
    """Read data of a kind; what its parsers cannot cope with is told in words."""
    try:
        return _NAMED[kind].read(data, **given)
    except RecursionError as error:
        raise TooComplex(
            "The document is too deeply nested. Save the article's text and use that."
        ) from error
    except UnicodeDecodeError as error:
        raise NotText(
            "The document has characters that no text can hold. Save the article's text and use "
            "that."
        ) from error


_HEAD = 65_536
_GENERIC = frozenset({"text", "json", "xml"})
"""Formats whose names and types say little: the content may say more."""
_BY_CONTENT = frozenset({"pdf", "word", "opendocument", "rtf", "epub"})
"""Formats that only their content tells."""
_ARCHIVES = frozenset({"word", "opendocument", "epub"})


def kind_of(data: bytes | str, content_type: str | None = None, name: str | None = None) -> str:
    """Return the name of the format of a file, or of text that someone pasted.

    Magic numbers come first, then the declared media type and the ending of the file's name; where
    these say no more than text, JSON or XML, or are wrong, the content does.

    Raises:
        NotText: the data is a document of a kind that has no article, such as a spreadsheet.
    """
    if isinstance(data, str):
        return _kind_of_text(data[:_HEAD])
    if _PDF.search(data[:1_024]):
        return "pdf"
    zipped = data.startswith(b"PK\x03\x04")
    if zipped and (archive := office_kind(data) or damaged_kind(data)):
        return archive
    if data.lstrip()[:5] == b"{\\rtf":
        return "rtf"
    declared = _declared(content_type, name)
    if zipped and declared in _ARCHIVES:
        return declared  # its reader says that it is damaged
    if declared and declared not in _GENERIC | _BY_CONTENT:
        return declared
    text = data[:_HEAD].decode("latin-1").replace("\x00", "")  # UTF-16 becomes legible
    seen = _kind_of_text(text)
    return declared if declared in _GENERIC and seen == "text" else seen


def _declared(content_type: str | None, name: str | None) -> str | None:
    """Return the format that the media type declares, or else the name's ending."""
    type_ = (content_type or "").partition(";")[0].strip().lower()
    ending = "." + (name or "").lower().rpartition(".")[2]
    by_type = next((each.name for each in INPUT_FORMATS if type_ in each.types), None)
    by_name = next((each.name for each in INPUT_FORMATS if ending in each.suffixes), None)
    return by_name if by_type in (None, "text") and by_name else by_type


_PDF = re.compile(rb"(?:^|\n)\s*%PDF-\d")
_LEAD = (
    r"[\ufeff\xef\xbb\xbf\xfe\xff\s]*(?:<\?xml[^>]{0,200}>\s*|<!--(?:(?!-->).){0,2000}-->\s*){0,5}"
)
# A byte order mark, an XML declaration and comments may precede the first tag.
_HTML = re.compile(
    _LEAD + r"<(?:!doctype\s+html|html|head|body|title|meta|link|header|main|article|section|div|p|"
    r"h[1-6]|ul|ol|dl|li|table|blockquote|figure|pre|span|a|b|i|u|em|strong|img|br|hr|center|font|"
    r"nav|aside|footer|form|script|style|iframe|td|tr)(?=[\s/>])",
    re.I | re.S,
)
_CLOSING_TAG = re.compile(r"</(?:p|div|h[1-6]|li|ul|ol|td|tr|blockquote|article|section)\s*>", re.I)
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.I)
_MIN_TAGS = 3
_DOCTYPE = r"(?:<!DOCTYPE\s(?:[^<>\[]{0,500}|[^<>\[]{0,500}\[[^\]]{0,5000}\]\s*)>\s*)?"
_XML = re.compile(_LEAD + _DOCTYPE + r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)(?:\s[^<>]*)?>", re.S)
_OPEN_DOCUMENT = re.compile(r"<office:document[\s>]")
_MARK = r"\ufeff?(?:ï»¿)?"  # a byte order mark, decoded as UTF-8 or Latin-1
_CUE_TIME = r"(?:\d{1,2}:)?\d{1,2}:\d{2}[.,]\d{2,3}"
_SUBTITLES = re.compile(
    rf"{_MARK}(?:WEBVTT\b|\[Script Info\]|\s*(?:\d+\s*\n)?\s*{_CUE_TIME}\s*(?:-->\s*|,){_CUE_TIME})"
)
_MAIL_HEADER = re.compile(
    r"(?:From [^\n]*\n)?"
    r"((?:[A-Za-z][A-Za-z0-9-]{1,40}:[ \t]?[^\n]*\n(?:[ \t]+\S[^\n]*\n)*){2,})[ \t]*\n"
)
_MAIL_FIELDS = re.compile(
    r"^(?:From|To|Subject|Date|Message-ID|Received|MIME-Version|Return-Path|Content-Type|Sender|"
    r"Reply-To|Delivered-To|Cc)(?=:)",
    re.I | re.M,
)
_MIN_MAIL_FIELDS = 3
_MARKDOWN = re.compile(
    rf"\A{_MARK}(?:---|\+\+\+)[ \t]*\n"  # front matter
    r"(?:\w[\w-]*[ \t]*[:=][^\n]*\n(?:[ \t]+[^\n]*\n|-[^\n]*\n)*)+(?:---|\+\+\+)"
    r"|(?:\A|\n[ \t]*\n)[ \t]{0,3}#{1,6}[ \t]+\S[^\n]{0,200}\n"  # a heading
    r"|\A\s*\S[^\n]{0,200}\n(?:={3,}|-{3,})[ \t]*\n"  # an underlined title
    # A link.
    r"|\[[^\[\]\n]{1,300}\]\((?:https?://|/|#|mailto:)[^\s()]*+(?:\([^\s()]*+\))?[^()\n]*+\)"
    r"|(?<![\w*])\*\*\w(?:[^*\n]{0,200}[\w.,!?)\"”])?\*\*(?![\w*])"  # strong emphasis
    r"|\n[ \t]*\|?[ \t]*:?-{3,}:?[ \t]*\|[ \t:|-]*\n"  # a table
    r"|\n```"
)
_JSON = re.compile(r"\s*(?:\{\s*(?:\"|\})|\[\s*[\[{\"\]\d])")
_LATEX = re.compile(r"\s*(?:%[^\n]*\n\s*)*\\(?:documentclass|begin\{document\})")
_MIN_ROWS = 4
_SENTENCE_END = re.compile(r"[.!?][\"'”’)]*\s*$")


def _kind_of_text(text: str) -> str:
    """Recognise a format by the beginning of the text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _SUBTITLES.match(text):
        return "subtitles"
    root = _XML.match(text)
    if root and root[2].lower() != "html" and text.lstrip("\ufeffï»¿ \n").startswith("<?xml"):
        return "opendocument" if _OPEN_DOCUMENT.search(text[:4_000]) else "xml"
    if _HTML.match(text):
        return "html"
    if _OPEN_DOCUMENT.search(text[:4_000]):
        return "opendocument"
    if root and (text.lstrip().startswith("<!DOCTYPE") or f"</{root[1] or ''}{root[2]}" in text):
        return "xml"
    if (header := _MAIL_HEADER.match(text.lstrip("\ufeff\n "))) and (
        len({field.lower() for field in _MAIL_FIELDS.findall(header[1])}) >= _MIN_MAIL_FIELDS
    ):
        return "mail"
    if _LATEX.match(text):
        return "latex"
    if _JSON.match(text) and _is_json(text):
        return "json"
    if (
        len(_CLOSING_TAG.findall(text)) >= _MIN_TAGS
        or len(_LINE_BREAK_TAG.findall(text)) >= _MIN_TAGS
    ):
        return "html"
    if _MARKDOWN.search(text):
        return "markdown"
    return "table" if _is_table(text) else "text"


def _is_json(text: str) -> bool:
    """Whether the text, or its first line, is JSON; of a long one only the beginning is known."""
    if len(text) >= _HEAD:
        return True
    for part in (text, text.lstrip().partition("\n")[0]):
        try:
            json.loads(part)
        except (ValueError, RecursionError):
            continue
        return True
    return False


def _is_table(text: str) -> bool:
    """Whether all lines have the same number, two or more, of the same separator.

    Paragraphs that happen to have as many commas end like sentences.
    """
    rows = [line for line in text.splitlines()[:50] if line.strip()]
    prose = sum(_SENTENCE_END.search(row) is not None for row in rows)
    if len(rows) < _MIN_ROWS or 2 * prose > len(rows):
        return False
    return any(
        len(counts := {row.count(mark) for row in rows}) == 1 and min(counts) >= 2
        for mark in (",", ";", "\t")
    )
