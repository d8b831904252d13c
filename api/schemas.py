"""Pydantic models of JSON request and response bodies."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    model_validator,
)

from briefing.api.problems import InvalidRequest, Mistake
from briefing.config import own_words
from briefing.options import Format, Length, checked_length
from briefing.sections import Section

MOST_MISTAKES = 10
"""Validation errors listed in one response."""
MOST_CLAIM = 20_000
"""Maximum length of a claim, in characters."""
MOST_TITLE = 3_000
"""Maximum length of a title or a standfirst, in characters."""
MOST_ADDRESS = 8_000
"""Maximum length of a URL, in characters (RFC 9110, 4.1)."""
_MOST_NAME = 40
"""Maximum length of the name of a length of a brief, which an error quotes."""
LENGTH_PATTERN = r"^(short|standard|long|[1-9]\d{0,4} ?(sentences?|words?)|([1-9]\d?|100) ?%)$"
"""A `Length`, for those who read the description of the API."""
_MOST_CHARACTERS = 80


class DigestItem(BaseModel):
    """An edition in the list of editions; ``headline`` is that of its first story."""

    date: date
    title: str
    made: datetime
    stories: int
    minutes: float
    headline: str | None
    url: str


class DigestsAnswer(BaseModel):
    """The list of editions, newest first."""

    digests: list[DigestItem]


class ArticleRequest(BaseModel):
    """An article to brief, as ``text``, ``html`` or ``url``.

    ``text`` without ``title`` has no title: its first line is part of the body.
    """

    model_config = ConfigDict(extra="forbid")

    title: Annotated[
        str | None, Field(max_length=MOST_TITLE, description="The article's title.")
    ] = None
    subtitle: Annotated[
        str | None, Field(max_length=MOST_TITLE, description="The article's standfirst.")
    ] = None
    text: Annotated[str | None, Field(description="The article's body, as plain text.")] = None
    html: Annotated[str | None, Field(description="The article's page, as HTML.")] = None
    url: Annotated[
        str | None,
        Field(max_length=MOST_ADDRESS, description="The URL of the page, if URL input is enabled."),
    ] = None
    sections: Annotated[
        list[Section] | None,
        Field(min_length=1, description="Sections to write; default: all."),
    ] = None
    length: Annotated[
        Annotated[Length, Field(max_length=_MOST_NAME), AfterValidator(checked_length)] | None,
        Field(
            json_schema_extra={"pattern": LENGTH_PATTERN},
            description="Length of the brief: short, standard or long, or at most so much: "
            '"5 sentences", "80 words", "20%", but one whole line at least. '
            "Default: the service's setting.",
        ),
    ] = None

    extractive: Annotated[
        StrictBool | None,
        Field(description="Use only the article's own sentences, in any language; no model."),
    ] = None

    @model_validator(mode="after")
    def _one_article(self) -> Self:
        inputs = [f"'{name}'" for name in ("text", "html", "url") if getattr(self, name)]
        if len(inputs) > 1:
            raise ValueError(f"give {' or '.join(inputs)}, not both")
        return self


class BriefRequest(ArticleRequest):
    """An article to brief, and optionally the format of the response."""

    format: Annotated[Format | None, Field(description="Overrides the Accept header.")] = None


class JobRequest(BaseModel):
    """Articles to brief in the background, and where to tell that they are done."""

    model_config = ConfigDict(extra="forbid")

    articles: Annotated[list[Any], Field(min_length=1, description="As for /v1/briefs/batch.")]
    webhook: Annotated[
        str | None,
        Field(max_length=2_000, description="URL that is called once the job is done, signed."),
    ] = None


class JobDocument(BaseModel):
    """A job, and its results once it is done."""

    id: str
    status: Literal["queued", "running", "done"]
    total: int
    done: Annotated[int, Field(description="Articles that are done.")]
    failed: Annotated[int, Field(description="Articles of these that have a problem.")]
    created: datetime
    finished: datetime | None
    webhook: str | None
    url: str
    results: Annotated[
        list[dict[str, Any]] | None,
        Field(description="As the answer of /v1/briefs/batch; once ``status`` is done."),
    ] = None


class CheckRequest(BaseModel):
    """A text to check against an article."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(description="The article's text.")]
    claim: Annotated[
        str,
        Field(max_length=MOST_CLAIM, description="The text to check, sentence by sentence."),
    ]


class ClaimDocument(BaseModel):
    """A sentence of the claim, or a fact in it, with its verdict."""

    text: str
    kind: Annotated[str, Field(description="sentence, name, number, date, quotation, word or role")]
    supported: bool
    finding: Literal["supported", "refuted", "not found"]
    score: Annotated[float, Field(ge=0, le=1, description="The probability of the sentence.")]
    evidence: Annotated[
        list[int],
        Field(description="Indices into ``sentences``; of a fact those that hold or refute it."),
    ]
    reason: str


class CheckAnswer(BaseModel):
    """Whether a text is supported by an article, overall and claim by claim."""

    supported: bool
    score: Annotated[float, Field(ge=0, le=1)]
    claims: list[ClaimDocument]
    sentences: Annotated[list[str], Field(description="The article's sentences.")]


class ModelDocument(BaseModel):
    """A model that writes briefs."""

    name: str
    revision: str
    backend: str
    device: str
    dtype: str
    reason: Annotated[str, Field(description="Why this back end and device were chosen.")]
    languages: Annotated[list[str], Field(description="ISO 639-1 codes; * is any.")]


class ModelsAnswer(BaseModel):
    """The models in use."""

    models: list[ModelDocument]


class InfoLimits(BaseModel):
    """Limits of the service; times in seconds, sizes in bytes."""

    max_body: int
    max_batch: int
    queue: int
    request_timeout: float
    batch_timeout: float
    cache_seconds: float


class InfoAnswer(BaseModel):
    """What the service is and takes."""

    version: str
    ready: bool
    model: Annotated[str | None, Field(description="Its name, once it is loaded.")]
    languages: Annotated[list[str], Field(description="ISO 639-1 codes; * is any.")]
    extractive: Annotated[bool, Field(description="Briefs without the model, in any language.")]
    urls: Annotated[bool, Field(description="Whether articles are read from URLs.")]
    webhooks: Annotated[bool, Field(description="Whether jobs may name a webhook.")]
    sections: list[str]
    lengths: list[str]
    length_forms: Annotated[
        list[str],
        Field(description="Other lengths, by example: at most so much, or so much of the article."),
    ]
    inputs: Annotated[list[str], Field(description="Content types of an article.")]
    outputs: Annotated[list[str], Field(description="Media types of a brief.")]
    limits: InfoLimits


class MistakeDocument(BaseModel):
    """A validation error of a JSON body."""

    pointer: Annotated[str, Field(description="JSON pointer as a URI fragment.")]
    detail: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: Annotated[str, Field(description="Stable identifier for programs.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What is wrong, and what to do.")] = ""
    errors: Annotated[
        list[MistakeDocument] | None, Field(description="Only with 'invalid-request'.")
    ] = None
    language: Annotated[
        str | None, Field(description="Only with 'unsupported-language': the article's.")
    ] = None
    supported: Annotated[
        list[str] | None, Field(description="Only with 'unsupported-language': the model's.")
    ] = None


_Model = TypeVar("_Model", bound=BaseModel)


def validated(model: type[_Model], data: Any) -> _Model:
    """Validate ``data`` as ``model``.

    Raises:
        InvalidRequest: lists the errors by pointer and message, without the input values.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_input=False, include_url=False, include_context=False)
        known = ", ".join(model.model_fields)
        raise InvalidRequest(
            [Mistake(_pointer(e["loc"]), _detail(e, known)) for e in islice(errors, MOST_MISTAKES)]
        ) from error


def as_length(value: str, pointer: str) -> Length:
    """Return the length of a brief that is not in JSON, at ``pointer`` of the request.

    Raises:
        InvalidRequest: there is no such length.
    """
    try:
        return checked_length(value if len(value) <= _MOST_NAME else f"{value[:_MOST_NAME]}…")
    except ValueError as error:
        raise InvalidRequest([Mistake(pointer, str(error))]) from error


def check_title(title: str, pointer: str) -> None:
    """Raise `InvalidRequest` for a title, at ``pointer`` of the request, that is too long."""
    if len(title) > MOST_TITLE:
        detail = f"String should have at most {MOST_TITLE} characters"
        raise InvalidRequest([Mistake(pointer, detail)])


def _pointer(location: Iterable[str | int]) -> str:
    """``("sections", 0)`` -> ``#/sections/0``."""
    steps = (str(step)[:_MOST_CHARACTERS] for step in location)
    return "#" + "".join(
        "/" + quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in steps
    )


def _detail(error: Mapping[str, Any], known: str) -> str:
    if error["type"] == "extra_forbidden":
        return f"unknown field; known fields: {known}"
    return own_words(error["msg"])
