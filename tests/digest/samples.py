"""Self-written stories and editions for tests of the edition, its renderings and its delivery."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from briefing.briefs import ModelInfo
from briefing.digest import (
    Citation,
    Claimed,
    Disagreement,
    Edition,
    EditionSection,
    Item,
    Novelty,
    Reference,
    SourceProblem,
    StoredArticle,
    Story,
    StoryBrief,
    StoryLine,
)
from briefing.digest.settings import DigestSettings
from briefing.sections import Role

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
MODEL = ModelInfo("bundled", "1", "ctranslate2", "cpu", "int8")
SETTINGS = DigestSettings()
VOTE = "Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island."
COUNT = "Some 5,214 people backed the ferry, the returning officer said."
OTHER_COUNT = "The ferry won with 5,241 votes, according to the town hall."
HISTORY = "A similar proposal was dropped in 2015 when shopkeepers threatened to sue."


def settings(**edition: object) -> DigestSettings:
    """Default settings with others for the edition."""
    return DigestSettings.model_validate({"edition": edition})


def line(text: str, *evidence: Citation, **more: object) -> StoryLine:
    values = {"support": 1.0, "origin": "generated", "role": Role.MAIN_EVENT, **more}
    return StoryLine(text, evidence or (Citation(11, 0, text),), **values)


def reference(number: int = 11, source: str = "Alder Gazette", **more: object) -> Reference:
    values = {
        "title": f"Port Alder keeps its ferry, {number}",
        "url": f"https://news.example/{number}",
        "time": NOW - timedelta(hours=2),
        **more,
    }
    return Reference(number, source, source, **values)


def brief(story: int = 1, text: str = VOTE, **more: object) -> StoryBrief:
    """A brief of one article, number 11."""
    values = {
        "headline": line("Port Alder votes to keep its ferry", Citation(11, 0, text)),
        "key_points": (line(text),),
        "context": (),
        "references": (reference(),),
        "topic": None,
        "model": MODEL,
        "salience": 0.5,
        **more,
    }
    return StoryBrief(story, **values)


def ferry() -> StoryBrief:
    """Two sources, a follow-up, a disagreement, an extracted line, a background."""
    first, second = Citation(11, 2, COUNT), Citation(12, 1, OTHER_COUNT)
    return brief(
        headline=line(
            "Port Alder votes to keep its ferry", Citation(11, 1, VOTE), novelty=Novelty.KNOWN
        ),
        key_points=(
            line(VOTE, Citation(11, 1, VOTE), novelty=Novelty.KNOWN),
            line(COUNT, first, second, origin="extracted", disputed=0),
        ),
        context=(
            line(HISTORY, Citation(12, 6, HISTORY), origin="extracted", role=Role.PREVIOUS_EVENT),
        ),
        references=(
            reference(11, new=False),
            reference(12, "Island Post", extent="teaser", title="Ferry stays"),
        ),
        topic="Local",
        disagreements=(
            Disagreement(
                "votes for the ferry",
                (Claimed("5,214", (first,)), Claimed("5,241", (second,))),
            ),
        ),
        since=date(2026, 3, 1),
        salience=0.8,
        warnings=("One article was only a teaser.",),
    )


def bridge(story: int = 2, topic: str | None = "Transport") -> StoryBrief:
    text = "The Alder Sound bridge closes for repairs from 9 March."
    return brief(
        story,
        text,
        headline=line("Alder Sound bridge to close for repairs", Citation(11, 0, text)),
        topic=topic,
    )


def edition(*sections: EditionSection, **more: object) -> Edition:
    """The edition of 2 March 2026."""
    values = {
        "date": date(2026, 3, 2),
        "title": "The briefing",
        "zone": "Europe/Berlin",
        "since": NOW - timedelta(days=1),
        "made": NOW,
        "articles": 14,
        "minutes": 3.4,
        "previous": date(2026, 3, 1),
        **more,
    }
    return Edition(sections=sections, **values)


def full_edition() -> Edition:
    """Everything that an edition can hold."""
    return edition(
        EditionSection("Local", (ferry(),), lead=True),
        EditionSection("Transport", (bridge(), bridge(3))),
        EditionSection(None, (bridge(4, None),)),
        problems=(
            SourceProblem(
                "Harbour Times",
                "the server did not answer in 20 s; check the address",
                NOW - timedelta(days=3),
                4,
            ),
        ),
        left_out=7,
        failed=("A story of 2 articles: the article is in 'de'.",),
    )


def large_edition(count: int) -> Edition:
    """Stories by the hundred, of two sources each."""
    return edition(
        EditionSection("Local", tuple(replace(ferry(), story=number) for number in range(count)))
    )


def hostile_edition(payload: str) -> Edition:
    """The payload wherever text comes from outside."""
    said = f"Mayor says {payload} about it"
    cited = Citation(11, 0, said)
    story = brief(
        headline=line(said, cited),
        key_points=(line(said, cited, disputed=0),),
        context=(line(said, cited, role=Role.PREVIOUS_EVENT),),
        references=(reference(11, said, title=said, url=f"javascript:alert('{payload}')"),),
        topic=said,
        disagreements=(Disagreement(said, (Claimed(said, (cited,)), Claimed("5", (cited,)))),),
        warnings=(said,),
    )
    return edition(
        EditionSection(said, (story,)),
        title=said,
        problems=(SourceProblem(said, said, NOW, 1),),
        failed=(said,),
    )


def article(
    number: int,
    source: str = "Alder Gazette",
    *,
    body: str = f"{VOTE} " * 30,
    title: str = "Port Alder keeps its ferry",
    hours: float = 2,
    **more: object,
) -> StoredArticle:
    time = NOW - timedelta(hours=hours)
    item = Item(str(number), f"https://news.example/{number}", title, None, body, time, **more)
    return StoredArticle(number, source, source, item, time, time, f"hash {number}")


def story(number: int, *articles: StoredArticle, topic: str | None = None) -> Story:
    return Story(number, articles or (article(number * 100),), topic)
