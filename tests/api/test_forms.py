"""Forms: what browsers send, and what nobody should."""

from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.api.problems import BadRequest, InvalidRequest, UrlInputOff
from briefing.api.requests import Form, Upload, UrlSource, order_of, read_form
from briefing.errors import BriefingError, EmptyInput

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x00"))


def sent(fields: dict, file: tuple[str, bytes] | None = None) -> tuple[bytes, bytes]:
    """A multipart form as a client encodes it, and its boundary."""
    files = {name: (None, value.encode()) for name, value in fields.items()}
    request = httpx.Request(
        "POST", "http://test", files={**files, **({"file": file} if file else {})}
    )
    return request.read(), request.headers["content-type"].partition("boundary=")[2].encode()


@given(text=TEXT, title=TEXT, data=st.binary())
def test_a_form_is_read_as_it_was_sent(text, title, data) -> None:
    form = read_form(*sent({"text": text, "title": title}, ("a.txt", data)))
    assert (form.value("text"), form.value("title")) == (text, title)
    assert form.upload == Upload("a.txt", data)


PIECES = [b"--x", b"--", b"\r\n", b'Content-Disposition: form-data; name="text"', b"a", b":", b";"]


@given(body=st.one_of(st.binary(), st.lists(st.sampled_from(PIECES)).map(b"".join)))
def test_anything_is_a_form_or_a_bad_request(body) -> None:
    with suppress(BadRequest):
        assert isinstance(read_form(body, b"x"), Form)


def test_a_file_input_that_was_left_empty() -> None:
    form = read_form(*sent({"kind": "file"}, ("", b"")))
    with pytest.raises(EmptyInput):
        order_of(form, urls=False)


def test_the_kind_says_which_field_counts() -> None:
    fields = {"text": "Pasted.", "url": "https://news.example/1", "title": " A title "}
    upload = Upload("a.html", b"<p>From a file.")
    text = order_of(Form({**fields, "kind": "text"}, upload), urls=True).source
    assert (text.data, text.kind.name, text.title) == (b"Pasted.", "text/plain", "A title")
    file = order_of(Form({**fields, "kind": "file"}, upload), urls=True).source
    assert (file.data, file.name) == (upload.data, "a.html")
    url = order_of(Form({**fields, "kind": "url"}, upload), urls=True).source
    assert url == UrlSource("https://news.example/1", "A title", None)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"text": " \n"}, EmptyInput),
        ({"kind": "file"}, EmptyInput),
        ({"kind": "url", "url": "https://news.example"}, UrlInputOff),
        ({"text": "Some.", "length": "endless"}, InvalidRequest),
        ({"text": "Some.", "most": "120%"}, InvalidRequest),
        ({"text": "Some.", "title": "a" * 3_001}, InvalidRequest),
    ],
)
def test_what_is_no_article_is_told(fields, error: type[BriefingError]) -> None:
    with pytest.raises(error):
        order_of(Form(fields), urls=False)


def test_an_address_that_was_left_empty() -> None:
    with pytest.raises(EmptyInput):
        order_of(Form({"kind": "url"}), urls=True)


def test_a_length_is_kept() -> None:
    assert order_of(Form({"text": "Some.", "length": "short"}), urls=False).length == "short"
    assert order_of(Form({"text": "Some."}), urls=False).length is None
    asked = {"text": "Some.", "length": "short", "most": " 80 words "}
    assert order_of(Form(asked), urls=False).length == "80 words"
    assert order_of(Form({**asked, "most": ""}), urls=False).length == "short"
    assert order_of(Form({"text": "Some.", "length": "20%"}), urls=False).length == "20%"
