import gzip
import http.server
import socket
import time
import zlib

import pytest

from briefing.errors import FetchError
from briefing.reading import FetchLimits, fetch, media_type, read, read_url
from tests.reading.documents import word
from tests.serving import answering

BOMB = gzip.compress(bytes(20_000_000), compresslevel=1)
QUICK = FetchLimits(seconds=1.0, size=100_000)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path; ``page`` is set by the fixture."""

    page = b""
    document = b""

    def log_message(self, *args):
        pass

    def answer(self, body=b"", status=200, **headers):
        self.send_response(status)
        for name, value in {"Content_Type": "text/html; charset=utf-8", **headers}.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        getattr(self, "do_" + self.path.strip("/").partition("/")[0], self.do_missing)()

    def do_page(self):
        self.answer(self.page)

    def do_missing(self):
        self.answer(b"gone", status=404)

    def do_broken(self):
        self.answer(status=503)

    def do_moved(self):
        self.answer(status=301, Location="/page")

    def do_loop(self):
        self.answer(status=302, Location=f"/loop/{time.monotonic_ns()}")

    def do_file(self):
        self.answer(status=302, Location="file:///etc/hostname")

    def do_image(self):
        self.answer(b"GIF89a", Content_Type="image/gif")

    def do_untyped(self):
        self.answer(self.page, Content_Type="")

    def do_large(self):
        self.answer(b"x" * 200_000)

    def do_bomb(self):
        self.answer(BOMB, Content_Encoding="gzip")

    def do_nested(self):
        self.answer(gzip.compress(gzip.compress(self.page)), Content_Encoding="gzip, gzip")

    def do_zipped(self):
        self.answer(gzip.compress(self.page), Content_Encoding="gzip")

    def do_deflated(self):
        self.answer(zlib.compress(self.page)[2:-4], Content_Encoding="deflate")

    def do_members(self):
        half = len(self.page) // 2
        parts = (gzip.compress(part) for part in (self.page[:half], self.page[half:]))
        self.answer(b"".join(parts) + bytes(8), Content_Encoding="gzip")

    def do_dripped(self):
        """Raw deflate, whose first byte comes alone."""
        packed = zlib.compress(self.page)[2:-4]
        self.answer(packed[:1], Content_Encoding="deflate")
        self.wfile.flush()
        time.sleep(0.1)
        self.wfile.write(packed[1:])

    def do_cut(self):
        self.answer(gzip.compress(self.page)[:-300], Content_Encoding="gzip")

    def do_cut_deflate(self):
        self.answer(zlib.compress(self.page)[:-300], Content_Encoding="deflate")

    def do_damaged(self):
        self.answer(gzip.compress(self.page)[:40] + b"no gzip", Content_Encoding="gzip")

    def do_garbled(self):
        self.answer(b"\x1f\x8bno gzip at all", Content_Encoding="gzip")

    def do_mislabelled(self):
        """Plain text, though it is said to be compressed."""
        self.answer(self.page, Content_Encoding="gzip")

    def do_document(self):
        self.answer(self.document, Content_Type=media_type("word"))

    def do_slow(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        try:
            for _ in range(40):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass


@pytest.fixture
def server(page, monkeypatch):
    monkeypatch.setattr(Handler, "page", page.encode())
    monkeypatch.setenv("NO_PROXY", "*")
    with answering(Handler) as running:
        yield f"http://127.0.0.1:{running.server_port}"


def test_a_page_is_fetched_and_read(server, page):
    fetched = fetch(f"{server}/page")
    assert fetched.content == page.encode()
    assert (fetched.content_type, fetched.charset) == ("text/html", "utf-8")
    article = read(f"{server}/page")
    assert (article.title, article.url) == ("Harbourton closes ferry terminal", f"{server}/page")
    assert read_url(f"{server}/page", title="Mine").title == "Mine"


def test_a_document_is_fetched_and_read(server, monkeypatch):
    text = ["The ferry to Kell is back after nine weeks.", "It had been in dock since March."]
    monkeypatch.setattr(Handler, "document", word("Ferry back", text))
    assert read(f"{server}/document").title == "Ferry back"


@pytest.mark.parametrize(
    "path",
    ["moved", "untyped", "zipped", "deflated", "members", "dripped", "mislabelled"],
)
def test_redirects_and_encodings(server, page, path):
    fetched = fetch(f"{server}/{path}")
    assert fetched.content == page.encode()
    assert fetched.url == f"{server}/{'page' if path == 'moved' else path}"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nothing", "status 404"),
        ("broken", "status 503"),
        ("loop", "more than 5 redirects"),
        ("file", "not a web address"),
        ("image", "image/gif, not an article"),
        ("large", r"more than 0\.1 MB"),
        ("bomb", r"more than 0\.1 MB"),
        ("nested", "compressed as"),
        ("damaged", "damaged or cut off"),
        ("garbled", "sent damaged compressed data"),
        ("cut", "damaged or cut off"),
        ("cut_deflate", "damaged or cut off"),
        ("slow", "within 1 seconds"),
    ],
)
def test_failures_say_what_happened(server, path, message):
    started = time.monotonic()
    with pytest.raises(FetchError, match=message) as caught:
        fetch(f"{server}/{path}", QUICK)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org/a", "file:///etc/passwd", "http://", "https:///a",
     "http://[::1", "http://x:99999/", "javascript:alert(1)"],
)  # fmt: skip
def test_only_web_addresses(url):
    with pytest.raises(FetchError, match="not a web address"):
        fetch(url)


def test_a_refused_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(FetchError, match="refused the connection"):
        fetch(f"http://127.0.0.1:{port}/")


def test_an_unknown_host(monkeypatch):
    def unknown(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(FetchError, match=r"host nowhere\.invalid was not found"):
        fetch("http://nowhere.invalid/")


def test_a_password_is_not_shown(server):
    with pytest.raises(FetchError) as caught:
        fetch(server.replace("//", "//ann:secret@") + "/nothing")
    assert "secret" not in str(caught.value)
