"""Serialise briefs to JSON, by the schema ``briefing.brief/1``, and parse them.

The schema is ``brief.schema.json`` beside this file. Fields are only ever added, so readers ignore
unknown ones. Documents are untrusted; errors name the path of the invalid field.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, TypeVar, cast, get_args

from briefing.briefs import (
    SCHEMA,
    Article,
    Brief,
    Insertion,
    Line,
    ModelInfo,
    Origin,
    Part,
    Sentence,
)
from briefing.errors import InputError
from briefing.sections import LISTS, SECTIONS, Role, Section

Choice = TypeVar("Choice", bound=str)
_MAX = sys.float_info.max


class Fields:
    """Typed access to the fields of a JSON object.

    Every method raises InputError if the field is missing or of another type.
    """

    def __init__(self, value: Any, path: str = "document") -> None:
        if not isinstance(value, Mapping):
            raise InputError(f"{path} must be an object; send a document produced by Briefing")
        self._value = value
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def wrong(self, key: str, expected: str) -> InputError:
        """Return the error for an invalid field."""
        return InputError(f"{self._path}.{key} must be {expected}")

    def text(self, key: str) -> str:
        """Return a string."""
        value: str = self._get(key, str, "a string")
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a string or None."""
        value: str | None = self._get(key, (str, type(None)), "a string or null")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of strings."""
        values = self._array(key)
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(key, "an array of strings")
        return tuple(values)

    def one_of(self, key: str, values: Iterable[Choice]) -> Choice:
        """Return the member of ``values`` that equals the string."""
        return self._match(key, self.text(key), values)

    def some_of(self, key: str, values: Iterable[Choice]) -> tuple[Choice, ...]:
        """Return the members of ``values`` that equal the strings of an array."""
        allowed = tuple(values)
        return tuple(self._match(key, text, allowed) for text in self.texts(key))

    def count(self, key: str) -> int:
        """Return an integer of 0 or more."""
        value: int = self._get(key, int, "an integer")
        if value < 0:
            raise self.wrong(key, "an integer of 0 or more")
        return value

    def indices(self, key: str, below: int) -> tuple[int, ...]:
        """Return a non-empty array of integers in ``0..below-1``."""
        values = self._array(key)
        if not values or not all(type(item) is int and 0 <= item < below for item in values):
            raise self.wrong(key, f"an array of at least one index, each in 0..{below - 1}")
        return tuple(values)

    def number(self, key: str, low: float = -_MAX, high: float = _MAX) -> float:
        """Return a finite number in ``low..high``."""
        value = self._get(key, (int, float), "a number")
        if not low <= value <= high:
            raise self.wrong(key, f"a number in {low:g}..{high:g}")
        return float(value)

    def object(self, key: str) -> "Fields":
        """Return an object."""
        return Fields(self._value.get(key), f"{self._path}.{key}")

    def optional_object(self, key: str) -> "Fields | None":
        """Return an object or None."""
        return None if self._get(key, object, "an object or null") is None else self.object(key)

    def objects(self, key: str) -> list["Fields"]:
        """Return an array of objects."""
        values = enumerate(self._array(key))
        return [Fields(value, f"{self._path}.{key}[{place}]") for place, value in values]

    def _array(self, key: str) -> list[Any]:
        value: list[Any] = self._get(key, list, "an array")
        return value

    def _get(self, key: str, kind: type | tuple[type, ...], expected: str) -> Any:
        """Return the value at ``key``, which must be of ``kind``; booleans are not numbers."""
        if key not in self._value:
            raise self.wrong(key, "present")
        value = self._value[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.wrong(key, expected)
        return value

    def _match(self, key: str, text: str, values: Iterable[Choice]) -> Choice:
        allowed = tuple(values)
        if text not in allowed:
            raise self.wrong(key, f"one of {', '.join(allowed)}")
        return allowed[allowed.index(text)]


DIGITS = 4
# Valid in JSON but unsafe in a terminal: C1 controls, bidi controls, line separators. Lone
# surrogates cannot be encoded.
_ESCAPED = re.compile(
    "[\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
_ORIGINS: tuple[Origin, ...] = get_args(Origin)
_PARTS: tuple[Part, ...] = get_args(Part)
_PARAGRAPHS: dict[Part, int] = {"title": -2, "subtitle": -1, "body": 0}


@dataclass(frozen=True, slots=True)
class ReceivedArticle(Article):
    """An article from a document: ``body`` is empty, ``counted`` is its number of words."""

    counted: int = 0

    @property
    def words(self) -> int:
        """The number of words in the body, from the document."""
        return self.counted


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12): that of ``brief.schema.json``, with all sections."""
    file = resources.files("briefing.rendering") / "brief.schema.json"
    document = cast("dict[str, Any]", json.loads(file.read_text("utf-8")))
    properties = document["properties"]
    properties["sections"]["items"]["enum"] = [section.value for section in Section]
    one, several = {"$ref": "#/$defs/line"}, {"$ref": "#/$defs/role_line"}
    for section in Section:
        form: dict[str, Any] = {"type": "array", "items": several}
        if section is Section.HEADLINE:
            form = {"oneOf": [one, {"type": "null"}]}
        properties[section.key] = {**form, "description": SECTIONS[section].about}
    return document


def to_json(brief: Brief, *, indent: int | None = 2) -> str:
    """Return ``brief`` as JSON, ending in a newline; on one line if ``indent`` is None.

    Characters that a terminal might interpret are escaped.
    """
    text = json.dumps(to_document(brief), ensure_ascii=False, allow_nan=False, indent=indent)
    return terminal_safe(text) + "\n"


def terminal_safe(text: str) -> str:
    """Escape characters in JSON text that a terminal might interpret."""
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def to_document(brief: Brief) -> dict[str, Any]:
    """Return ``brief`` as dictionaries and lists, ready for JSON."""
    return {
        "schema": SCHEMA,
        "sections": [section.value for section in brief.sections],
        Section.HEADLINE.key: _headline(brief.headline) if brief.headline else None,
        **{section.key: [_line(line) for line in brief.of(section)] for section in LISTS},
        "article": _article(brief),
        "model": asdict(brief.model),
        "warnings": list(brief.warnings),
    }


def from_document(document: Any) -> Brief:
    """Parse a document.

    The schema has neither the body, nor paragraphs, nor the role of a headline: the article is a
    ReceivedArticle with an empty body, its body sentences are all in paragraph 0, and the
    headline's role is that of a main event. ``to_document`` restores the document, without fields
    unknown to version 1.

    Raises:
        InputError: the document is invalid.
    """
    fields = Fields(document)
    if fields.text("schema") != SCHEMA:
        raise fields.wrong("schema", f"{SCHEMA!r}, the supported version")
    article = fields.object("article")
    sentences = article.objects("sentences")
    return Brief.of_lines(
        {section: _read_section(fields, section, len(sentences)) for section in Section},
        article=_read_article(article, sentences),
        roles=tuple(sentence.one_of("role", Role) for sentence in sentences),
        salience=tuple(sentence.number("salience") for sentence in sentences),
        model=_read_model(fields.object("model")),
        sections=_read_sections(fields),
        warnings=fields.texts("warnings"),
    )


def _headline(line: Line) -> dict[str, Any]:
    document: dict[str, Any] = {
        "text": line.text,
        "evidence": list(line.evidence),
        "support": _number(line.support),
        "origin": line.origin,
    }
    if line.inserted:
        document["inserted"] = [asdict(inserted) for inserted in line.inserted]
    return document


def _line(line: Line) -> dict[str, Any]:
    return {**_headline(line), "role": line.role.value}


def _article(brief: Brief) -> dict[str, Any]:
    article = brief.article
    planned = zip(article.sentences, brief.roles, brief.salience, strict=True)
    return {
        "title": article.title,
        "subtitle": article.subtitle,
        "url": article.url,
        "published": article.published,
        "language": article.language,
        "words": article.words,
        "sentences": [_sentence(*each) for each in planned],
    }


def _sentence(sentence: Sentence, role: Role, salience: float) -> dict[str, Any]:
    return {
        "part": sentence.part,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "role": role.value,
        "salience": _number(salience),
    }


def _number(value: float) -> float:
    return round(float(value), DIGITS)


def _read_section(fields: Fields, section: Section, sentences: int) -> tuple[Line, ...]:
    """Return the lines of a section; an older document lacks those that came later."""
    key = section.key
    if key not in fields and not SECTIONS[section].original:
        return ()
    if section is Section.HEADLINE:
        headline = fields.optional_object(key)
        return (_read_line(headline, sentences, Role.MAIN_EVENT),) if headline else ()
    return tuple(
        _read_line(line, sentences, line.one_of("role", Role)) for line in fields.objects(key)
    )


def _read_line(fields: Fields, sentences: int, role: Role) -> Line:
    return Line(
        text=fields.text("text"),
        evidence=fields.indices("evidence", sentences),
        support=fields.number("support", 0, 1),
        origin=fields.one_of("origin", _ORIGINS),
        role=role,
        inserted=tuple(
            Insertion(one.count("start"), one.count("end"), one.count("evidence"))
            for one in (fields.objects("inserted") if "inserted" in fields else ())
        ),
    )


def _read_article(fields: Fields, sentences: list[Fields]) -> ReceivedArticle:
    return ReceivedArticle(
        title=fields.optional_text("title"),
        subtitle=fields.optional_text("subtitle"),
        body="",
        sentences=tuple(map(_read_sentence, sentences)),
        language=fields.text("language"),
        url=fields.optional_text("url"),
        published=fields.optional_text("published"),
        counted=fields.count("words"),
    )


def _read_sentence(fields: Fields) -> Sentence:
    part = fields.one_of("part", _PARTS)
    start, end = fields.count("start"), fields.count("end")
    if start > end:
        raise fields.wrong("end", "an offset not before 'start'")
    return Sentence(part, start, end, fields.text("text"), _PARAGRAPHS[part])


def _read_model(fields: Fields) -> ModelInfo:
    return ModelInfo(
        name=fields.text("name"),
        revision=fields.text("revision"),
        backend=fields.text("backend"),
        device=fields.text("device"),
        dtype=fields.text("dtype"),
        reason=fields.text("reason") if "reason" in fields else "",
    )


def _read_sections(fields: Fields) -> tuple[Section, ...]:
    if "sections" not in fields:
        return tuple(section for section in Section if section.key in fields)
    return fields.some_of("sections", Section)
