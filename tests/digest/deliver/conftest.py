"""An SMTP server that counts, over real TLS; its certificate is of an authority of our own."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Mailbox = Callable[..., "Server"]


class Server:
    """What came in, and what the server answers to a recipient or a whole letter."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.letters: list[Envelope] = []
        self.sessions: set[int] = set()
        self.refuse: dict[str, str] = {}
        self.after: Callable[[], str] = lambda: "250 OK"

    async def handle_RCPT(self, server, session: Session, envelope, address, options) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session: Session, envelope: Envelope) -> str:
        answer = self.after()
        if answer.startswith("250"):
            self.letters.append(envelope)
            self.sessions.add(id(session))
        return answer


class _Loop:
    """An event loop in a thread of its own, and servers in it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._servers: list[asyncio.Server] = []
        self._thread.start()

    def serve(self, make: Callable[[], SMTP], tls: ssl.SSLContext | None) -> int:
        """Start a server, with implicit TLS where there is a context; its port."""

        async def start() -> asyncio.Server:
            return await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=tls)

        server = asyncio.run_coroutine_threadsafe(start(), self._loop).result()
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        async def end() -> None:
            for server in self._servers:
                server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system trusts our authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


@pytest.fixture
def mailbox(authority: trustme.CA) -> Iterator[Mailbox]:
    """Starts servers; ``name`` is who the certificate is for, ``password`` what login takes."""
    with ExitStack() as stack:
        loop = _Loop()
        stack.callback(loop.stop)

        def start(
            security: str = "starttls", *, name: str = "localhost", password: str | None = None
        ) -> Server:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
            server = Server("localhost", 0)
            options: dict = {"tls_context": context} if security == "starttls" else {}
            if password:
                options |= {"authenticator": _authenticator(password), "auth_required": True}

            def make() -> SMTP:
                return SMTP(
                    server,
                    enable_SMTPUTF8=True,
                    loop=asyncio.get_running_loop(),
                    **options,
                )

            server.port = loop.serve(make, context if security == "tls" else None)
            return server

        yield start


def _authenticator(password: str):
    def check(server, session, envelope, mechanism, data) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == password.encode()
        return AuthResult(success=right, handled=False)

    return check
