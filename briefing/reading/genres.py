"""Tell what form a text has: recipes, contracts, interviews, lists, live blogs, press releases.

A form is told by its lines, never by a single word; the patterns are in genres.toml.
"""

import re
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from briefing.errors import NoArticle

_QUESTION = re.compile(
    r"^\s*(?:Q(?:uestion)?\s*(?:\d+)?\s*[.:)]|[A-Z][\w .'-]{0,40}:)[^\n]*\?\s*$", re.M
)
_ANSWER = re.compile(r"^\s*(?:A(?:nswer)?\s*[.:)]|[A-Z][\w .'-]{0,40}:)\s*\S", re.M)
_MIN_QUESTIONS = 3
_TIME = r"[\[(]?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]\.?m\.?)?(?: ?(?:GMT|UTC|BST|CET|ET))?[\])]?"
_STAMP = re.compile(rf"^[ \t]*{_TIME}(?:[ \t]*[-–—:|][ \t]*|[ \t]+|(?=\n|$))", re.I | re.M)
_MIN_STAMPS = 4
_STAMPED = 0.3
"""Share of the lines of a live blog or transcript that begin with a time."""
_ITEM = re.compile(r"^[ \t]*(?:\d{1,2}[.)]|#\d{1,2}:?)[ \t]+(\S[^\n]{2,80})$", re.M)
_MIN_ITEMS = 4
_LINE_STOP = re.compile(r"[.;:,]\s*$")
_DATELINE = re.compile(
    r"\s*[A-Z][A-Z .,'’-]{2,60}(?:, [A-Z][\w. ]{1,30})?,? ?"
    r"(?:\(?[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}\)?,? ?|\(?\d{1,2} [A-Z][a-z]{2,8} \d{4}\)?,? ?)?"
    r"(?:/[\w .-]{3,40}/|\([A-Z][\w .-]{2,40}\))?\s*(?:--|[-–—―])\s+"
)


def genre_warnings(body: str) -> tuple[str, ...]:
    """Return what to know about the form of a body.

    Raises:
        NoArticle: the form is not that of an article.
    """
    found = _signs(body)
    for each in _patterns().values():
        signs = _signs_of(each)
        if signs and len(found & set(signs)) >= each["least"] and _pervades(body, each):
            if "refused" in each and _begins(body, signs):
                raise NoArticle(each["refused"])
            return (each["warning"],)
    if _is_interview(body):
        return (_patterns()["interview"]["warning"],)
    if is_stamped(body):
        return ("The text is a live blog or log: its entries are told in the order given.",)
    items = [item for item in _ITEM.findall(body) if not _LINE_STOP.search(item)]
    if len(items) >= _MIN_ITEMS:
        return (f"The text is a list of {len(items)} items: the brief tells some of them.",)
    return ()


def _is_interview(body: str) -> bool:
    """Whether questions, marked as such or paragraphs of their own, are answered.

    Who answers a bare question says "I" or "we", and most of the questions address someone, or one
    does where the beginning tells of a conversation: an article that asks itself what comes next is
    no interview.
    """
    marked = len(_QUESTION.findall(body)) >= _MIN_QUESTIONS
    if marked and len(_ANSWER.findall(body)) > _MIN_QUESTIONS:
        return True
    words = _patterns()["interview"]
    spoken = [_QUOTED.sub(" ", line) for line in re.findall(r"[^\n]*\S[^\n]*", body)][:_MOST_LINES]
    asked = [
        question
        for question, answer in pairwise(spoken)
        if _BARE_QUESTION.fullmatch(question)
        and not _BARE_QUESTION.fullmatch(answer)
        and words["answered"].search(answer)
    ]
    addressing = sum(words["asked"].search(question) is not None for question in asked)
    return (
        len(asked) >= _MIN_QUESTIONS
        and len(asked) >= _ASKED * len(spoken)
        and addressing >= (1 if words["told"].search(body[:_BEGINNING]) else len(asked) / 2)
    )


_BARE_QUESTION = re.compile(r"\s*(?=\S)[^\n]{10,500}\?[)*_]*\s*")
_ASKED = 0.12
"""Share of questions among the paragraphs of an interview, whose answers may be long."""
_BEGINNING = 1_000
"""Characters of a text in which it says that somebody was interviewed."""
_QUOTED = re.compile(r"[\"“][^\"“”\n]{20,1000}[\"”]")


def with_headings_joined(body: str) -> str:
    """Return a list with the heading of each item before its text: "See the light: It is old."

    What an item of one short paragraph says is often said of its heading. Headings that are
    questions or sentences, and items without text or of more, are left as they are, as are numbered
    lines of other texts.
    """
    items, headed = len(_ITEM.findall(body)), len(_HEADED.findall(body))
    if items < _MIN_ITEMS or 2 * headed < items:
        return body
    return _HEADED.sub(r"\1: \2", body)


_NUMBER = r"[ \t]*(?:\d{1,2}[.)]|#\d{1,2}:?)[ \t]"
_HEADED = re.compile(
    rf"^{_NUMBER}+(\S[^\n]{{1,79}}[^\s.;:,?!])[ \t]*\n\s*"
    r"(?!\(?\d{1,2}[.)]|\(?[a-z]\)|#\d)(\S[^\n]{2,400}[.!?…][\"”’)]*)[ \t]*$"
    rf"(?=\s*(?:\Z|^{_NUMBER}))",
    re.M,
)


def is_stamped(text: str) -> bool:
    """Whether many lines begin with a time, as in live blogs, chats and transcripts."""
    stamps = len(_STAMP.findall(text))
    return stamps >= _MIN_STAMPS and stamps >= _STAMPED * len(text.split("\n\n"))


def without_stamps(text: str) -> str:
    """Return a text without the times at the beginning of its lines."""
    return _STAMP.sub("", text)


def press_span(text: str) -> tuple[int, int]:
    """Return where the news of a press release begins and ends in its text.

    Of any other text it is the whole: a press release has two marks at least, of its head, its
    dateline, its end and the headings of what it says about its sender.
    """
    patterns = _patterns()["press"]
    lines = list(re.finditer(r"[^\n]+", text))
    head = next((line for line in lines[:4] if patterns["head"].match(line[0].strip())), None)
    tails = [
        line
        for line in lines[len(lines) // 3 :]
        if patterns["end"].match(line[0].strip()) or patterns["tail"].match(line[0].strip())
    ]
    if len(tails) + (head is not None) < _MIN_MARKS:
        return 0, len(text)
    start = _contacts_end(lines[:_MOST_HEAD], head.end()) if head else 0
    return start, (tails[0].start() if tails else len(text))


_MIN_MARKS = 2
_MOST_HEAD = 8
"""Lines of the head of a press release."""
_MOST_NAME = 4
"""Words of the name below "Contact:"."""


def _contacts_end(lines: list[re.Match[str]], start: int) -> int:
    """Return where the lines end that say below the head of a release who may be asked."""
    end, named = start, False
    for line in lines:
        text = line[0].strip()
        if line.start() < start or not text:
            continue
        if _patterns()["press"]["contact"].match(text):
            end, named = line.end(), named or text.endswith(":")
        elif not named or len(text.split()) > _MOST_NAME:
            break
    return end


def unsaid_spans(body: str) -> list[tuple[int, int]]:
    """Return the paragraphs of a press release that say how its sender feels about its news.

    None where they are all that the release says.
    """
    paragraphs = [line for line in re.finditer(r"[^\n]+", body) if line[0].strip()]
    feeling = _patterns()["press"]["feeling"]
    felt = [line.span() for line in paragraphs if feeling.search(line[0][:_MOST_LINE])]
    return felt if len(felt) < len(paragraphs) else []


def dateline_end(body: str) -> int:
    """Return where a body begins after its dateline: "PORT ALDER, May 5, 2026 /PRNewswire/ -- "."""
    found = _DATELINE.match(body[:300])
    return found.end() if found else 0


def caption_end(text: str) -> int:
    """Return where a text begins after the caption of a photograph, which has a credit.

    After a caption without a line of its own come the headline and, on the same line, perhaps a
    standfirst: where one ends and the other begins cannot be told, and both are left out.
    """
    patterns = _patterns()["caption"]
    found = patterns["own_line"].match(text) or patterns["glued"].match(text)
    if found is None:
        return 0
    rest = _LINE.match(text, found.end())
    joined = found.re is patterns["glued"] and rest and _LINE_STOP.search(rest[0])
    end = rest.end() if rest and joined and text[rest.end() :].strip() else found.end()
    return len(text) - len(text[end:].lstrip())


_LINE = re.compile(r"[^\n]*")


@cache
def _patterns() -> dict[str, dict[str, Any]]:
    """Return the patterns of each form; signs are numbered by their place."""
    data = tomllib.loads(Path(__file__).with_name("genres.toml").read_text(encoding="utf-8"))
    compiled: dict[str, dict[str, Any]] = {}
    for name, table in data.items():
        compiled[name] = {
            key: re.compile(value, re.I if key in _ANY_CASE else 0) if key in _SINGLE else value
            for key, value in table.items()
        }
    return compiled


_ANY_CASE = frozenset({"head", "end", "asked", "feeling", "told"})
_SINGLE = _ANY_CASE | {"contact", "tail", "own_line", "glued", "answered"}


def _signs_of(form: dict[str, Any]) -> list[str]:
    return [*form.get("often", ()), *form.get("signs", ())]


@cache
def _sign_patterns() -> dict[str, "re.Pattern[str]"]:
    signs = [sign for each in _patterns().values() for sign in _signs_of(each)]
    return {sign: re.compile(rf"\W{{0,3}}(?:{sign})", re.I) for sign in signs}


_PROSE = 80
"""Words before the first sign that make an article, such as a column on food before its recipe."""


def _begins(body: str, signs: list[str]) -> bool:
    """Whether a sign is among the first lines of a body."""
    words = 0
    for line in body.splitlines():
        if any(_sign_patterns()[sign].match(line.strip()[:_MOST_LINE]) for sign in signs):
            return True
        words += len(line.split())
        if words > _PROSE:
            return False
    return False


_MOST_LINE = 2_000
_MOST_LINES = 400


def _pervades(body: str, form: dict[str, Any]) -> bool:
    """Whether the signs of a form are all over a body, where the form wants that."""
    if "share" not in form:
        return True
    patterns = [_sign_patterns()[sign] for sign in _signs_of(form)]
    _, sentences = _read_lines(body)
    marked = sum(any(pattern.match(each) for pattern in patterns) for each in sentences)
    return marked > _OFTEN and marked >= form["share"] * len(sentences)


def _read_lines(body: str) -> tuple[list[str], list[str]]:
    """Return the lines of a body without what they quote, and their sentences."""
    lines = [line.strip()[:_MOST_LINE] for line in body.splitlines() if line.strip()][:_MOST_LINES]
    lines = [_QUOTED.sub(" ", line) for line in lines]
    return lines, [each for line in lines for each in _SENTENCE.split(line)]


def _signs(body: str) -> set[str]:
    """Return the signs that match lines of a body; of a long one the beginning counts."""
    lines, sentences = _read_lines(body)
    often = {sign for each in _patterns().values() for sign in each.get("often", ())}
    return {
        sign
        for sign, pattern in _sign_patterns().items()
        if (
            sum(pattern.match(each) is not None for each in sentences) >= _OFTEN
            if sign in often
            else any(pattern.match(line) for line in lines)
        )
    }


_SENTENCE = re.compile(r"(?<=[a-z\d)][.!?;]) +(?=\S)")
_OFTEN = 3
