"""A request body -> what is to be briefed."""

import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from api.bodies import JSON, ContentType
from api.errors import InvalidRequest, Mistake, NotJson, UrlInputOff
from api.schemas import BriefRequest, mistakes
from briefing.article import Article
from briefing.brief import Section
from briefing.errors import EmptyInput
from briefing.plan import Length
from briefing.read import article_from_html, article_from_text, read_bytes

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Order:
    """An article and what is wanted of it; ``length`` is None where the request names none."""

    article: Article
    sections: tuple[Section, ...] = tuple(Section)
    length: Length | None = None


def read_order(body: bytes, kind: ContentType) -> Order:
    """Read a body. This blocks, for a PDF up to a minute.

    Raises:
        RequestError: JSON with a mistake in it. InputError: no article that can be briefed.
    """
    if kind.name == JSON:
        return _from_json(body)
    return Order(read_bytes(body, content_type=kind.name, charset=kind.charset))


def _from_json(body: bytes) -> Order:
    data = _object(body)
    if "url" in data:
        raise UrlInputOff(
            "Reading URLs is off in this service. Send the article as 'text' or 'html'."
        )
    try:
        asked = BriefRequest.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        raise InvalidRequest(mistakes(found)) from error
    return Order(_article(asked), tuple(asked.sections or Section), asked.length)


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise EmptyInput("The body is empty. Send a JSON object with 'text' or 'html'.")
    try:
        data = json.loads(body)
    except UnicodeDecodeError as error:
        raise NotJson(f"The body is not valid UTF-8, at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"The body is not valid JSON: {error.msg}, {place}.") from error
    except (ValueError, RecursionError) as error:
        raise NotJson("The body is JSON beyond what is read: nested too deep.") from error
    if not isinstance(data, dict):
        raise InvalidRequest([Mistake("#", "Input should be an object")])
    return {_readable(name): _readable(value) for name, value in data.items()}


def _readable(value: Any) -> Any:
    """Lone surrogates, which JSON can name but nothing can encode, become U+FFFD."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value


def _article(asked: BriefRequest) -> Article:
    title, subtitle = asked.title or None, asked.subtitle or None
    if asked.html:
        return article_from_html(asked.html, title=title, subtitle=subtitle)
    if not asked.text:
        raise EmptyInput("There is no article. Send it as 'text' or 'html'.")
    # An object has a field for the title: where it is empty, the text's first line is body.
    return article_from_text(asked.text, title=title or "", subtitle=subtitle)
