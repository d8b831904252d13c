"""Where a guarded fetch may lead, and that it goes where it was checked to lead."""

import http.server
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from briefing.errors import FetchError, FetchRefused
from briefing.reading import FetchLimits, fetch
from briefing.reading.guard import Guard, is_public
from tests.serving import answering

QUICK = FetchLimits(seconds=20.0, size=100_000)

REFUSED = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1"),
    *("192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::8.8.8.8", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::ffff:0:8.8.8.8"),
    *("64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378::1"),
    *("2001:2::1", "2001:db8::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1"),
    *("fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",),
    *("2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:10.0.0.1"),
    *("2606:4700::1%eth0", "", "example.org", "1.2.3"),
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "223.255.255.255",
          "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450::1"]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_that_python_knows_as_private_is_public(address) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "::", "64:ff9b::", "2001::", "fe80::"]))
def test_no_address_inside_another_is_public(inner, prefix: str) -> None:
    assert not is_public(
        str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(inner)))
    )


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the Host it was asked for; /to/URL redirects."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.seen.append(self.headers["Host"])
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(f"You asked {self.headers['Host']} and got an answer.".encode())


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[http.server.ThreadingHTTPServer]:
    with answering(Handler, context) as server:
        server.seen = []
        yield server


@pytest.fixture
def server(monkeypatch) -> Iterator[http.server.ThreadingHTTPServer]:
    # A proxy in the environment must not be used: it would do the resolving.
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving() as running:
        yield running


class Names:
    """A resolver whose names lead where each test says; a list is one answer after another."""

    def __init__(self, **names: str | list[str]) -> None:
        self.names = names
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        found = self.names.get(host.partition(".")[0], host)
        return [found] if isinstance(found, str) else [found.pop(0)]


def guard(server, names: Names, **more) -> Guard:
    """One for which this machine's server is the public internet, and all else is as it is."""
    return Guard(
        frozenset({server.server_port}),
        resolve=names,
        allows=lambda address: address == "127.0.0.1" or is_public(address),
        **more,
    )


def test_a_name_is_resolved_once_and_connected_to_there(server) -> None:
    names = Names(news=["127.0.0.1", "10.0.0.1"])
    url = f"http://news.example:{server.server_port}/a"
    page = fetch(url, QUICK, guard=guard(server, names))
    assert page.content.decode() == (
        f"You asked news.example:{server.server_port} and got an answer."
    )
    assert page.url == url
    assert names.asked == ["news.example"]


@pytest.mark.parametrize(
    "place",
    [
        *("http://inner.example:{port}/", "http://10.0.0.1:{port}/", "http://[::1]:{port}/"),
        *("http://169.254.169.254:{port}/latest/meta-data/", "http://[::ffff:127.0.0.1]:{port}/"),
        *("http://both.example:{port}/", "http://0:{port}/"),
    ],
)
def test_no_name_and_no_redirect_leads_inside(server, place: str) -> None:
    target = place.format(port=server.server_port)
    names = Names(news="127.0.0.1", inner="192.168.0.9", both="10.9.9.9", **{"0": "0.0.0.0"})
    for url in (target, f"http://news.example:{server.server_port}/to/{target}"):
        with pytest.raises(FetchRefused, match="not on the public internet"):
            fetch(url, QUICK, guard=guard(server, names))
    assert server.seen == [f"news.example:{server.server_port}"]


def test_one_private_address_among_others_is_enough_to_refuse(server) -> None:
    async def both(host: str, port: int) -> list[str]:
        return ["127.0.0.1", "10.0.0.1"]

    with pytest.raises(FetchRefused):
        fetch(f"http://a.example:{server.server_port}/", QUICK, guard=guard(server, both))
    assert server.seen == []


def test_a_name_that_leads_elsewhere_after_a_redirect_to_itself(server) -> None:
    names = Names(news=["127.0.0.1", "127.0.0.2"])
    url = f"http://news.example:{server.server_port}/to/http://news.example:{server.server_port}/b"
    with pytest.raises(FetchRefused):
        fetch(url, QUICK, guard=guard(server, names))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://news.example/", "port 80"),
        ("https://news.example/", "port 443"),
        ("http://news.example:22/", "port 22"),
        ("http://ann:secret@news.example:{port}/", "user name"),
        ("ftp://news.example:{port}/", "not a web address"),
        ("gopher://news.example:{port}/", "not a web address"),
        ("file:///etc/passwd", "not a web address"),
    ],
)
def test_what_is_refused_before_anything_is_looked_up(server, url: str, message: str) -> None:
    names = Names(news="127.0.0.1")
    target = url.format(port=server.server_port)
    with pytest.raises(FetchRefused, match=message) as caught:
        fetch(target, QUICK, guard=guard(server, names))
    assert "secret" not in str(caught.value)
    assert names.asked == []
    with pytest.raises(FetchRefused, match=message):
        fetch(
            f"http://news.example:{server.server_port}/to/{target}",
            QUICK,
            guard=guard(server, names),
        )


def test_a_name_without_an_address_and_an_address_without_a_server(server) -> None:
    async def nothing(host: str, port: int) -> list[str]:
        return []

    async def other(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    url = f"http://news.example:{server.server_port}/"
    with pytest.raises(FetchError, match="was not found"):
        fetch(url, QUICK, guard=guard(server, nothing))
    more = Guard(frozenset({server.server_port}), other, lambda address: True)
    assert b"got an answer" in fetch(url, QUICK, guard=more).content


def test_tls_is_for_the_name_not_for_the_address() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("news.example").configure_cert(context)
    asked: list[str] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with serving(context) as server:
        names = Names(news="127.0.0.1", other="127.0.0.1")
        port = server.server_port
        found = guard(server, names, tls=trusting)
        assert b"news.example" in fetch(f"https://news.example:{port}/", QUICK, guard=found).content
        assert asked == ["news.example"]
        for url in (
            f"https://other.example:{port}/",
            f"https://news.example:{port}/to/https://other.example:{port}/",
        ):
            with pytest.raises(FetchError, match=r"other\.example has no valid certificate"):
                fetch(url, QUICK, guard=found)
