"""The articles of a story as one article whose sentences know where they come from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from briefing.article import Article, Sentence
from briefing.digest.records import Citation, StoredArticle, Story, StoryBrief
from briefing.digest.telling.reading import read_item
from briefing.errors import BriefingError, EmptyInput
from briefing.plan import Part

MOST = 10
"""Articles that a story is told from; more repeat what these say."""
_LATEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a merged sentence stands: which article, and which of its sentences."""

    article: StoredArticle
    sentence: int


@dataclass(frozen=True, slots=True)
class Merged:
    """A story ready to be planned. ``origins`` runs parallel to ``article.sentences``.

    ``fresh`` are the ids of the articles that the last edition did not have.
    """

    story: Story
    article: Article
    origins: tuple[Origin, ...]
    parts: tuple[Part, ...]
    fresh: frozenset[int]

    def cite(self, index: int) -> Citation:
        """The merged sentence at ``index`` as evidence."""
        origin = self.origins[index]
        return Citation(origin.article.id, origin.sentence, self.article.sentences[index].text)


def merge(story: Story, previous: StoryBrief | None) -> Merged:
    """The story's articles as one, the article that leads it first and then the others by time.

    Articles in another language than the lead's, and those that cannot be read, are left out.
    Raises BriefingError where no article can be read.
    """
    told = {reference.id for reference in previous.references} if previous else set()
    read = _readable(_chosen(story, told))
    lead = _lead(read, told)
    rest = [pair for pair in read if pair[0] is not lead[0]]
    same = [pair for pair in rest if pair[1].language == lead[1].language]
    fresh = frozenset(a.id for a in story.articles if a.id not in told)
    return _join(story, [lead, *same], fresh)


def _chosen(story: Story, told: set[int]) -> list[StoredArticle]:
    """At most ``MOST`` articles by time: the new ones and each publisher's newest before others."""
    articles = [a for a in story.articles if a.duplicate_of is None]
    newest = {a.publisher: a.id for a in sorted(articles, key=_by_time)}
    articles.sort(key=_by_time, reverse=True)
    articles.sort(
        key=lambda a: (a.id in told, a.item.extent != "full", newest[a.publisher] != a.id)
    )
    return sorted(articles[:MOST], key=_by_time)


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
        raise failed or EmptyInput("the story has no article; it cannot be told")
    return read


def _lead(
    read: Sequence[tuple[StoredArticle, Article]], told: set[int]
) -> tuple[StoredArticle, Article]:
    """Of the newest whole articles the one that shares most words with the others."""
    new = [pair for pair in read if pair[0].id not in told] or list(read)
    new = [pair for pair in new if pair[0].item.extent == "full"] or new
    last = max(article.time for article, _ in new)
    latest = [pair for pair in new if last - pair[0].time <= _LATEST]
    if len(latest) == 1:
        return latest[0]
    words = {article.id: _words(whole) for article, whole in read}
    counts = Counter(chain.from_iterable(words.values()))
    return max(
        latest,
        key=lambda pair: (
            sum(counts[word] - 1 for word in words[pair[0].id]) / (len(words[pair[0].id]) or 1),
            pair[0].time,
            pair[0].id,
        ),
    )


def _words(article: Article) -> frozenset[str]:
    """The words of the beginning, which says what an article is about."""
    from briefing.language.tokens import content

    body = [s.text for s in article.sentences if s.part == "body"]
    return frozenset(content(" ".join(body[:6])))


def _join(
    story: Story, read: Sequence[tuple[StoredArticle, Article]], fresh: frozenset[int]
) -> Merged:
    lead = read[0][1]
    sentences = [s for s in lead.sentences if s.part != "body"]
    origins = [Origin(read[0][0], i) for i in range(len(sentences))]
    parts: list[Part] = []
    start, paragraph = 0, 0
    for stored, article in read:
        places: dict[int, int] = {}
        for index, sentence in enumerate(article.sentences):
            if sentence.part == "body":
                places[index] = len(sentences)
                sentences.append(_moved(sentence, start, paragraph))
                origins.append(Origin(stored, index))
        parts.append(Part(article, stored.publisher, places))
        start += len(article.body) + 2
        paragraph = sentences[-1].paragraph + 1 if sentences else 0
    warnings = tuple(dict.fromkeys(w for _, article in read for w in article.warnings))
    whole = replace(
        lead,
        body="\n\n".join(article.body for _, article in read),
        sentences=tuple(sentences),
        warnings=warnings,
    )
    return Merged(story, whole, tuple(origins), tuple(parts), fresh)


def _moved(sentence: Sentence, start: int, paragraph: int) -> Sentence:
    return replace(
        sentence,
        start=sentence.start + start,
        end=sentence.end + start,
        paragraph=sentence.paragraph + paragraph,
    )
