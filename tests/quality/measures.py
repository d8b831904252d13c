"""What the gate measures: plain functions of an article and its brief.

Each gives findings that name the article and the line, or a share between 0 and 1.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import NamedTuple

from rouge_score.rouge_scorer import RougeScorer

from briefing.briefs import Brief, Line
from tests.quality.samples import ORDINARY, Sample
from tests.quality.stated import fold, unsupported, word_keys

_FUNCTION = frozenset(
    """a about across after against all also among an and any are around as at be because been
    before being between both but by can could did do does down during each for from had has
    have he her him his how if in into is it its just many more most much no not of off on
    one only or other our out over per said say says she should so some still such than that
    the their them then there these they this those through to too under until up very was
    we were what when where which while who whom whose why will with within without would
    yet you your""".split()
)
_DANGLING = re.compile(
    r"(?:he|she|they|him|them|his|her|hers|their|theirs|its|this|these|those|such|both|another"
    r"|it(?! (?:is|was|has been|will be|remains)\b)|the (?:former|latter|pair|two|same))\b",
    re.IGNORECASE,
)
_OPEN_END = frozenset(
    """a an the and or but nor of for at from with by as into onto than because although while
    whether which who whose that my our their its his is are was were be been has have had will
    would could may might should must very""".split()
)
_ATTRIBUTION = re.compile(
    r",? (?:according to .+|[\w' -]+ (?:said|says?|told \w+|added|reported))$", re.IGNORECASE
)
_VERBS = frozenset(
    """is are was were be been am has have had do does did will would can could may might must
    should shall became began bought broke brought built came caught chose cut drew fell felt flew
    fought found gave got grew heard held hit hurt kept knew laid led left let lost made met paid
    put ran read rose said sat saw sent set shed shot shown shut sold spent spoke stood struck
    swept taken took taught thought told went withdrew woke won wore wrote""".split()
)
_AFTER_PLURAL = re.compile(r"(?:\b\w+[^\Ws]s|people|men|women|police|children) (?:to )?[a-z]{3,}")
"""Where a verb in its base form stands: "sheep farmers move", "leaders to meet"."""


class Finding(NamedTuple):
    """Something wrong with a line."""

    article: str
    line: str
    what: str

    def __str__(self) -> str:
        return f"{self.article}: {self.line!r}: {self.what}"


@dataclass(frozen=True, slots=True)
class Pair:
    """An article and its brief."""

    sample: Sample
    brief: Brief

    def sources(self, line: Line) -> list[str]:
        """The sentences that ``line`` names as its evidence."""
        return self.brief.article.texts(line.evidence)

    def each(self, wrong: Callable[[Line], Iterable[str]]) -> list[Finding]:
        """What ``wrong`` says of each line."""
        return [
            Finding(self.sample.name, line.text, what)
            for line in self.brief.lines
            for what in wrong(line)
        ]


def content(text: str) -> set[str]:
    """The content words of a text, cut to five letters so that inflections meet."""
    words = (word.casefold() for word in word_keys(text))
    return {word[:5] for word in words if word not in _FUNCTION}


def inventions(pair: Pair) -> list[Finding]:
    """Names, numbers, dates and quotations that a line's own evidence does not state."""
    whole = pair.sample.whole
    return pair.each(
        lambda line: (
            f"{kind} {text!r} is not in its evidence"
            for kind, text in unsupported(line.text, pair.sources(line), whole, ORDINARY)
        )
    )


def trapped(pair: Pair) -> list[Finding]:
    """The traps of the article that a line fell into."""
    return pair.each(
        lambda line: (
            f"{lie!r} stands where the article has {truth!r}"
            for truth, lie in pair.sample.traps.items()
            if holds_phrase(line.text, lie)
        )
    )


def holds_phrase(text: str, phrase: str) -> bool:
    """True where the phrase stands in the text as whole words, whatever their case."""
    wanted, held = fold(phrase).casefold(), fold(text).casefold()
    return re.search(rf"(?<![\w.,]){re.escape(wanted)}(?![\w])", held) is not None


def foreign_words(pair: Pair) -> list[Finding]:
    """Content words of a line that its evidence has in no form."""
    return pair.each(
        lambda line: (
            f"the word {word!r} is not in its evidence"
            for word in sorted(content(line.text) - content(" ".join(pair.sources(line))))
        )
    )


def ungrounded(pair: Pair) -> list[Finding]:
    """Lines without evidence, with evidence that is no sentence, or that shares no content."""
    return pair.each(lambda line: _ungrounded(pair, line))


def _ungrounded(pair: Pair, line: Line) -> Iterator[str]:
    size = len(pair.brief.article.sentences)
    if not line.evidence:
        yield "names no evidence"
    if any(not 0 <= index < size for index in line.evidence):
        yield f"evidence {line.evidence} is beyond the {size} sentences"
        return
    own = content(line.text)
    for source in pair.sources(line):
        if not own & content(source):
            yield f"shares no content word with its evidence {source!r}"


def loops(pair: Pair) -> list[Finding]:
    """Lines that repeat a word at once, or a run of three words, two of them content."""
    return pair.each(lambda line: repeated(line.text))


def repeated(text: str) -> Iterator[str]:
    """The words and runs of words that a line repeats."""
    words = re.findall(r"\d+(?:[.,:]\d+)*|\w+", fold(text).casefold())
    yield from (f"repeats {a!r}" for a, b in pairwise(words) if a == b and a not in {"had", "that"})
    runs = list(zip(words, words[1:], words[2:], strict=False))
    for run in sorted({run for run in runs if runs.count(run) > 1}):
        if sum(word not in _FUNCTION for word in run) > 1:
            yield f"repeats {' '.join(run)!r}"


def repeats(pair: Pair) -> list[Finding]:
    """Two lines below the headline that share six tenths of their words, or one in the other."""
    found: list[Finding] = []
    for one, two in combinations((*pair.brief.key_points, *pair.brief.context), 2):
        a, b = content(one.text), content(two.text)
        if len(a & b) >= 0.6 * len(a | b) or (min(len(a), len(b)) > 3 and (a <= b or b <= a)):
            found.append(Finding(pair.sample.name, two.text, f"says again {one.text!r}"))
    return found


def dangling(pair: Pair) -> list[Finding]:
    """Lines that begin with a pronoun whose noun is elsewhere."""
    return pair.each(lambda line: [m.group() for m in [_DANGLING.match(line.text)] if m])


def fragments(pair: Pair) -> list[Finding]:
    """Lines that are no whole sentence, as far as can be told without a parser."""
    return pair.each(lambda line: fragment(line.text))


def fragment(text: str) -> Iterator[str]:
    """What shows that a line is a piece of a sentence."""
    folded = fold(text)
    words = folded.rstrip(".").split()
    if folded[:1].islower():
        yield "begins small"
    if folded.count('"') % 2 or folded.count("(") != folded.count(")"):
        yield "has a mark without a partner"
    if words and (words[-1] in _OPEN_END or words[-1][-1] in ",;:-"):
        yield f"ends on {words[-1]!r}"
    bare = _ATTRIBUTION.sub("", " ".join(words))
    small = re.findall(r"\b[a-z][a-z']+", bare)
    if not any(_may_be_verb(word) for word in small) and not _AFTER_PLURAL.search(bare):
        yield "has no verb"


def _may_be_verb(word: str) -> bool:
    return word in _VERBS or re.search(r"(?:ed|[^s]s|n't)$", word) is not None


def furniture(pair: Pair) -> list[Finding]:
    """Lines that stand on, or repeat four words of, a caption, credit or prompt to sign up."""
    marked = [_runs(text) for text in pair.sample.boilerplate]
    return pair.each(
        lambda line: (
            "comes from the page's furniture"
            for runs in marked
            if runs & _runs(line.text)
            or any(source in pair.sample.boilerplate for source in pair.sources(line))
        )
    )


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [word.casefold() for word in word_keys(text)]
    return set(zip(words, words[1:], words[2:], words[3:], strict=False))


def background_share(pairs: Sequence[Pair]) -> float:
    """Share of the context lines that stand on a sentence marked as background."""
    hits = [
        any(source in pair.sample.background for source in pair.sources(line))
        for pair in pairs
        for line in pair.brief.context
    ]
    return sum(hits) / len(hits) if hits else 0.0


def generated_share(pairs: Sequence[Pair]) -> float:
    """Share of headlines and key points that the model wrote."""
    lines = [
        line
        for pair in pairs
        for line in (pair.brief.headline, *pair.brief.key_points)
        if line is not None
    ]
    return sum(line.origin == "generated" for line in lines) / len(lines) if lines else 0.0


def facts_told(pair: Pair) -> float:
    """Share of the marked facts that the headline and the key points tell."""
    head = (pair.brief.headline,) if pair.brief.headline else ()
    told = " ".join(line.text for line in (*head, *pair.brief.key_points))
    marked = [fact for facts in pair.sample.facts.values() for fact in facts]
    return sum(holds_phrase(told, fact) for fact in marked) / len(marked)


def rouge1(lines: Iterable[str], sample: Sample) -> float:
    """ROUGE-1 F (Lin 2004) of ``lines`` against the editor's key points, words stemmed."""
    score = _ROUGE.score("\n".join(sample.key_points), "\n".join(lines))
    return float(score["rouge1"].fmeasure)


_ROUGE = RougeScorer(["rouge1"], use_stemmer=True)
