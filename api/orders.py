"""A request body -> what is to be briefed or checked."""

import json
import re
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

from api.bodies import JSON, ContentType
from api.errors import InvalidRequest, Mistake, NotJson, UrlInputOff
from api.schemas import ArticleRequest, BriefRequest, CheckRequest, validated
from briefing.article import Article
from briefing.brief import Section
from briefing.errors import BriefingError, EmptyInput
from briefing.plan import Length
from briefing.read import article_from_html, article_from_text, read_bytes
from briefing.render import Format

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RawSource:
    """A body that is the article itself."""

    data: bytes
    kind: ContentType

    def read(self) -> Article:
        """The article in it. This blocks, for a PDF up to a minute. Raises InputError."""
        return read_bytes(self.data, content_type=self.kind.name, charset=self.kind.charset)


@dataclass(frozen=True, slots=True)
class JsonSource:
    """An article in the fields of an object, none of them empty."""

    title: str | None
    subtitle: str | None
    text: str | None
    html: str | None

    def read(self) -> Article:
        """The article in it. This blocks. Raises InputError."""
        if self.html:
            return article_from_html(self.html, title=self.title, subtitle=self.subtitle)
        # An object has a field for the title: where it is empty, the text's first line is body.
        return article_from_text(self.text or "", title=self.title or "", subtitle=self.subtitle)


@dataclass(frozen=True, slots=True)
class Order:
    """An article that is still to be read, and what is wanted of it.

    ``length`` and ``format`` are None where the request names none.
    """

    source: RawSource | JsonSource
    sections: tuple[Section, ...] = tuple(Section)
    length: Length | None = None
    format: Format | None = None

    def digest(self, *more: str) -> bytes:
        """A hash of all that a brief is made from, ``more`` included; not of its format."""
        found = sha256(type(self.source).__name__.encode())
        parts = (getattr(self.source, field.name) for field in fields(self.source))
        for part in (*parts, *self.sections, self.length, *more):
            data = part if isinstance(part, bytes) else repr(part).encode()
            found.update(b"%d:" % len(data))
            found.update(data)
        return found.digest()


def read_order(body: bytes, kind: ContentType) -> Order:
    """Read a body. This takes a moment for megabytes of JSON.

    Raises:
        RequestError: JSON with a mistake in it. EmptyInput: it holds no article.
    """
    if kind.name != JSON:
        return Order(RawSource(body, kind))
    asked = validated(BriefRequest, _object(_parsed(body)))
    return _order(asked, asked.format)


def read_orders(body: bytes, most: int) -> list[Order | BriefingError]:
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
    return [_item(item) for item in data]


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


def _item(data: Any) -> Order | BriefingError:
    try:
        return _order(validated(ArticleRequest, _object(data)), None)
    except BriefingError as error:
        return error.with_traceback(None)


def _order(asked: ArticleRequest, form: Format | None) -> Order:
    if asked.url:
        raise UrlInputOff(
            "Reading URLs is off in this service. Send the article as 'text' or 'html'."
        )
    source = JsonSource(
        asked.title or None, asked.subtitle or None, asked.text or None, asked.html or None
    )
    if not (source.text or source.html):
        raise EmptyInput("There is no article. Send it as 'text' or 'html'.")
    wanted = asked.sections or Section
    sections = tuple(section for section in Section if section in wanted)
    return Order(source, sections, asked.length, form)


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
