import io
import os
import subprocess
import sys

import pytest

from briefing.errors import BriefingError, EmptyInput, NotFound, NotText, TooLong
from briefing.reading import read, read_bytes, read_path, read_stream
from tests.reading.pdfs import LINES, pdf

TITLE = "Harbourton closes ferry terminal"


def test_the_content_tells_the_format(tmp_path, body, page):
    for name, data in {
        "a.txt": f"{TITLE}\n\n{body}".encode(),
        "b": page.encode(),
        "c": pdf([LINES]),
    }.items():
        (tmp_path / name).write_bytes(data)
        for source in (tmp_path / name, str(tmp_path / name), data):
            assert read(source).title == TITLE
        assert read(tmp_path / name, title="Mine", subtitle="Sub").title == "Mine"


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "\ufeff",
        " \n",
        '<?xml version="1.0"?>\n',
        "<!-- made by hand -->",
        "<!-- a -->\n<!-- b -->",
    ],
)
def test_html_is_recognised(prefix, page):
    assert read_bytes((prefix + page).encode()).title == TITLE


def test_a_type_or_a_name_tells_html(body):
    fragment = f"<div><h1>{TITLE}</h1><p>" + body.replace("\n\n", "</p><p>") + "</p></div>"
    assert "<p>" not in read_bytes(fragment.encode(), content_type="text/html").body
    assert "<p>" not in read_bytes(fragment.encode(), name="a.HTM").body


def test_a_guessed_encoding_is_said(body):
    article = read_bytes(body.replace("Ann", "Renée").encode("cp1252"))
    assert "Renée Lee" in article.body
    assert "cp1252" in article.warnings[0]
    assert read_bytes(body.encode()).warnings == ()


def test_streams(body):
    assert read_stream(io.BytesIO(body.encode())).body == body
    with pytest.raises(TooLong):
        read_stream(io.BytesIO(b"word " * 6_000_000))


@pytest.mark.parametrize("path", ["missing.txt", "a" * 5_000, "nul\x00byte", ""])
def test_a_missing_file(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound) as caught:
        read_path(path)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_a_folder(tmp_path):
    with pytest.raises(NotFound, match="folder"):
        read(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(NotFound, match="permissions"):
        read(path)


def test_permission_errors_say_so(tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(NotFound, match="permissions"):
        read(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("data", "error"), [(b"", EmptyInput), (b" \n", EmptyInput), (b"\x89PNG\r\n\x1a\n\0", NotText)]
)
def test_nothing_to_read(data, error):
    with pytest.raises(error):
        read_bytes(data)


def test_every_message_is_one_line_with_advice():
    for data in (b"", b"A, B, C", b"PK\x03\x04", b"%PDF-1.4", b"<html></html>", b"\x00" * 99):
        with pytest.raises(BriefingError) as caught:
            read_bytes(data)
        message = str(caught.value)
        assert "\n" not in message
        assert message.count(".") >= 2 or "?" in message


def test_the_import_is_light():
    code = (
        "import sys, briefing.reading; heavy = {'trafilatura', 'lxml', 'httpx', 'pypdf', "
        "'py3langid', 'syntok', 'numpy', 'ftfy', 'asyncio', 'charset_normalizer'}; "
        "print(heavy & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
