"""The gate's own articles: self-written news with an editor's key points and marked facts."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from briefing.briefs import Article
from briefing.reading import article_from_text
from tests.quality.stated import word_keys

FOLDER = Path(__file__).parent / "articles"


@dataclass(frozen=True)
class Sample:
    """One article and what its editor marked in it.

    ``background`` and ``boilerplate`` are verbatim sentences, ``facts`` names, numbers and dates
    as the article writes them, and ``traps`` maps a true phrase to a plausible false one.
    """

    name: str
    title: str
    subtitle: str | None
    text: str
    key_points: tuple[str, ...]
    background: tuple[str, ...]
    boilerplate: tuple[str, ...]
    facts: dict[str, tuple[str, ...]]
    traps: dict[str, str]

    @cached_property
    def article(self) -> Article:
        """The article as the reader gives it to the briefer."""
        return article_from_text(self.text, title=self.title, subtitle=self.subtitle)

    @property
    def whole(self) -> str:
        """Title, standfirst and text."""
        return "\n".join(part for part in (self.title, self.subtitle, self.text) if part)

    @property
    def lead(self) -> tuple[str, ...]:
        """The first three sentences of the story: the lead-3 baseline of news summarisation."""
        body = (s.text for s in self.article.sentences if s.part == "body")
        return tuple(text for text in body if text not in self.boilerplate)[:3]


def load(path: Path) -> Sample:
    """Read one article file."""
    held = tomllib.loads(path.read_text(encoding="utf-8"))
    return Sample(
        name=path.stem,
        title=held["title"],
        subtitle=held.get("subtitle"),
        text=held["text"].strip(),
        key_points=tuple(held["key_points"]),
        background=tuple(held["background"]),
        boilerplate=tuple(held.get("boilerplate", ())),
        facts={kind: tuple(marked) for kind, marked in held["facts"].items()},
        traps=held["traps"],
    )


SAMPLES = tuple(load(path) for path in sorted(FOLDER.glob("*.toml")))
ORDINARY = frozenset(
    word for sample in SAMPLES for word in word_keys(sample.text) if word == word.lower()
)
"""Words that some article writes small: a capital at the start of a line makes them no name."""
