"""Merge the articles of a story into one article with sentence provenance."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from briefing.briefs import Article, Sentence
from briefing.checking import title_odds, title_rank
from briefing.digest import Citation, StoredArticle, Story, StoryBrief
from briefing.digest.telling.changes import Comparison, changes_of, read_item
from briefing.errors import BriefingError, EmptyInput
from briefing.language.dates import RELATIVE_DAYS, coming
from briefing.language.facts import read_line
from briefing.language.tokens import content
from briefing.language.word_lists import word_class
from briefing.planning import UnionPart
from briefing.planning.lexicon import looks_ahead

_MAX_ARTICLES = 10
"""Maximum number of articles per story; further ones are mostly redundant."""
_LATEST = timedelta(hours=12)
_ACCEPTED_WEIGHT, _FEW_WORDS = 0.1, 2
"""Weight of the log-odds that an editor accepts a title, beside the share of its words that the
other articles have; words by which short titles have less of it. Of 70 pairs of titles of the same
event a reader preferred 45 chosen so and 22 with most words in common in the first sentences, and
would have signed 59 and 36."""


@dataclass(frozen=True, slots=True)
class SentenceOrigin:
    """The article and sentence index that a merged sentence comes from."""

    article: StoredArticle
    sentence: int


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged story. ``origins`` is parallel to ``article.sentences``.

    ``fresh`` holds the sentences (article, index) that the last edition did not cover, ``changes``
    what is new in the articles that it covered, by id.
    """

    story: Story
    article: Article
    origins: tuple[SentenceOrigin, ...]
    parts: tuple[UnionPart, ...]
    fresh: frozenset[tuple[int, int]]
    changes: Mapping[int, Comparison]

    def is_fresh(self, index: int) -> bool:
        """Whether the last edition did not cover the merged sentence at ``index``."""
        origin = self.origins[index]
        return (origin.article.id, origin.sentence) in self.fresh

    def cite(self, index: int) -> Citation:
        """Cite the merged sentence at ``index``."""
        origin = self.origins[index]
        return Citation(origin.article.id, origin.sentence, self.article.sentences[index].text)


def merge(story: Story, previous: StoryBrief | None) -> Merged:
    """Merge the story's articles: the lead article first, then the others by time.

    A title that its article has outgrown is no headline: the article leads where no other is new,
    and then without it.

    Leaves out articles in another language than the lead's, and unreadable ones. Raises
    BriefingError if no article can be read.
    """
    changes = changes_of(story.articles)
    told = {reference.id for reference in previous.references} if previous else set()
    known = told - set(changes)
    read = _readable(_selected(story, known))
    outgrown = {article for article, each in changes.items() if each.outgrown}
    lead = _lead([pair for pair in read if pair[0].id not in outgrown | known] or read, known)
    if lead[0].id in outgrown:
        lead = lead[0], replace(lead[1], title=None)
    rest = [pair for pair in read if pair[0] is not lead[0]]
    same = [pair for pair in rest if pair[1].language == lead[1].language]
    return _join(story, [lead, *same], known, changes)


def _selected(story: Story, known: set[int]) -> list[StoredArticle]:
    """At most `_MAX_ARTICLES`, by time; prefers new, complete and each publisher's newest ones."""
    articles = [a for a in story.articles if a.duplicate_of is None]
    newest = {a.publisher: a.id for a in sorted(articles, key=_by_time)}
    articles.sort(key=_by_time, reverse=True)
    articles.sort(
        key=lambda a: (a.id in known, a.item.extent != "full", newest[a.publisher] != a.id)
    )
    return sorted(articles[:_MAX_ARTICLES], key=_by_time)


def _by_time(article: StoredArticle) -> tuple[datetime, int]:
    return article.time, article.id


def _readable(articles: Sequence[StoredArticle]) -> list[tuple[StoredArticle, Article]]:
    read: list[tuple[StoredArticle, Article]] = []
    failed: BriefingError | None = None
    for article in articles:
        try:
            read.append((article, read_item(article.item)))
        except BriefingError as error:
            failed = error
    if not read:
        raise failed or EmptyInput("the story has no article to brief")
    return read


def _lead(
    read: Sequence[tuple[StoredArticle, Article]], known: set[int]
) -> tuple[StoredArticle, Article]:
    """Of the newest complete articles, the one whose title is the best headline of the story.

    Such a title says in plain words what the other articles say as well; of a story that was told
    before, it is the newest: a man is arrested, and later set free.
    """
    new = [pair for pair in read if pair[0].id not in known] or list(read)
    new = [pair for pair in new if pair[0].item.extent == "full"] or new
    last = max(article.time for article, _ in new)
    latest = [pair for pair in new if last - pair[0].time <= _LATEST]
    if len(latest) == 1:
        return latest[0]
    worth: dict[int, float] = {}
    if not known:
        openings = {article.id: _opening(whole) for article, whole in read}
        for article, whole in latest:
            title = whole.title or ""
            others = [words for other, words in openings.items() if other != article.id]
            accepted = _ACCEPTED_WEIGHT * title_odds(title, whole.language)
            worth[article.id] = _shared(title, others) + accepted
    return max(
        latest,
        key=lambda pair: (
            _headline_rank(pair[1]),
            worth.get(pair[0].id, 0.0),
            pair[0].time,
            pair[0].id,
        ),
    )


def _headline_rank(article: Article) -> int:
    return title_rank(article.title or "", [s.text for s in article.sentences if s.part != "title"])


def _opening(article: Article) -> frozenset[str]:
    """Content words of the title and the first six sentences, which say what happened."""
    body = [s.text for s in article.sentences if s.part == "body"]
    return frozenset(content(" ".join((article.title or "", *body[:6]))))


def _shared(title: str, openings: Sequence[Collection[str]]) -> float:
    """Mean share of the content words of a title that the openings have; short ones have less."""
    words = set(content(title))
    share = sum(len(words.intersection(opening)) for opening in openings)
    return share / (len(words) + _FEW_WORDS) / max(1, len(openings))


def _join(
    story: Story,
    read: Sequence[tuple[StoredArticle, Article]],
    known: set[int],
    changes: Mapping[int, Comparison],
) -> Merged:
    lead = read[0][1]
    heads = [i for i, s in enumerate(lead.sentences) if s.part != "body"]
    if lead.title is None:  # it had one that is out of date
        heads = [i for i in heads if lead.sentences[i].part != "title"]
    sentences = [lead.sentences[i] for i in heads]
    origins = [SentenceOrigin(read[0][0], i) for i in heads]
    parts: list[UnionPart] = []
    start, paragraph = 0, 0
    for stored, article in read:
        places: dict[int, int] = {}
        for index, sentence in enumerate(article.sentences):
            if sentence.part == "body":
                places[index] = len(sentences)
                sentences.append(_shifted(sentence, start, paragraph))
                origins.append(SentenceOrigin(stored, index))
        parts.append(UnionPart(article, stored.publisher, places))
        start += len(article.body) + 2
        paragraph = sentences[-1].paragraph + 1 if sentences else 0
    warnings = tuple(dict.fromkeys(w for _, article in read for w in article.warnings))
    whole = replace(
        lead,
        body="\n\n".join(article.body for _, article in read),
        sentences=tuple(sentences),
        warnings=warnings,
    )
    fresh = frozenset(
        (origin.article.id, origin.sentence)
        for origin in origins
        if origin.article.id not in known
        and (origin.article.id not in changes or origin.sentence in changes[origin.article.id].said)
    )
    return Merged(story, whole, tuple(origins), tuple(parts), fresh, changes)


def _shifted(sentence: Sentence, start: int, paragraph: int) -> Sentence:
    return replace(
        sentence,
        start=sentence.start + start,
        end=sentence.end + start,
        paragraph=sentence.paragraph + paragraph,
    )


_AHEAD = frozenset({"will", "would", "shall"}) | word_class("prospects")
_WEEK = timedelta(days=7)


def out_of_date(merged: Merged, until: datetime | None = None) -> frozenset[int]:
    """Return the sentences that are wrong on the day that is told, unless just revised.

    Such are "today" and "tomorrow" of an earlier day, what was to come on a day that has passed,
    and a weekday of another week. The period that is told ends at ``until``, in the reader's time
    zone; None: with the newest article.
    """
    newest = max(origin.article.time for origin in merged.origins)
    today = _day_before(until) if until else newest.date()
    zone = until.tzinfo if until else newest.tzinfo
    days = [origin.article.time.astimezone(zone).date() for origin in merged.origins]
    return frozenset(
        index
        for index, (origin, day) in enumerate(zip(merged.origins, days, strict=True))
        if day < today
        and not (origin.article.id in merged.changes and merged.is_fresh(index))
        and _is_past(merged.article.sentences[index].text, day, today)
    )


def _day_before(until: datetime) -> date:
    """Return the last day of a period: one that ends at midnight has not begun the next."""
    return (until - timedelta(microseconds=1)).date()


def _is_past(text: str, day: date, newest: date) -> bool:
    reading = read_line(text)
    ahead = looks_ahead(text) or any(
        word.key in _AHEAD or word.stem in _AHEAD for word in reading.words
    )
    for parts in (dict(one.parts) for one in reading.dates):
        if parts.get("relative") in RELATIVE_DAYS:
            return True
        if "weekday" in parts and newest - day >= _WEEK:
            return True
        if ahead and (meant := coming(parts, day)) is not None and meant < newest:
            return True
    return False
