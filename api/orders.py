"""A request body -> what is to be briefed or checked."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from hashlib import sha256
from typing import Any

from api.bodies import JSON, ContentType
from api.errors import InvalidRequest, Mistake, NotJson, UrlInputOff
from api.schemas import ArticleRequest, BriefRequest, CheckRequest, validated
from briefing.article import Article
from briefing.brief import Section
from briefing.errors import BriefingError, EmptyInput
from briefing.plan import Length
from briefing.read import article_from_html, article_from_text, kind_of, read_bytes
from briefing.render import Format

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RawSource:
    """A body that is the article itself, or the page at a URL."""

    data: bytes
    kind: ContentType
    url: str | None = None
    title: str | None = None
    subtitle: str | None = None

    @property
    def is_document(self) -> bool:
        """Whether it is HTML or a PDF, whatever it is declared as: what can be a bomb."""
        return kind_of(self.data, self.kind.name) != "text"

    @property
    def job(self) -> Callable[[], Article]:
        """Reads the article in it. Raises InputError."""
        return partial(
            read_bytes,
            self.data,
            content_type=self.kind.name,
            charset=self.kind.charset,
            url=self.url,
            title=self.title,
            subtitle=self.subtitle,
        )


@dataclass(frozen=True, slots=True)
class JsonSource:
    """An article in the fields of an object, none of them empty."""

    title: str | None
    subtitle: str | None
    text: str | None
    html: str | None

    @property
    def is_document(self) -> bool:
        """Whether it is HTML, which can be a bomb."""
        return bool(self.html)

    @property
    def job(self) -> Callable[[], Article]:
        """Reads the article in it. Raises InputError."""
        if self.html:
            return partial(article_from_html, self.html, title=self.title, subtitle=self.subtitle)
        # An object has a field for the title: where it is empty, the text's first line is body.
        title = self.title or ""
        return partial(article_from_text, self.text or "", title=title, subtitle=self.subtitle)


@dataclass(frozen=True, slots=True)
class UrlSource:
    """Where the article is; it has to be fetched first."""

    url: str
    title: str | None
    subtitle: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """An article that is still to be read, and what is wanted of it.

    ``length`` and ``format`` are None where the request names none.
    """

    source: RawSource | JsonSource | UrlSource
    sections: tuple[Section, ...] = tuple(Section)
    length: Length | None = None
    format: Format | None = None

    def digest(self, *more: str) -> bytes:
        """A hash of all that a brief is made from, ``more`` included; not of its format.

        Not for a URL, whose page may change: for the page once it is fetched.
        """
        found = sha256(type(self.source).__name__.encode())
        parts = (getattr(self.source, field.name) for field in fields(self.source))
        for part in (*parts, *self.sections, self.length, *more):
            data = part if isinstance(part, bytes) else repr(part).encode()
            found.update(b"%d:" % len(data))
            found.update(data)
        return found.digest()


def read_order(body: bytes, kind: ContentType, *, urls: bool = False) -> Order:
    """Read a body; ``urls`` says whether it may name one. It takes a moment for megabytes of JSON.

    Raises:
        RequestError: JSON with a mistake in it. EmptyInput: it holds no article.
    """
    if kind.name != JSON:
        return Order(RawSource(body, kind))
    asked = validated(BriefRequest, _object(_parsed(body)))
    return _order(asked, asked.format, urls)


def read_orders(body: bytes, most: int, *, urls: bool = False) -> list[Order | BriefingError]:
    """Read a list of articles; one with a mistake in it becomes an error in its place.

    Raises:
        RequestError: it is no JSON, no list, empty, or longer than ``most``.
    """
    data = _parsed(body)
    if not isinstance(data, list):
        raise InvalidRequest([Mistake("#", "Input should be a list of articles")])
    if not 1 <= len(data) <= most:
        said = f"List should have 1 to {most} articles, not {len(data)}"
        raise InvalidRequest([Mistake("#", said)])
    return [_item(item, urls) for item in data]


def read_check(body: bytes) -> CheckRequest:
    """Read a text to check and the article to check it against.

    Raises:
        RequestError: JSON with a mistake in it. EmptyInput: one of the two has no text.
    """
    asked = validated(CheckRequest, _object(_parsed(body)))
    for name in ("text", "claim"):
        if not getattr(asked, name).strip():
            raise EmptyInput(f"'{name}' has no text. Send the article as 'text', and a 'claim'.")
    return asked


def _item(data: Any, urls: bool) -> Order | BriefingError:
    try:
        return _order(validated(ArticleRequest, _object(data)), None, urls)
    except BriefingError as error:
        return error.with_traceback(None)


def _order(asked: ArticleRequest, form: Format | None, urls: bool) -> Order:
    if asked.url and not urls:
        raise UrlInputOff(
            "Reading URLs is off in this service. Send the article as 'text' or 'html'."
        )
    if not (asked.url or asked.text or asked.html):
        raise EmptyInput("There is no article. Send it as 'text' or 'html'.")
    wanted = asked.sections or Section
    sections = tuple(section for section in Section if section in wanted)
    return Order(_source(asked), sections, asked.length, form)


def _source(asked: ArticleRequest) -> JsonSource | UrlSource:
    title, subtitle = asked.title or None, asked.subtitle or None
    if asked.url:
        return UrlSource(asked.url, title, subtitle)
    return JsonSource(title, subtitle, asked.text or None, asked.html or None)


def _parsed(body: bytes) -> Any:
    if not body.strip():
        raise EmptyInput("The body is empty. Send JSON, with the article as 'text' or 'html'.")
    try:
        return json.loads(body)
    except UnicodeDecodeError as error:
        raise NotJson(f"The body is not valid UTF-8, at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"The body is not valid JSON: {error.msg}, {place}.") from error
    except (ValueError, RecursionError) as error:
        raise NotJson("The body is JSON beyond what is read: nested too deep.") from error


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidRequest([Mistake("#", "Input should be an object")])
    return {_readable(name): _readable(value) for name, value in data.items()}


def _readable(value: Any) -> Any:
    """Lone surrogates, which JSON can name but nothing can encode, become U+FFFD."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value
