"""Parse request bodies, JSON or the web page's form, into orders."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import (
    MAX_BOUNDARY_LENGTH,
    FormParser,
    parse_options_header,
)

from briefing.api.bodies import JSON, ContentType, content_type
from briefing.api.problems import BadRequest, InvalidRequest, Mistake, NotJson, UrlInputOff
from briefing.api.schemas import (
    MOST_MISTAKES,
    ArticleRequest,
    BriefRequest,
    CheckRequest,
    JobRequest,
    as_length,
    check_title,
    validated,
)
from briefing.briefs import Article
from briefing.errors import BriefingError, EmptyInput
from briefing.options import Format, Length
from briefing.reading import article_from_html, read_bytes, read_string
from briefing.reading.text import check_size
from briefing.sections import Section

MOST_VALUES = 500_000
"""Values in a JSON body, by the marks that begin or separate them: parsing more takes long."""
MOST_URLS = 100
"""URLs of one list that are fetched."""
MOST_NAMES = 100
"""Names of a JSON object that are looked at."""
_Item = TypeVar("_Item")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RawSource:
    """An article as a raw body, an upload with a ``name``, or a fetched page."""

    data: bytes
    kind: ContentType
    url: str | None = None
    title: str | None = None
    subtitle: str | None = None
    name: str | None = None

    @property
    def plain(self) -> bool:
        """Whether it is sent as plain text."""
        return self.kind.name == _TEXT.name

    @property
    def size(self) -> int:
        """How much there is to read, in bytes."""
        return len(self.data)

    @property
    def job(self) -> Callable[[], Article]:
        """A function that reads the article. Raises InputError."""
        return partial(
            read_bytes,
            self.data,
            name=self.name,
            content_type=self.kind.name,
            charset=self.kind.charset,
            url=self.url,
            title=self.title,
            subtitle=self.subtitle,
        )


@dataclass(frozen=True, slots=True)
class JsonSource:
    """An article in JSON fields; empty ones are None."""

    title: str | None
    subtitle: str | None
    text: str | None
    html: str | None

    @property
    def plain(self) -> bool:
        """Whether it is sent as plain text."""
        return not self.html

    @property
    def size(self) -> int:
        """How much there is to read, in characters."""
        return len(self.html or self.text or "")

    @property
    def job(self) -> Callable[[], Article]:
        """A function that reads the article. Raises InputError."""
        if self.html:
            return partial(article_from_html, self.html, title=self.title, subtitle=self.subtitle)
        # JSON has a field for the title: if it is empty, the text's first line is not a title.
        title = self.title or ""
        return partial(read_string, self.text or "", title=title, subtitle=self.subtitle)


@dataclass(frozen=True, slots=True)
class UrlSource:
    """An article that must be fetched from a URL."""

    url: str
    title: str | None
    subtitle: str | None


@dataclass(frozen=True, slots=True)
class BriefOrder:
    """A source and the options of its brief.

    ``length`` and ``format`` are None if the request does not set them; ``extractive`` is a brief
    of the article's own sentences, without the model.
    """

    source: RawSource | JsonSource | UrlSource
    sections: tuple[Section, ...] = tuple(Section)
    length: Length | None = None
    format: Format | None = None
    extractive: bool = False

    def digest(self, *more: str) -> bytes:
        """Hash everything that determines the brief, ``more`` included, except the format.

        For a URL, hash the order of the fetched page, as the page may change.
        """
        digest = sha256(type(self.source).__name__.encode())
        parts = (getattr(self.source, field.name) for field in fields(self.source))
        for part in (*parts, *self.sections, self.length, self.extractive, *more):
            digest.update(type(part).__name__.encode())
            data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(data))
            digest.update(data)
        return digest.digest()


def read_order(
    body: bytes,
    kind: ContentType,
    *,
    urls: bool = False,
    extractive: bool = False,
    length: Length | None = None,
) -> BriefOrder:
    """Parse the body of one article; ``urls`` allows URLs. Run it in a thread: JSON may be large.

    ``extractive`` and ``length`` are what the query asks for; fields of the JSON override them.

    Raises:
        RequestError: the JSON is invalid. EmptyInput: there is no article.
    """
    if kind.name != JSON:
        return BriefOrder(RawSource(body, kind), length=length, extractive=extractive)
    parsed = validated(BriefRequest, _object(_parsed(body)))
    order = _order(parsed, parsed.format, urls, extractive)
    return order if order.length else replace(order, length=length)


def read_orders(
    body: bytes, most: int, *, urls: bool = False, counted: bool = False
) -> list[BriefOrder | BriefingError]:
    """Parse a list of articles; an invalid item becomes an error in its place.

    A body whose values were ``counted`` once is not refused for their number.

    Raises:
        RequestError: the body is not a JSON list of 1 to ``most`` items.
    """
    data = _parsed(body, counted)
    if not isinstance(data, list):
        raise InvalidRequest([Mistake("#", "Input should be a list of articles")])
    _check_count(data, most, "#")
    orders = _items(data, partial(_article, urls=urls))
    from_urls = [
        place
        for place, order in enumerate(orders)
        if isinstance(order, BriefOrder) and isinstance(order.source, UrlSource)
    ]
    for place in from_urls[MOST_URLS:]:
        detail = f"A list may name {MOST_URLS} URLs. Send the others in another request"
        orders[place] = InvalidRequest([Mistake("#/url", detail)])
    return orders


def _check_count(data: list[Any], most: int, pointer: str) -> None:
    if not 1 <= len(data) <= most:
        detail = f"List should have 1 to {most} items, not {len(data)}"
        raise InvalidRequest([Mistake(pointer, detail)])


def _items(data: list[Any], parse: Callable[[Any], _Item]) -> list[_Item | BriefingError]:
    """Parse each item of a list; an invalid one becomes an error in its place."""
    items: list[_Item | BriefingError] = []
    for each in data:
        try:
            items.append(parse(each))
        except BriefingError as error:
            items.append(error.with_traceback(None))
    return items


@dataclass(frozen=True, slots=True)
class JobOrder:
    """A job: its articles as a list in JSON, their number, and the URL to call at its end."""

    articles: bytes
    total: int
    webhook: str | None


def read_job(body: bytes, most: int) -> JobOrder:
    """Parse a job of 1 to ``most`` articles, which are read when it runs: one that is none has its
    problem as its result, as in a batch.

    Raises:
        RequestError: the JSON is invalid.
    """
    data = _object(_parsed(body))
    articles = data.get("articles")
    if isinstance(articles, list):
        _check_count(articles, most, "#/articles")
        articles = [_object(each) if isinstance(each, dict) else each for each in articles]
        data["articles"] = articles
    webhook = validated(JobRequest, data).webhook
    # In UTF-8 it is no larger than what was sent, whose size is limited.
    kept = json.dumps(articles, ensure_ascii=False, separators=(",", ":"))
    return JobOrder(kept.encode("utf-8", "surrogatepass"), len(articles or []), webhook)


def read_checks(body: bytes, most: int) -> CheckRequest | list[CheckRequest | BriefingError]:
    """Parse a claim to check and the article to check it against, or a list of up to ``most``.

    An item of a list that is empty or too long becomes an error in its place.

    Raises:
        RequestError: the JSON is invalid. EmptyInput: one of the two is empty. TooLong: the article
        is too long.
    """
    data = _parsed(body)
    if not isinstance(data, list):
        return _check(data)
    _check_count(data, most, "#")
    items = _items(data, _check)
    mistakes = [
        Mistake(f"#/{place}{mistake.pointer[1:]}", mistake.detail)
        for place, item in enumerate(items)
        if isinstance(item, InvalidRequest)
        for mistake in item.mistakes
    ]
    if mistakes:
        raise InvalidRequest(mistakes[:MOST_MISTAKES])
    return items


def _check(data: Any) -> CheckRequest:
    parsed = validated(CheckRequest, _object(data))
    for name in ("text", "claim"):
        if not getattr(parsed, name).strip():
            raise EmptyInput(f"'{name}' is empty. Send the article as 'text', and a 'claim'.")
    check_size(parsed.text)
    return parsed


def _article(data: Any, urls: bool) -> BriefOrder:
    return _order(validated(ArticleRequest, _object(data)), None, urls)


def _order(
    parsed: ArticleRequest, form: Format | None, urls: bool, extractive: bool = False
) -> BriefOrder:
    if parsed.url and not urls:
        raise UrlInputOff(
            "URL input is disabled in this service. Send the article as 'text' or 'html'."
        )
    if not (parsed.url or parsed.text or parsed.html):
        raise EmptyInput("No article. Send it as 'text' or 'html'.")
    wanted = parsed.sections or Section
    sections = tuple(section for section in Section if section in wanted)
    if parsed.extractive is not None:
        extractive = parsed.extractive
    return BriefOrder(_source(parsed), sections, parsed.length, form, extractive)


def flag_of(request: Request, name: str) -> bool:
    """Return a query parameter that is true or false (default).

    Raises:
        InvalidRequest: it is neither.
    """
    values = set(request.query_params.getlist(name))
    if values <= {"true"} or values <= {"false"}:
        return values == {"true"}
    raise InvalidRequest([Mistake(name, "must be true or false")])


def length_of(request: Request) -> Length | None:
    """Return the length of the brief that the query asks for.

    Raises:
        InvalidRequest: there is no such length.
    """
    value = request.query_params.get("length")
    return None if value is None else as_length(value, "length")


def _source(parsed: ArticleRequest) -> JsonSource | UrlSource:
    title, subtitle = parsed.title or None, parsed.subtitle or None
    if parsed.url:
        return UrlSource(parsed.url, title, subtitle)
    return JsonSource(title, subtitle, parsed.text or None, parsed.html or None)


def _parsed(body: bytes, counted: bool = False) -> Any:
    if not body.strip():
        raise EmptyInput("The body is empty. Send JSON, with the article as 'text' or 'html'.")
    if not counted and sum(body.count(mark) for mark in (b"[", b"{", b",")) > MOST_VALUES:
        raise NotJson(f"The JSON has more than {MOST_VALUES:,} values. Simplify it.")
    try:
        return json.loads(body)
    except UnicodeDecodeError as error:
        raise NotJson(f"The body is not valid UTF-8, at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"The body is not valid JSON: {error.msg}, {place}.") from error
    except RecursionError as error:
        raise NotJson("The JSON is too deeply nested. Simplify it.") from error
    except ValueError as error:  # Python's limit on the digits of integers
        raise NotJson("The JSON has a number of too many digits. Shorten it.") from error


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidRequest([Mistake("#", "Input should be an object")])
    # A request with more names has unknown ones, of which some are enough to refuse it.
    items = islice(data.items(), MOST_NAMES)
    return {_readable(name): _readable(value) for name, value in items}


def _readable(value: Any) -> Any:
    """Replace lone surrogates, which JSON can escape but UTF-8 cannot encode, by U+FFFD."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value


MULTIPART = "multipart/form-data"
_KINDS = ("text", "file", "url")
_TEXT = ContentType("text/plain", None)


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file of a form."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed form; of a repeated field, the last value counts."""

    fields: Mapping[str, str] = field(default_factory=dict)
    upload: Upload | None = None

    def value(self, name: str) -> str:
        """Return the value of a field, "" if it is absent."""
        return self.fields.get(name, "")

    @property
    def kind(self) -> str:
        """The kind of input: text, file or url."""
        kind = self.value("kind")
        return kind if kind in _KINDS else _KINDS[0]


def form_boundary(request: Request) -> bytes:
    """Return the boundary of a multipart form (RFC 7578).

    Raises:
        UnsupportedMediaType: the body is not a multipart form. BadRequest: it has no boundary.
        InvalidRequest: the boundary is too long.
    """
    content_type(request, (MULTIPART,))
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary")
    if boundary and len(boundary) <= MAX_BOUNDARY_LENGTH:
        return boundary
    if boundary:
        detail = f"the form's boundary should have at most 70 characters, not {len(boundary)}"
        raise InvalidRequest([Mistake("Content-Type", detail)])
    raise BadRequest("The form's Content-Type has no boundary. Send multipart/form-data with one.")


def read_form(body: bytes, boundary: bytes) -> Form:
    """Parse a form in memory; the size of its body is limited already.

    Raises:
        BadRequest: the form is malformed.
    """
    fields: dict[str, str] = {}
    uploads: list[Upload] = []

    def on_field(item: Any) -> None:
        fields[_text(item.field_name)] = _text(item.value)

    def on_file(item: Any) -> None:
        item.file_object.seek(0)
        uploads.append(Upload(_text(item.file_name), item.file_object.read()))

    try:
        parser = FormParser(
            MULTIPART,
            on_field,
            on_file,
            boundary=boundary,
            config={"MAX_MEMORY_FILE_SIZE": len(body) + 1},
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise BadRequest("The form is malformed. Send it again.") from error
    return Form(fields, next((each for each in reversed(uploads) if each.name), None))


def order_of(form: Form, *, urls: bool) -> BriefOrder:
    """Return the order of a form; ``urls`` allows URLs.

    Raises:
        EmptyInput: there is no article. UrlInputOff: it is a URL, and URL input is disabled.
        InvalidRequest: the length is unknown, or the title too long.
    """
    # What people wrote goes before what they have chosen, which always has a value.
    value = form.value("most").strip() or form.value("length")
    length = as_length(value, "#/length") if value else None
    check_title(form.value("title"), "#/title")
    extractive = form.value("extractive") == "true"
    return BriefOrder(_form_source(form, urls), length=length, extractive=extractive)


def _form_source(form: Form, urls: bool) -> RawSource | UrlSource:
    title = form.value("title").strip() or None
    if form.kind == "url":
        return _url(form, urls, title)
    if form.kind == "file":
        return _file(form.upload, title)
    text = form.value("text")
    if not text.strip():
        raise EmptyInput("No article. Paste its text.")
    data = text.encode("utf-8", "replace")
    # As bytes, so that pasted HTML source is detected as it is in a file.
    return RawSource(data, ContentType(_TEXT.name, "utf-8"), title=title)


def _file(upload: Upload | None, title: str | None) -> RawSource:
    if not upload or not upload.data:
        raise EmptyInput("The file is missing or empty. Choose a text, page or document.")
    return RawSource(upload.data, ContentType("", None), title=title, name=upload.name)


def _url(form: Form, urls: bool, title: str | None) -> UrlSource:
    if not urls:
        raise UrlInputOff(
            "URL input is disabled in this service. Paste the article or upload a file."
        )
    url = form.value("url").strip()
    if not url:
        raise EmptyInput("The URL is missing. Enter one that begins with https://.")
    return UrlSource(url, title, None)


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")
