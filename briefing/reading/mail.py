"""Read mail: decoded parts, without headers, signature and either the reply or what it quotes.

The phrases that close a message and announce a quotation are in mail.toml.
"""

import re
import tomllib
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from briefing.briefs import Article
from briefing.errors import NoArticle
from briefing.language.tokens import count_words
from briefing.reading.documents import reflow
from briefing.reading.encoding import clean, decode
from briefing.reading.html import article_from_html
from briefing.reading.markup import blocks_of, drop_elements, parse_html, text_of_blocks
from briefing.reading.text import (
    KnownParts,
    article_from_text,
    check_bytes,
    said_if_short,
)

if TYPE_CHECKING:
    from email.message import EmailMessage

_REPLY = re.compile(
    r"\s*(?:(?:re|fwd?|aw|wg|sv|vs|tr|rv|enc|rif|odp|antw)\s*(?:\[\d+\])?\s*:\s*)+", re.I
)
_SIGNATURE = re.compile(r"^(?:-- ?|_{20,})$", re.M)
_QUOTE = re.compile(r"[ \t]*>+ ?")
_ALL_MARKS = re.compile(r"(?:[ \t]*>)+[ \t]?")
_FORWARDED = re.compile(
    r"^[ \t]*[-_*]{2,}[^\n]{0,80}\n(?:[ \t]*\n)?(?=(?:[*]?[A-Z][\w-]{1,20}:[*]?[ \t][^\n]*\n){2})",
    re.M,
)
_HEADER = re.compile(r"[*]?[A-Z][\w-]{1,20}:[*]?[ \t]+(.*)")
_SUBJECT = re.compile(
    r"^[*]?(?:Subject|Betreff|Objet|Asunto|Oggetto|Assunto|Onderwerp):[*]?[ \t]+(.+)$", re.M
)
_MIN_WORDS = 20
_MAX_ATTRIBUTION = 3
"""Lines of "On Monday, 4 May, Jo Reed wrote:" before a quotation."""


def article_from_mail(data: bytes, **given: Unpack[KnownParts]) -> Article:
    """Read a message (RFC 5322) or a page saved as MHTML.

    The subject is the title. The text is the longer of what the message says and what it quotes or
    forwards; a warning says what was left out.

    Raises:
        NoArticle: the message has no text, only attachments, or hardly any.
        TooLong: it exceeds a limit.
    """
    check_bytes(len(data))
    message = _message(data)
    if message.get_content_type() == "multipart/related" and "to" not in message:
        page = _texts(message)["html"]  # a saved page, with its pictures
        return article_from_html(page, **given)
    text = _body_text(message)
    text, subject, warnings = main_text(text)
    text = unwrapped(text)
    title = given.get("title") or subject or _subject(message)
    if not count_words(text):
        raise NoArticle("The message has no text. Save its attachment, and provide that.")
    with said_if_short("The message has hardly any text. Provide an article."):
        return article_from_text(
            text,
            title=title,
            subtitle=given.get("subtitle"),
            url=given.get("url"),
            published=_date(message),
            warnings=warnings,
        )


def _message(data: bytes) -> Any:
    """Parse the message; if it does nothing but forward one, return that."""
    from email import message_from_bytes, policy

    # The first line of a mailbox is no header.
    message = message_from_bytes(
        re.sub(rb"\A\s*(?:From [^\n]*\n)?", b"", data), policy=policy.default
    )
    inner = [part for part in message.walk() if part.get_content_type() == "message/rfc822"]
    if inner and count_words(_body_text(message)) < _MIN_WORDS:
        return inner[0].get_payload(0)
    return message


def _texts(message: "EmailMessage") -> dict[str, str]:
    """Return the first plain part and the first HTML part, decoded."""
    texts = {"plain": "", "html": ""}
    for part in message.walk():
        kind = part.get_content_subtype()
        if part.get_content_maintype() != "text" or part.get_content_disposition() == "attachment":
            continue
        if kind in texts and not texts[kind]:
            payload = part.get_payload(decode=True)
            data = payload if isinstance(payload, bytes) else b""
            texts[kind] = decode(data, part.get_content_charset()).text if data.strip() else ""
    return texts


def _body_text(message: "EmailMessage") -> str:
    """Return the text of the plain part, or of the HTML part if that has much more."""
    texts = _texts(message)
    if texts["html"].strip():
        root = parse_html(texts["html"])
        drop_elements(root, "//head")
        texts["html"] = text_of_blocks(blocks_of(root))
    plain, html = texts["plain"], texts["html"]
    return html if count_words(plain) < _MIN_WORDS < count_words(html) else plain or html


def _subject(message: "EmailMessage") -> str | None:
    try:
        subject = str(message.get("subject", ""))
    except (ValueError, LookupError, AttributeError, IndexError):  # a header that cannot be parsed
        return None
    return clean(_REPLY.sub("", subject, count=1)) or None


def _date(message: "EmailMessage") -> str | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(str(message.get("date", ""))).date().isoformat()
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return None


def is_quoting(text: str) -> bool:
    """Whether a third of the lines of a text, and three at least, are quoted with ">".

    Or whether a quotation without marks is announced: "On Monday at 10:15, Jo Reed wrote:".
    """
    if _announced(text):
        return True
    lines = [line for line in text.splitlines() if line.strip()]
    quoted = sum(bool(_QUOTE.match(line)) for line in lines)
    return quoted >= 3 and 3 * quoted >= len(lines)


def main_text(text: str) -> tuple[str, str | None, tuple[str, ...]]:
    """Return the longer of a message's own text and what it quotes or forwards.

    The subject of a forwarded message and a warning that names what was left out come with it.
    """
    text = text.replace("\r\n", "\n")
    if forwarded := _FORWARDED.search(text):
        own, rest = text[: forwarded.start()], text[forwarded.end() :]
        if count_words(rest) > count_words(own):
            subject = _SUBJECT.search(rest[:2_000])
            body, _, _ = main_text(_after_headers(rest))
            found = clean(_REPLY.sub("", subject[1], count=1)) if subject else None
            return body, found, _left_out("text above the forwarded message", own)
        text = own
    if announced := _announced(text):
        own, quoted = text[: announced[0]], main_text(text[announced[1] :])[0]
    else:
        own, quoted = _separated(text)
    own, quoted = _without_signature(own), _without_signature(quoted)
    if not quoted.strip():
        return own, None, ()
    if count_words(quoted) > count_words(own):
        return quoted, None, _left_out("reply to the quoted text", own)
    return own, None, _left_out("quoted text", quoted)


def _without_signature(text: str) -> str:
    """Return a text without its signature, marked as such or told by how the message closes.

    Below the closing line are short lines alone, such as a name, an office and a number.
    """
    text = _SIGNATURE.split(text, maxsplit=1)[0]
    patterns = _patterns()
    lines = text.rstrip().split("\n")
    while lines and (not lines[-1].strip() or patterns["device"].fullmatch(lines[-1].strip())):
        lines.pop()
    below = 0
    for index in range(len(lines) - 1, 0, -1):
        line = lines[index].strip()
        if patterns["closing"].match(line) or (below and _GREETING.fullmatch(line)):
            return "\n".join(lines[:index])
        below += bool(line)
        if below > _MOST_BELOW or _LONG_LINE.search(line):
            break
    return "\n".join(lines)


_MOST_BELOW = 8
_GREETING = re.compile(r"(?:[^\s,]+ ){0,3}[^\s,]+,")
_LONG_LINE = re.compile(r"^.{61}|^(?:\S+\s+){3,}\S*[a-z][.!?]$")
"""A line of the text: longer than those of a signature, or the end of a sentence."""


def _announced(text: str) -> tuple[int, int] | None:
    """Return where a line that announces a quotation without marks begins and ends."""
    for found in _patterns()["wrote"].finditer(text):
        line, rest = found[0], text[found.end() :].lstrip()
        if _TIME_OR_ADDRESS.search(line) and rest and not _QUOTE.match(rest):
            return found.span()
    return None


_TIME_OR_ADDRESS = re.compile(r"\d[:.]\d\d\b|\S@\S")


@cache
def _patterns() -> dict[str, "re.Pattern[str]"]:
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        "closing": re.compile(
            rf"(?:{data['closing']})(?:[,.!]*$|[,!] ?(?:[\w.-]+ ?){{1,3}}$)", re.I
        ),
        "device": re.compile(data["device"], re.I),
        "wrote": re.compile(rf"^[ \t]*{data['wrote']}[ \t]*$", re.I | re.M),
    }


def unwrapped(text: str) -> str:
    """Join the lines of a text that is wrapped as mail is, at 80 columns at most."""
    lines = text.splitlines()
    return reflow([text]) if max(map(len, lines), default=0) <= _COLUMNS else text


_COLUMNS = 80


def _after_headers(text: str) -> str:
    lines = text.split("\n")
    while lines and (_HEADER.match(lines[0]) or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)


def _separated(text: str) -> tuple[str, str]:
    """Separate a message's own lines from those that it quotes, without their marks."""
    own: list[str] = []
    quoted: list[str] = []
    for is_quote, group in groupby(text.split("\n"), key=lambda line: bool(_QUOTE.match(line))):
        lines = list(group)
        if is_quote:
            _drop_attribution(own)
            quoted += [_ALL_MARKS.sub("", line, count=1) for line in lines] + [""]
        else:
            own += lines
    return "\n".join(own), "\n".join(quoted)


def _drop_attribution(own: list[str]) -> None:
    """Remove the line or lines at the end that introduce a quotation with a colon."""
    while own and not own[-1].strip():
        own.pop()
    if not own or not own[-1].rstrip().endswith(":"):
        return
    for _ in range(_MAX_ATTRIBUTION):
        if own and own[-1].strip():
            own.pop()


def _left_out(what: str, text: str) -> tuple[str, ...]:
    words = count_words(text)
    return (f"The {what} ({words} words) was left out.",) if words else ()
