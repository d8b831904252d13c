"""A brief as JSON, by the contract ``briefing.brief/1``, and back.

``brief.schema.json`` beside this file describes the contract. Fields are only ever added to it,
so a reader ignores those it does not know.
"""

import json
import re
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, cast, get_args

from briefing.article import Article, Part, Sentence
from briefing.brief import SCHEMA, Brief, Insertion, Line, ModelInfo, Origin, Role, Section
from briefing.render.fields import Fields

DIGITS = 4
# Harmless in JSON, not in a terminal that shows it: C1 controls, bidi controls, line separators.
# Lone surrogates could not be encoded at all.
_ESCAPED = re.compile(
    "[\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
_ORIGINS: tuple[Origin, ...] = get_args(Origin)
_PARTS: tuple[Part, ...] = get_args(Part)
_PARAGRAPHS: dict[Part, int] = {"title": -2, "subtitle": -1, "body": 0}


@dataclass(frozen=True, slots=True)
class ReceivedArticle(Article):
    """An article known from a document: ``body`` is empty, but its words have been counted."""

    counted: int = 0

    @property
    def words(self) -> int:
        """Number of words in the body, as the document says."""
        return self.counted


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the contract."""
    file = resources.files("briefing.render") / "brief.schema.json"
    return cast("dict[str, Any]", json.loads(file.read_text("utf-8")))


def to_json(brief: Brief, *, indent: int | None = 2) -> str:
    """``brief`` as JSON text, ending in a newline; on one line where ``indent`` is None.

    Characters that a terminal might act on are escaped.
    """
    text = json.dumps(to_document(brief), ensure_ascii=False, allow_nan=False, indent=indent)
    return inert(text) + "\n"


def inert(text: str) -> str:
    """JSON text with the characters escaped that a terminal might act on."""
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def to_document(brief: Brief) -> dict[str, Any]:
    """``brief`` as plain dictionaries and lists, ready for JSON."""
    return {
        "schema": SCHEMA,
        "sections": [section.value for section in brief.sections],
        "headline": _headline(brief.headline) if brief.headline else None,
        "key_points": [_line(line) for line in brief.key_points],
        "context": [_line(line) for line in brief.context],
        "article": _article(brief),
        "model": asdict(brief.model),
        "warnings": list(brief.warnings),
    }


def from_document(document: Any) -> Brief:
    """The brief that ``document`` describes.

    The contract holds neither the body, nor paragraphs, nor a headline's role: the article is a
    ReceivedArticle with an empty body, its body sentences are all in paragraph 0, and the
    headline's role is that of a main event. ``to_document`` gives the same document again, less
    the fields that version 1 does not know. Raises InputError where it is malformed.
    """
    fields = Fields(document)
    if fields.text("schema") != SCHEMA:
        raise fields.wrong("schema", f"{SCHEMA!r}, the version that is read here")
    article = fields.object("article")
    sentences = article.objects("sentences")
    return Brief(
        headline=_read_headline(fields, len(sentences)),
        key_points=_read_lines(fields, "key_points", len(sentences)),
        context=_read_lines(fields, "context", len(sentences)),
        article=_read_article(article, sentences),
        roles=tuple(sentence.one_of("role", Role) for sentence in sentences),
        salience=tuple(sentence.number("salience") for sentence in sentences),
        model=_read_model(fields.object("model")),
        sections=_read_sections(fields),
        warnings=fields.texts("warnings"),
    )


def _headline(line: Line) -> dict[str, Any]:
    found: dict[str, Any] = {
        "text": line.text,
        "evidence": list(line.evidence),
        "support": _number(line.support),
        "origin": line.origin,
    }
    if line.inserted:
        found["inserted"] = [asdict(inserted) for inserted in line.inserted]
    return found


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


def _read_headline(fields: Fields, sentences: int) -> Line | None:
    headline = fields.optional_object("headline")
    return _read_line(headline, sentences, Role.MAIN_EVENT) if headline else None


def _read_lines(fields: Fields, key: str, sentences: int) -> tuple[Line, ...]:
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
        raise fields.wrong("end", "an offset that is not before 'start'")
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
        return tuple(Section)
    return fields.some_of("sections", Section)
