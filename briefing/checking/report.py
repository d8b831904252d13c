"""Check a whole text against an article, claim by claim, for the command line and the service.

Summaries and articles from data sets or tools may be tokenised (``company 's``, ``$ 5``,
``1, 200``) or without capitals; this is undone before they are compared.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from briefing.checking.facts import Claim, Finding, facts
from briefing.checking.judge import Judge, Judgement, Verifier
from briefing.language.names import known_name
from briefing.language.tokens import Token, ordinary, tokens

_ALWAYS = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"\\(['\"])", r"\1"),
        (r"``|''", '"'),
        (r"`", "'"),
        (r"(\d), (?=000\b)", r"\1,"),
        (r"([$£€]) (?=\d)", r"\1"),
        (r" (?='(?:s|re|ve|ll)\b|n't\b)", ""),
        (r"\b([oOdD]') (?=[A-Za-z]{3})", r"\1"),
    )
)
# Wrong in ordinary text ("on 12 June, 300 people"), so only applied to tokenised text.
_TOKENISED = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"(?<![\d.,])(\d{1,3}(?:,\d{3})*), (?=\d{3}(?!\d))", r"\1,"),
        (r"(\d)\. (?=\d)", r"\1."),
        (r" ([,.;:!?%)])", r"\1"),
        (r"(?<=\w) - (?=\w)", "-"),
    )
)
_MARK = re.compile(r"`|\w [,.](?= |$)|\\'|\d, 000\b")
_CUT_NUMBER = re.compile(r"\d\.$")
_FEW = 0.02
"""Largest share of capitalised words in a text without capitals."""


def tidy(text: str, apart: bool | None = None) -> str:
    """Undo the tokenisation of ``text``; ``apart`` says whether it is tokenised (None: detect)."""
    for pattern, by in _ALWAYS:
        text = pattern.sub(by, text)
    if _MARK.search(text) if apart is None else apart:
        for pattern, by in _TOKENISED:
            text = pattern.sub(by, text)
    return text


def tidy_sentences(sentences: Sequence[str]) -> list[str]:
    """Undo the tokenisation of an article's sentences, without changing their number or order.

    A sentence that was split inside ``1. 1 million`` gets the rest of the number back.
    """
    apart = sum(bool(_MARK.search(text)) for text in sentences) > 1
    tidied = [tidy(text, apart) for text in sentences]
    for at in range(len(tidied) - 1 if apart else 0):
        if _CUT_NUMBER.search(tidied[at]) and tidied[at + 1][:1].isdigit():
            tidied[at] += tidied[at + 1]
    return tidied


class Capitals:
    """The capitals of an article's names, to restore them in a summary without capitals."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self._lower: set[str] = set()
        self._names: dict[str, str] = {}
        for token in (t for text in sentences for t in tokens(text)):
            if not token.capital:
                self._lower.add(token.key)
            elif not token.initial or not ordinary(token.key):
                self._names.setdefault(token.key, token.text)

    def restore(self, line: str) -> str:
        """Return ``line`` with the article's capitals, otherwise unchanged."""
        parts, last = [], 0
        for token in tokens(line):
            if form := self._form(token):
                parts += [line[last : token.start], form]
                last = token.end
        return "".join(parts) + line[last:]

    def _form(self, token: Token) -> str | None:
        if not token.text.islower() or token.key in self._lower:
            return None
        form = self._names.get(token.key)
        if form is None and known_name(token.key) and not ordinary(token.key):
            form = token.text.capitalize()
        return form if form and form.casefold() == token.text.casefold() else None


def uncased(lines: Sequence[str]) -> bool:
    """Whether a text has hardly any capitals beyond the first letters of its sentences."""
    words = [word for line in lines for word in line.split()[1:]]
    return sum(word[0].isupper() for word in words) <= _FEW * len(words)


Splitter = Callable[[str], Sequence[str]]
_REASONS = {
    "supported": "",
    "refuted": "the article tells of this, but does not say so",
    "not found": "the article does not clearly say this",
}


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim of a summary and the article sentences it was checked against.

    ``kind`` is the kind of fact, or ``sentence`` for a whole summary sentence. ``finding`` is
    "supported", "refuted" or "not found", ``score`` the probability of the sentence. The evidence
    of a fact are the sentences that hold or refute it.
    """

    text: str
    kind: str
    supported: bool
    score: float
    evidence: tuple[int, ...]
    reason: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check: whether the summary is supported, its probability, and each claim.

    ``score`` is 0..1, and at least 0.5 if the summary is supported.
    """

    supported: bool
    score: float
    claims: tuple[CheckedClaim, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain dictionaries and lists, ready for JSON."""
        claims = [{**asdict(claim), "evidence": list(claim.evidence)} for claim in self.claims]
        return {"supported": self.supported, "score": round(self.score, 4), "claims": claims}


def check_text(
    summary: str,
    article_sentences: Sequence[str],
    split: Splitter,
    verifier: Verifier | None = None,
    language: str = "en",
    dated: Sequence[str] = (),
) -> Report:
    """Check every sentence of ``summary`` (as ``split`` returns them) against the article.

    ``dated`` are the article's sentences with its dateline, if it has one; they are held against
    what the article does not say without it.

    A text is supported if all of its sentences are; its score is their lowest.
    """
    tidied = tidy(summary)
    parts = [line for line in split(tidied) if _letters(line)]
    given = parts if tidied == summary else as_given(parts, summary)
    sentences = tidy_sentences(article_sentences)
    capitals = Capitals(sentences) if parts and uncased(parts) else None
    lines = [capitals.restore(line) if capitals else line for line in parts]
    judged = _judged(lines, sentences, tidy_sentences(dated), verifier, language)
    score = min((one.judgement.chance for one in judged), default=0.0)
    supported = bool(judged) and all(one.judgement.supported for one in judged)
    claims = (
        claim for text, one in zip(given, judged, strict=True) for claim in _claims(text, one)
    )
    return Report(supported, round(score, 4), tuple(claims))


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)


def as_given(lines: Sequence[str], text: str) -> list[str]:
    """Return the lines of a tidied ``text`` as it has them; tidied where that cannot be told.

    Tidying changes no letter and no digit, so that they say where a line begins and ends.
    """
    places = [at for at, character in enumerate(text) if character.isalnum()]
    if not places or sum(map(_letters, lines)) != len(places):
        return list(lines)
    starts, first = [0], 0
    for line, after in pairwise(lines):
        first += _letters(line)
        gap = text[places[first - 1] + 1 : places[first]]
        marks = gap.split()
        opening = marks[-1] if marks and not after[0].isalnum() else ""
        before = len(gap) if not opening else gap.rindex(opening)
        starts.append(places[first - 1] + 1 + before)
    ends = [*starts[1:], len(text)]
    return [" ".join(text[start:end].split()) for start, end in zip(starts, ends, strict=True)]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A line, what was judged of it, and the sentences that it was held against."""

    line: str
    judgement: Judgement
    sentences: Sequence[str]


def _judged(
    lines: Sequence[str],
    sentences: Sequence[str],
    dated: Sequence[str],
    verifier: Verifier | None,
    language: str,
) -> list[_Judged]:
    """Judge lines, those that are not supported also with the dateline where it is evidence."""
    judge = Judge(sentences, verifier, "\n".join(sentences), language)
    judged = [_Judged(*pair, sentences) for pair in zip(lines, judge.of(lines), strict=True)]
    if not dated or all(one.judgement.supported for one in judged):
        return judged
    other = Judge(dated, verifier, "\n".join(dated), language)
    open_lines = [
        at
        for at, one in enumerate(judged)
        if not one.judgement.supported and not judge.same_evidence(one.line, other)
    ]
    again = other.of([lines[at] for at in open_lines])
    for at, one in zip(open_lines, again, strict=True):
        if one.supported:
            judged[at] = _Judged(lines[at], one, dated)
    return judged


def _claims(text: str, one: _Judged) -> list[CheckedClaim]:
    """Return the claim of the whole sentence, as given, then those of its facts."""
    judgement = one.judgement
    score = round(judgement.chance, 4)
    failures = dict.fromkeys(f"{c.text}: {c.reason}" for c in judgement.claims if not c.supported)
    why = "; ".join(failures) or judgement.reason or _REASONS[judgement.finding]
    stated = [
        (
            "sentence",
            text,
            judgement.finding,
            "" if judgement.supported else why,
            judgement.evidence,
        ),
        *(
            (claim.kind, claim.text, claim.finding, claim.reason, evidence)
            for claim, evidence in _held(one)
        ),
    ]
    return [
        CheckedClaim(text, kind, finding == "supported", score, evidence, why, finding)
        for kind, text, finding, why, evidence in stated
    ]


def _held(one: _Judged) -> Iterator[tuple[Claim, tuple[int, ...]]]:
    """Yield each fact of a line with the sentences that hold it, or that refute it.

    What several hold together (a sum) has all the evidence of its line, what none holds has none.
    """
    evidence = one.judgement.evidence
    alone = {
        at: {(c.kind, c.start, c.end): c.finding for c in facts(one.line, [one.sentences[at]])}
        for at in evidence
        if len(evidence) > 1
    }
    for claim in one.judgement.claims:
        place = (claim.kind, claim.start, claim.end)
        holding = tuple(at for at in alone if alone[at].get(place) == claim.finding)
        if claim.finding == "not found":
            yield claim, ()
        else:
            yield claim, holding or evidence
