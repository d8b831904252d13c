"""The page at `/` as HTML: whole, and in the parts that arrive one after the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.forms import Form
from briefing import __version__
from briefing.article import Article, Sentence
from briefing.brief import Brief, Section
from briefing.config import Settings
from briefing.render import to_json, to_markdown
from briefing.render.layout import PARTS, ROLES, blocks, clean, percent, warnings, web_url

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: its own files, nothing inline, no other host."""
TAGS = {"generated": "Written", "extracted": "Extracted"}
"""What a line's origin is called in its tag."""
Part = Literal["article", "headline", "key-points", "context", "about"]
"""The places of the page that are filled."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence in a paragraph, and what stands between it and the one before."""

    before: str
    index: int
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the article as it is shown; ``part`` is title, subtitle or body."""

    part: str
    pieces: tuple[Piece, ...]


def paragraphs(article: Article) -> Iterator[Paragraph]:
    """The article's text, cut at its sentences' offsets, paragraph by paragraph.

    What no sentence holds, such as a bullet, is kept between them.
    """
    parts = {"title": article.title or "", "subtitle": article.subtitle or "", "body": article.body}
    numbered = enumerate(article.sentences)
    end: dict[str, int] = {}
    for (part, _), found in groupby(numbered, lambda each: (each[1].part, each[1].paragraph)):
        pieces: list[Piece] = []
        for index, sentence in found:
            gap = parts[part][end.get(part, 0) : sentence.start]
            pieces.append(Piece(_between(gap, first=not pieces), index, sentence))
            end[part] = sentence.end
        yield Paragraph(part, tuple(pieces))


def _between(gap: str, *, first: bool) -> str:
    text = clean(gap)
    return f"{text} " if first and text else f" {text} " if text else "" if first else " "


def part_of_article(article: Article) -> str:
    """The article in which lines find their evidence."""
    found = _ENVIRONMENT.get_template("article.html")
    return found.render(article=article, paragraphs=paragraphs(article))


def parts_of_brief(brief: Brief) -> dict[Section, str]:
    """Each section that the brief has, in order."""
    template = _ENVIRONMENT.get_template("section.html")
    return {each.section: template.render(block=each) for each in blocks(brief)}


def part_about(brief: Brief) -> str:
    """What stands below a brief that is done: warnings, model, and the brief to take along."""
    return _ENVIRONMENT.get_template("about.html").render(
        brief=brief,
        notes=warnings(brief),
        markdown=to_markdown(brief),
        json=to_json(brief),
    )


def page(
    settings: Settings,
    *,
    needs_key: bool,
    form: Form | None = None,
    parts: Mapping[Part, str] | None = None,
    headline: str = "",
    problem: Mapping[str, Any] | None = None,
) -> str:
    """The whole page: empty, with a brief's ``parts``, or with what went wrong."""
    return _ENVIRONMENT.get_template("page.html").render(
        form=form or Form(),
        length=(form.value("length") if form else "") or settings.length,
        urls=settings.urls,
        needs_key=needs_key,
        parts={name: Markup(text) for name, text in (parts or {}).items()},  # noqa: S704
        headline=headline,
        problem=problem,
        version=__version__,
    )


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(clean=clean, percent=percent, web_url=web_url, capital=_capital)
    made.globals.update(ROLES=ROLES, TAGS=TAGS, PARTS=PARTS)
    return made


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_ENVIRONMENT = _environment()
