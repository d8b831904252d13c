"""What a new version of an article says that the former did not.

Sites change articles all day: spelling, quotation marks, headlines, stamps, links to others. A
sentence says something new if it states another number or date, turns or hedges what was said, has
a content word that is neither a correct spelling nor a synonym of one that it replaces, or says the
same of others ("Lenz beat Holm"). A sentence without a counterpart says something new if the whole
old version lacks its facts or words. What is no part of a story (captions, offers) says nothing.
Titles are rewritten for many reasons, and are compared with the whole old version.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from briefing.briefs import Article, Sentence
from briefing.digest import Change, ChangeKind, Citation, Item, Passage, StoredArticle
from briefing.digest.telling.wording import new_words, of_others, turned_active
from briefing.errors import BriefingError
from briefing.language.facts import Reading, read_line
from briefing.language.tokens import Token, fold, stem
from briefing.language.word_lists import word_class
from briefing.planning.lexicon import furniture as boilerplate
from briefing.planning.lexicon import straight
from briefing.reading import article_from_text
from briefing.reading.walls import invites

_COUNTERPART = 0.5
"""Least share of words of a sentence of the old version that a new one takes the place of."""
_REWRITTEN, _REWRITTEN_FROM = 0.3, 15
"""Most share of words that an article on something else keeps, of at least so many."""
_KEPT = 3
"""Least content words of a title that a light verb adds nothing to."""
_FURNITURE = 3
"""Articles of a source that get the same sentence at once: it belongs to the site."""
_TITLE_WORDS, _TITLE_WORDS_SHORT = 2, 1
"""New words that make a title news; one is enough above a text that says little more."""
_SHORT = 150
"""Words of a text in which what an article is about need not stand: a feed's teaser."""
_OPENING = 2
"""Sentences at the beginning of an article, which its title is about."""
_PASSAGES = 3
"""Passages that are shown of an article."""
_ENDED = re.compile(r"[.!?…。！？।؟][\"'”’»)\]]*$")
_NUMBERED = re.compile(r"^(\w+)\s*\d*\s*[-:|—–]\s*")


def read_item(item: Item) -> Article:
    """Read an item as an article; its citations refer to this article's sentence indices.

    The language is detected: what feeds declare is often just the default of their software.
    Raises InputError if there is no sentence to brief.
    """
    return article_from_text(
        item.body,
        title=item.title or "",
        subtitle=item.subtitle,
        url=item.url,
        published=item.published.isoformat() if item.published else None,
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new version compared with the old one.

    ``said`` maps sentences that say something new (indices of `read_item`'s) to what they take the
    place of, if anything; ``texts`` are those sentences. ``rewritten`` means that hardly anything
    of the old version is left; ``outgrown``, that the article begins otherwise than before, below
    the title that it had.
    """

    said: Mapping[int, str | None]
    texts: Mapping[int, str]
    kind: ChangeKind
    rewritten: bool
    outgrown: bool = False

    def change(self, article: int) -> Change:
        """The change as shown: corrections first, then what was said otherwise before."""
        order = sorted(
            self.said,
            key=lambda at: (not is_notice(self.texts[at]), self.said[at] is None, at),
        )
        passages = (
            Passage(Citation(article, at, self.texts[at]), self.said[at])
            for at in order[:_PASSAGES]
        )
        return Change(article, self.kind, tuple(passages))


def compare(old: Item, new: Item, furniture: Collection[str] = ()) -> Comparison:
    """Compare two versions; ``furniture`` holds the keys of sentences that say nothing."""
    before, after = _Version(old), _Version(new)
    counterparts = _counterparts(before, after, furniture)
    said: dict[int, str | None] = {}
    notices = False
    for at, sentence in enumerate(after.sentences):
        key = key_of(sentence.text)
        if not key or key in before.joined or key in furniture:
            continue
        if is_notice(sentence.text):
            said[at], notices = None, True
        elif at in after.boilerplate:
            continue
        elif sentence.part == "title":
            if _title_is_news(sentence.text, old.title or "", before):
                said[at] = old.title
        elif sentence.part == "subtitle" or _ENDED.search(sentence.text):
            former = counterparts.get(at)
            if _is_news(sentence.text, former, before):
                said[at] = former
    texts = {at: after.sentences[at].text for at in said}
    kind: ChangeKind = "corrected" if notices else "updated"
    return Comparison(
        said, texts, kind, _rewritten(before, after), _outgrown(old, new, after, said)
    )


def changes_of(articles: Iterable[StoredArticle]) -> dict[int, Comparison]:
    """The comparison of each article that has changed since it was told, by id."""
    return {a.id: compare(a.told, a.item) for a in articles if a.told is not None}


def furniture_of(revisions: Sequence[tuple[Item, Item]]) -> frozenset[str]:
    """The keys of sentences that several articles of one source got at once (old, new)."""
    counts: Counter[str] = Counter()
    for old, new in revisions:
        before = _Version(old).keys
        counts.update(_Version(new).keys - before)
    return frozenset(key for key, count in counts.items() if count >= _FURNITURE)


def key_of(text: str) -> str:
    """A sentence's letters and digits: the same for other cases, spaces, quotes and hyphens."""
    return "".join(token.key for token in read_line(text).words)


class _Version:
    """One version of an article, read."""

    def __init__(self, item: Item) -> None:
        self.sentences, self.language = _sentences(item)
        self.boilerplate = _boilerplate(self.sentences, self.language)
        self.length = len(item.body.split())
        self.keys = frozenset(key_of(sentence.text) for sentence in self.sentences) - {""}
        self.joined = "".join(key_of(sentence.text) for sentence in self.sentences)
        readings = [read_line(sentence.text) for sentence in self.sentences]
        self.said = frozenset[str]().union(*(reading.said for reading in readings))
        self.words = [word for reading in readings for word in _content(reading)]
        self.stems = frozenset(word.stem for word in self.words)


def _counterparts(before: _Version, after: _Version, furniture: Collection[str]) -> dict[int, str]:
    """The old sentence that each new one takes the place of: the most similar, each only once."""
    known = before.keys | frozenset(furniture)
    replaced = [
        (place, _stems(sentence.text))
        for place, sentence in enumerate(before.sentences)
        if sentence.part == "body" and key_of(sentence.text) not in after.keys
    ]
    pairs = sorted(
        (-share, at, place)
        for at, sentence in enumerate(after.sentences)
        if sentence.part != "title" and key_of(sentence.text) not in known
        if not is_notice(sentence.text)
        for stems in (_stems(sentence.text),)
        for place, theirs in replaced
        if (share := 2 * len(stems & theirs) / (len(stems) + len(theirs) or 1)) >= _COUNTERPART
    )
    found: dict[int, str] = {}
    taken: set[int] = set()
    for _, at, place in pairs:
        if at not in found and place not in taken:
            found[at] = before.sentences[place].text
            taken.add(place)
    return found


def _outgrown(old: Item, new: Item, after: _Version, said: Mapping[int, str | None]) -> bool:
    opening = [at for at, sentence in enumerate(after.sentences) if sentence.part == "body"]
    return key_of(old.title or "") == key_of(new.title or "") and any(
        at in said and not is_notice(after.sentences[at].text) for at in opening[:_OPENING]
    )


def _sentences(item: Item) -> tuple[tuple[Sentence, ...], str]:
    """The sentences of an item and their language."""
    try:
        article = read_item(item)
    except BriefingError:
        text = item.title or ""
        return ((Sentence("title", 0, len(text), text, 0),) if text else ()), ""
    return article.sentences, article.language


def _boilerplate(sentences: Sequence[Sentence], language: str) -> frozenset[int]:
    """The sentences of the body that are no part of the story: captions, credits, offers."""
    body = [at for at, sentence in enumerate(sentences) if sentence.part == "body"]
    flags = boilerplate([straight(sentences[at].text) for at in body])
    return frozenset(
        at
        for at, flag in zip(body, flags, strict=True)
        if flag or invites(sentences[at].text, language)
    )


def _stems(text: str) -> frozenset[str]:
    return frozenset(token.stem for token in read_line(text).words)


def _content(reading: Reading) -> list[Token]:
    """The content words but for those of stamps, without numbers and dates."""
    counted = reading.dated | {i for q in reading.numbers for i in range(q.first, q.last + 1)}
    return [
        token
        for at, token in enumerate(reading.words)
        if not token.function and at not in counted and token.key not in _stamps()
    ]


@cache
def _notices() -> dict[str, frozenset[str]]:
    """Words and phrases of newsrooms that change an article, by class."""
    text = resources.files("briefing.digest.telling").joinpath("notices.toml").read_text("utf-8")
    return {
        name: frozenset(lines.splitlines()) - {""} for name, lines in tomllib.loads(text).items()
    }


@cache
def _stamps() -> frozenset[str]:
    return frozenset(" ".join(_notices()["stamps"]).split())


@cache
def _turning() -> frozenset[str]:
    """The words that deny, hedge or limit what is said."""
    english = (word_class(name) for name in ("negators", "limiters", "modals"))
    return frozenset(" ".join(_notices()["negators"]).split()).union(*english)


def is_notice(text: str) -> bool:
    """Whether a sentence or title says that the article was wrong."""
    folded = " ".join(fold(text).casefold().split())
    if any(phrase in folded for phrase in _notices()["phrases"]):
        return True
    opening, mark, _ = re.sub(r"\s*[-:|—–.]\s*", "\0", folded, count=1).partition("\0")
    opening = re.sub(r",[^,]*\d.*", "", opening)  # "Correction, 30 November: ..."
    return bool(mark) and opening in _notices()["openings"]


def _title_is_news(title: str, former: str, before: _Version) -> bool:
    match = _NUMBERED.match(fold(title))
    if match and match[1].casefold() in _stamps():
        title = title[match.end() :]
    reading = read_line(title)
    if _facts(reading) - before.said:
        return True
    words = _content(reading)
    new = new_words(words, before.words)
    kept = {word.stem for word in words if word not in new}
    if len(kept) >= _KEPT and kept >= set(_stems_in(former)):
        new = [word for word in new if word.stem not in _light()]
    least = _TITLE_WORDS if before.length >= _SHORT else _TITLE_WORDS_SHORT
    return len(new) >= least or of_others(title, former, before.language)


def _is_news(text: str, former: str | None, before: _Version) -> bool:
    reading = read_line(text)
    if not _content(reading):
        return False  # a stamp
    if _facts(reading) - before.said:
        return True
    if former is None:
        return bool(new_words(_content(reading), before.words))
    earlier = read_line(former)
    if _facts(reading) - earlier.said or _turns(reading) != _turns(earlier):
        return True
    new = new_words(_content(reading), _content(earlier))
    if new:
        return not turned_active(text, former, new, before.stems, before.language)
    return of_others(text, former, before.language)


@cache
def _light() -> frozenset[str]:
    return frozenset(map(stem, word_class("light_verbs")))


def _stems_in(text: str) -> list[str]:
    return [token.stem for token in _content(read_line(text))]


def _facts(reading: Reading) -> frozenset[str]:
    return frozenset(norm for norm in reading.said if norm.startswith("#"))


def _turns(reading: Reading) -> Counter[str]:
    """How often a sentence has each word that turns it."""
    keys = (key for token in reading.words for key in _spelled_out(token.key))
    return Counter(key for key in keys if key in _turning())


def _spelled_out(key: str) -> tuple[str, ...]:
    if key.endswith("n't"):
        verb = key.removesuffix("n't")
        return {"wo": "will", "ca": "can", "sha": "shall"}.get(verb, verb), "not"
    return ("can", "not") if key == "cannot" else ("will",) if key == "wo" else (key,)


def _rewritten(before: _Version, after: _Version) -> bool:
    old, new = ({token.stem for token in version.words} for version in (before, after))
    fewest = min(len(old), len(new))
    return fewest >= _REWRITTEN_FROM and len(old & new) < _REWRITTEN * fewest
