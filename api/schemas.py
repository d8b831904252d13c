"""Shapes at the edge: the JSON body of a request, and a problem document."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.errors import InvalidRequest, Mistake
from briefing.brief import Section
from briefing.plan import Length
from briefing.render import Format

MOST_MISTAKES = 10
"""Mistakes that one answer names."""
MOST_CLAIM = 20_000
"""Characters of a text to check."""
_MOST_CHARACTERS = 80


class DigestItem(BaseModel):
    """An edition in the list of them; ``headline`` is that of its first story."""

    date: date
    title: str
    made: datetime
    stories: int
    minutes: float
    headline: str | None
    url: str


class DigestsAnswer(BaseModel):
    """The editions that there are, newest first."""

    digests: list[DigestItem]


class ArticleRequest(BaseModel):
    """An article to brief, as ``text``, ``html`` or ``url``.

    A text without ``title`` has none: its first line is part of the body.
    """

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str | None, Field(description="The article's title.")] = None
    subtitle: Annotated[str | None, Field(description="Its standfirst.")] = None
    text: Annotated[str | None, Field(description="Its body, as plain text.")] = None
    html: Annotated[str | None, Field(description="The page it is on, as HTML.")] = None
    url: Annotated[
        str | None, Field(description="Where the page is; only where the service reads URLs.")
    ] = None
    sections: Annotated[
        list[Section] | None, Field(min_length=1, description="Sections wanted; default: all.")
    ] = None
    length: Annotated[
        Length | None, Field(description="How much to write; default: as the service is set.")
    ] = None

    @model_validator(mode="after")
    def _one_article(self) -> Self:
        given = [f"'{name}'" for name in ("text", "html", "url") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"give {' or '.join(given)}, not both")
        return self


class BriefRequest(ArticleRequest):
    """An article to brief, and the format of the answer where Accept is not to say it."""

    format: Annotated[Format | None, Field(description="Goes before the Accept header.")] = None


class CheckRequest(BaseModel):
    """A text to check against an article."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(description="The article's text.")]
    claim: Annotated[
        str,
        Field(max_length=MOST_CLAIM, description="What is to be checked, sentence by sentence."),
    ]


class CheckedClaim(BaseModel):
    """One sentence of what was checked, or a fact in it, and its verdict."""

    text: str
    kind: Annotated[str, Field(description="sentence, name, number, date, quotation or word")]
    supported: bool
    finding: Literal["supported", "refuted", "not found"]
    evidence: Annotated[list[int], Field(description="Indices into ``sentences``.")]
    reason: str


class CheckAnswer(BaseModel):
    """Whether a text is supported by an article, and which of its claims are."""

    supported: bool
    score: Annotated[float, Field(ge=0, le=1)]
    claims: list[CheckedClaim]
    sentences: Annotated[list[str], Field(description="The article's.")]


class ModelDocument(BaseModel):
    """A model that briefs are written with."""

    name: str
    revision: str
    backend: str
    device: str
    dtype: str
    reason: Annotated[str, Field(description="Why it runs there.")]
    languages: Annotated[list[str], Field(description="ISO 639-1 codes; * is any.")]


class ModelsAnswer(BaseModel):
    """The models in use."""

    models: list[ModelDocument]


class MistakeDocument(BaseModel):
    """One mistake in a JSON body."""

    pointer: Annotated[str, Field(description="JSON pointer as a URI fragment.")]
    detail: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: Annotated[str, Field(description="Stable; what a program should look at.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What is wrong this time, and what to do.")] = ""
    errors: Annotated[
        list[MistakeDocument] | None, Field(description="Only with 'invalid-request'.")
    ] = None


_Model = TypeVar("_Model", bound=BaseModel)


def validated(model: type[_Model], data: Any) -> _Model:
    """``data`` as ``model``.

    Raises:
        InvalidRequest: names the mistakes by place and message, without the values given.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        known = ", ".join(model.model_fields)
        raise InvalidRequest(
            [Mistake(_pointer(e["loc"]), _detail(e, known)) for e in islice(found, MOST_MISTAKES)]
        ) from error


def _pointer(place: Iterable[str | int]) -> str:
    """``("sections", 0)`` -> ``#/sections/0``."""
    steps = (str(step)[:_MOST_CHARACTERS] for step in place)
    return "#" + "".join(
        "/" + quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in steps
    )


def _detail(error: Mapping[str, Any], known: str) -> str:
    if error["type"] == "extra_forbidden":
        return f"unknown field; known are {known}"
    message: str = error["msg"]
    return message.removeprefix("Value error, ")
