"""What comes in and what goes out: `Article` with its sentences, `Brief` with its lines.

Sentences have offsets into the original text; each line has its evidence among them.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any, Literal, Self

from briefing.errors import InputError
from briefing.options import Format
from briefing.sections import SECTIONS, Role, Section, section_named

Part = Literal["title", "subtitle", "body"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article.

    ``start`` and ``end`` are offsets, in Unicode code points, into the unmodified ``part``.
    ``text`` is that slice normalised: repaired encoding, no control characters or bidi
    overrides, single spaces. ``paragraph`` counts the body's paragraphs from 0; the title has
    -2 and the standfirst -1.
    """

    part: Part
    start: int
    end: int
    text: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class Article:
    """An article: its unmodified parts, and their sentences in reading order.

    The sentences of the title come first, then those of the standfirst (``subtitle``), then those
    of the body.
    ``language`` is an ISO 639-1 code, ``published`` an ISO 8601 date or date-time. ``authored`` is
    false for a text of a form in which no single author tells all: an interview, minutes, a list.
    ``dateline`` is what stood before the body, as in "LISBON, May 5 (Wire) -", or empty.
    """

    title: str | None
    subtitle: str | None
    body: str
    sentences: tuple[Sentence, ...]
    language: str
    url: str | None = None
    published: str | None = None
    warnings: tuple[str, ...] = ()
    authored: bool = True
    dateline: str = field(default="", compare=False)

    @property
    def words(self) -> int:
        """The number of whitespace-separated words in the body."""
        return len(self.body.split())

    def texts(self, indices: tuple[int, ...]) -> list[str]:
        """The texts of the sentences at ``indices``."""
        return [self.sentences[index].text for index in indices]


SCHEMA = "briefing.brief/1"
Origin = Literal["generated", "extracted"]


@dataclass(frozen=True, slots=True)
class Insertion:
    """Words of ours in a line: a name in place of a reference, or "the author writes".

    The span in the text, and the sentence that it comes from.
    """

    start: int
    end: int
    evidence: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a brief.

    ``evidence`` holds indices into ``Article.sentences``; ``support`` is the checker's score in
    0..1; ``origin`` says whether the model generated the line, or it was extracted: a source
    sentence, whole or compressed by deletion. ``inserted`` are names that replace a pronoun or a
    bare surname of the source, and the mention of an opinion piece's author; the sentences they
    come from are part of the evidence. ``sources`` are the sentences of the evidence, set when the
    line becomes part of a `Brief`.
    """

    text: str
    evidence: tuple[int, ...]
    support: float
    origin: Origin
    role: Role
    inserted: tuple[Insertion, ...] = ()
    sources: tuple[Sentence, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The model of a brief, the device it ran on, and the reason for that device."""

    name: str
    revision: str
    backend: str
    device: str
    dtype: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """A checked brief. ``roles`` and ``salience`` are parallel to ``article.sentences``.

    ``headline`` is None and a section is empty only if it was not requested, or if the article has
    nothing for it (``warnings`` mention an empty context). ``more`` has the lines of sections that
    are no fields; they can be read as if they were.
    """

    headline: Line | None
    key_points: tuple[Line, ...]
    context: tuple[Line, ...]
    article: Article
    roles: tuple[Role, ...]
    salience: tuple[float, ...]
    model: ModelInfo
    sections: tuple[Section, ...] = tuple(Section)
    warnings: tuple[str, ...] = ()
    more: Mapping[Section, tuple[Line, ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        bound = {s: tuple(self._bound(line) for line in self.of(s)) for s in Section}
        for name, value in _fields(bound).items():
            object.__setattr__(self, name, value)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> tuple[Line, ...]:
            """Return the lines of a section that is no field."""
            for section in Section:
                if name == section.key and not SECTIONS[section].original:
                    return self.more.get(section, ())
            raise AttributeError(f"'Brief' object has no attribute {name!r}", name=name, obj=self)

    @classmethod
    def of_lines(cls, lines: Mapping[Section, Iterable[Line]], **fields: Any) -> Self:
        """Return the brief with these lines by section, and the other fields."""
        return cls(**_fields(lines), **fields)

    def mapped(self, change: Callable[[Line], Line], **fields: Any) -> Self:
        """Return the brief with each line changed, and with other ``fields``."""
        return replace(self, **_fields({s: map(change, self.of(s)) for s in Section}), **fields)

    def _bound(self, line: Line) -> Line:
        """Return the line with its sources; an index without a sentence has none."""
        sentences = self.article.sentences
        sources = tuple(sentences[i] for i in line.evidence if i < len(sentences))
        return replace(line, sources=sources)

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines in reading order."""
        return tuple(line for section in Section for line in self.of(section))

    def of(self, section: str) -> tuple[Line, ...]:
        """Return the lines of one section. Raises ValueError if there is no such section."""
        lines = getattr(self, section_named(section).key)
        return lines if isinstance(lines, tuple) else (lines,) if lines else ()

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> "Brief":
        """Return the brief of what `to_dict` gave. Raises ValueError if it is no brief."""
        from briefing.rendering import from_document

        return from_document(document)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Brief":
        """Return the brief of what `to_json` gave. Raises ValueError if it is no brief."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"this is no JSON ({error}); give all of what Brief.to_json returned"
            ) from error
        return cls.from_dict(document)

    def to_dict(self) -> dict[str, Any]:
        """Return the brief as dictionaries and lists, by the schema ``briefing.brief/1``."""
        from briefing.rendering import to_document

        return to_document(self)

    def to_json(self) -> str:
        """Return the brief as JSON, by the schema ``briefing.brief/1``."""
        return self._rendered("json")

    def to_text(self) -> str:
        """Return the brief as plain text, 80 columns wide."""
        return self._rendered("text")

    def to_markdown(self) -> str:
        """Return the brief as Markdown."""
        return self._rendered("markdown")

    def to_html(self) -> str:
        """Return the brief as a self-contained HTML page."""
        return self._rendered("html")

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """Return an ``<iframe>`` for notebooks, which isolates the brief's styles."""
        page = escape(self.to_html(), quote=True)
        return f'<iframe srcdoc="{page}" style="border:0;width:100%;height:32em"></iframe>'

    def _rendered(self, format: Format) -> str:
        from briefing.rendering import render

        return render(self, format)


def _fields(lines: Mapping[Section, Iterable[Line]]) -> dict[str, Any]:
    """Return the fields of a `Brief` that hold these lines."""
    found = {section: tuple(lines.get(section, ())) for section in Section}
    headline = next(iter(found.pop(Section.HEADLINE)), None)
    fields = {s.key: kept for s, kept in found.items() if SECTIONS[s].original}
    more = {s: kept for s, kept in found.items() if kept and not SECTIONS[s].original}
    return {Section.HEADLINE.key: headline, **fields, "more": more}
