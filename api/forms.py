"""The form of the page -> what is to be briefed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import FormParser, parse_options_header

from api.bodies import ContentType, content_type
from api.errors import BadRequest, InvalidRequest, Mistake, UrlInputOff
from api.orders import Order, RawSource, UrlSource
from briefing.errors import EmptyInput
from briefing.plan import Length
from briefing.read import kind_of

MULTIPART = "multipart/form-data"
_KINDS = ("text", "file", "url")
_LENGTHS: tuple[Length, ...] = get_args(Length)
_HTML = ContentType("text/html", None)
_TEXT = ContentType("text/plain", None)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in; the last one counts where a field comes twice."""

    fields: Mapping[str, str] = field(default_factory=dict)
    upload: Upload | None = None

    def value(self, name: str) -> str:
        """A field's text, "" where it is absent."""
        return self.fields.get(name, "")

    @property
    def kind(self) -> str:
        """Which of text, file and URL is to be briefed."""
        said = self.value("kind")
        return said if said in _KINDS else _KINDS[0]


def form_boundary(request: Request) -> bytes:
    """What stands between the parts of a multipart form (RFC 7578).

    Raises:
        UnsupportedMediaType: the body is no such form. BadRequest: it names no boundary.
    """
    content_type(request, (MULTIPART,))
    _, options = parse_options_header(request.headers["content-type"])
    if boundary := options.get(b"boundary"):
        return boundary
    raise BadRequest("The form has no boundary. Send it as a browser does.")


def read_form(body: bytes, boundary: bytes) -> Form:
    """Read a form in memory; its body is bounded already.

    Raises:
        BadRequest: it is damaged.
    """
    fields: dict[str, str] = {}
    uploads: list[Upload] = []

    def on_field(found: Any) -> None:
        fields[_text(found.field_name)] = _text(found.value)

    def on_file(found: Any) -> None:
        found.file_object.seek(0)
        uploads.append(Upload(_text(found.file_name), found.file_object.read()))

    parser = FormParser(
        MULTIPART,
        on_field,
        on_file,
        boundary=boundary,
        config={"MAX_MEMORY_FILE_SIZE": len(body) + 1},
    )
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise BadRequest("The form is damaged. Send it again.") from error
    return Form(fields, next((each for each in reversed(uploads) if each.name), None))


def order_of(form: Form, *, urls: bool) -> Order:
    """What a form asks for; ``urls`` says whether it may name one.

    Raises:
        EmptyInput, UrlInputOff: it holds no article. InvalidRequest: no such length.
    """
    said = form.value("length")
    length = next((each for each in _LENGTHS if each == said), None)
    if said and not length:
        known = ", ".join(_LENGTHS)
        raise InvalidRequest([Mistake("#/length", f"Input should be one of {known}")])
    return Order(_source(form, urls), length=length)


def _source(form: Form, urls: bool) -> RawSource | UrlSource:
    title = form.value("title").strip() or None
    if form.kind == "url":
        return _url(form, urls, title)
    if form.kind == "file":
        return _file(form.upload, title)
    text = form.value("text")
    if not text.strip():
        raise EmptyInput("There is no article. Paste its text.")
    data = text.encode("utf-8", "replace")
    # A page's source that is pasted is read like a file of it.
    return RawSource(data, ContentType(_TEXT.name, "utf-8"), title=title)


def _file(upload: Upload | None, title: str | None) -> RawSource:
    if not upload or not upload.data:
        raise EmptyInput("There is no file, or an empty one. Choose a text, HTML or PDF file.")
    is_page = kind_of(upload.data, None, upload.name) == "html"
    return RawSource(upload.data, _HTML if is_page else _TEXT, title=title)


def _url(form: Form, urls: bool, title: str | None) -> UrlSource:
    if not urls:
        raise UrlInputOff("Reading URLs is off in this service. Paste the article, or send a file.")
    url = form.value("url").strip()
    if not url:
        raise EmptyInput("There is no address. Enter one that begins with https://.")
    return UrlSource(url, title, None)


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")
