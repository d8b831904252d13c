"""The systems that are compared, behind one type: what each says of an article."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from briefing.briefer import Briefer
from briefing.briefs import Article, Brief, Line
from briefing.errors import BriefingError
from briefing.models import Backend, identify, open_backend
from briefing.reading import article_from_text
from briefing.sections import Section
from briefing.writing import LineRequest, Prompts, Writer, choose_family
from scripts.evaluation.articles import Sample
from scripts.evaluation.baselines import SUMY, extract, lead

PRODUCT, PLAIN, LEAD = "product", "plain model", "lead"
SYSTEMS = (PRODUCT, PLAIN, LEAD, *SUMY)
WRITERS = (PRODUCT, PLAIN, LEAD)
"""Systems whose lines are looked at one by one; ``LEAD`` shows what the tests say of real text."""
CHUNK = 128
_PLAIN_HEADLINE_WORDS, _PLAIN_POINT_WORDS = 10, 18
_PLAIN_POINTS = 4
_READ_FOR_HEADLINE = 2


@dataclass(frozen=True, slots=True)
class Output:
    """What a system says: a headline, key points, and (the product alone) context."""

    headline: str
    points: tuple[str, ...]
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One article with the outputs of all systems; ``brief`` is the product's, whole."""

    sample: Sample
    article: Article
    brief: Brief
    outputs: dict[str, Output]


@dataclass(slots=True)
class Clock:
    """Seconds and articles of the product run alone."""

    seconds: float = 0.0
    articles: int = 0


class Systems:
    """The product and its rivals over one loaded model."""

    def __init__(self, backend: Backend, prompts: Prompts) -> None:
        self.briefer = Briefer.over(backend, prompts)
        self.clock = Clock()
        self.failures: list[str] = []
        self._writer = Writer(backend, prompts)

    @classmethod
    def of(cls, model: str) -> "Systems":
        """The systems over the model of this name or folder, loaded and warm."""
        family = choose_family(model, identify(model).architecture)
        systems = cls(open_backend(model), family)
        systems.briefer.warm()
        return systems

    def run(self, samples: Sequence[Sample]) -> Iterator[Evaluated]:
        """Evaluate the samples chunk by chunk, in constant memory.

        No system is given a title. An article that cannot be read or briefed is left out and
        named in ``failures``.
        """
        for start in range(0, len(samples), CHUNK):
            chunk = samples[start : start + CHUNK]
            read = [(sample, _read(sample)) for sample in chunk]
            began = time.perf_counter()
            briefs = list(self.briefer.brief_many(article for _, article in read))
            self.clock.seconds += time.perf_counter() - began
            done = [
                (sample, article, brief)
                for (sample, article), brief in zip(read, briefs, strict=True)
                if isinstance(article, Article) and isinstance(brief, Brief)
            ]
            self.failures += [
                f"{type(b).__name__}: {b}" for b in briefs if not isinstance(b, Brief)
            ]
            self.clock.articles += len(done)
            plain = self._plain([article for _, article, _ in done])
            for (sample, article, brief), unplanned in zip(done, plain, strict=True):
                yield _evaluated(sample, article, brief, unplanned)

    def _plain(self, articles: Sequence[Article]) -> list[Output]:
        """The model alone: its best beam on the first sentences, not planned and not checked."""
        points = Section.KEY_POINTS in self._writer.prompts.sections
        asked = [_plain_requests(body_of(article), points) for article in articles]
        written = iter(self._writer.write([request for requests in asked for request in requests]))
        outputs = []
        for requests in asked:
            best = [found[0].text if found else "" for found in islice(written, len(requests))]
            outputs.append(Output(best[0], tuple(line for line in best[1:] if line)))
        return outputs


def body_of(article: Article) -> list[str]:
    """The sentences of the body, which is all that any system is given."""
    return [s.text for s in article.sentences if s.part == "body"]


def _plain_requests(body: list[str], with_points: bool) -> list[LineRequest]:
    """A headline from the first sentences, a key point from each where the model writes them."""
    head = LineRequest(Section.HEADLINE, tuple(body[:_READ_FOR_HEADLINE]), _PLAIN_HEADLINE_WORDS)
    few = body[: _PLAIN_POINTS if with_points else 0]
    return [head, *(LineRequest(Section.KEY_POINTS, (text,), _PLAIN_POINT_WORDS) for text in few)]


def texts(lines: Sequence[Line]) -> tuple[str, ...]:
    """The lines as shown."""
    return tuple(line.text for line in lines)


def _read(sample: Sample) -> Article | BriefingError:
    try:
        return article_from_text(sample.text, title="")
    except BriefingError as error:
        return error


def _evaluated(sample: Sample, article: Article, brief: Brief, plain: Output) -> Evaluated:
    body = body_of(article)
    headline = brief.headline.text if brief.headline else ""
    outputs = {
        PRODUCT: Output(headline, texts(brief.key_points), texts(brief.context)),
        PLAIN: plain,
        LEAD: Output(body[0], tuple(lead(body))),
    }
    if sample.questions & {"keypoints", "headlines"}:
        for method in SUMY:
            found = extract(method, body)
            outputs[method] = Output(found[0] if found else "", tuple(found))
    return Evaluated(sample, article, brief, outputs)
