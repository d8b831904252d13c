"""Shapes at the edge: the JSON body of a request, and a problem document."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Annotated, Any, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.errors import Mistake
from briefing.brief import Section
from briefing.plan import Length

MOST_MISTAKES = 10
"""Mistakes that one answer names."""
_MOST_CHARACTERS = 80


class BriefRequest(BaseModel):
    """An article to brief, as ``text`` or ``html``.

    A text without ``title`` has none: its first line is part of the body.
    """

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str | None, Field(description="The article's title.")] = None
    subtitle: Annotated[str | None, Field(description="Its standfirst.")] = None
    text: Annotated[str | None, Field(description="Its body, as plain text.")] = None
    html: Annotated[str | None, Field(description="The page it is on, as HTML.")] = None
    sections: Annotated[
        list[Section] | None, Field(min_length=1, description="Sections wanted; default: all.")
    ] = None
    length: Annotated[
        Length | None, Field(description="How much to write; default: as the service is set.")
    ] = None

    @model_validator(mode="after")
    def _one_article(self) -> Self:
        if self.text and self.html:
            raise ValueError("give 'text' or 'html', not both")
        return self


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


def mistakes(errors: Iterable[Mapping[str, Any]]) -> list[Mistake]:
    """Pydantic's errors by place and message, without the values given."""
    return [Mistake(_pointer(each["loc"]), _detail(each)) for each in islice(errors, MOST_MISTAKES)]


def _pointer(place: Iterable[str | int]) -> str:
    """``("sections", 0)`` -> ``#/sections/0``."""
    steps = (str(step)[:_MOST_CHARACTERS] for step in place)
    return "#" + "".join(
        "/" + quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in steps
    )


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return f"unknown field; known are {', '.join(BriefRequest.model_fields)}"
    message: str = error["msg"]
    return message.removeprefix("Value error, ")
