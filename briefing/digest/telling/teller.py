"""Stories told: articles in, checked lines out, each with its evidence across articles."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from briefing.brief import Brief, Line
from briefing.briefer import Briefer
from briefing.digest.records import Citation, Reference, Story, StoryBrief, StoryLine
from briefing.digest.telling.reading import read_item
from briefing.errors import BriefingError
from briefing.plan import Length


class Teller:
    """Briefs stories with the model of ``briefer``."""

    def __init__(self, briefer: Briefer, *, length: Length = "standard") -> None:
        self._briefer = briefer
        self._length = length

    def tell(
        self,
        stories: Iterable[Story],
        previous: Mapping[int, StoryBrief] | None = None,
        since: Mapping[int, date] | None = None,
    ) -> Iterator[StoryBrief | BriefingError]:
        """One result a story, in order."""
        for story in stories:
            newest = story.articles[-1]
            brief = self._briefer.brief(read_item(newest.item), length=self._length)
            yield _told(story, newest.id, brief)


def _told(story: Story, article: int, brief: Brief) -> StoryBrief:
    def line(one: Line) -> StoryLine:
        cited = tuple(Citation(article, i, brief.article.sentences[i].text) for i in one.evidence)
        return StoryLine(one.text, cited, one.support, one.origin, one.role)

    assert brief.headline
    references = tuple(
        Reference(a.id, a.source, a.publisher, a.item.title, a.item.url, a.time, a.item.extent)
        for a in story.articles
    )
    return StoryBrief(
        story.id, line(brief.headline), tuple(map(line, brief.key_points)),
        tuple(map(line, brief.context)), references, story.topic, brief.model,
    )
