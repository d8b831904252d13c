"""An SMTP server that counts, over real TLS; its certificate is of an authority of our own."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import trustme
from aiosmtpd.controller import Controller
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


class _Controller(Controller):
    """With implicit TLS where it is asked for (port 465 in real life)."""

    def __init__(self, handler, security: str, context: ssl.SSLContext, **options) -> None:
        self._options = dict(options)
        if security == "starttls":
            self._options["tls_context"] = context
        tls = context if security == "tls" else None
        super().__init__(handler, hostname="127.0.0.1", port=0, ssl_context=tls)

    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=True, **self._options)

    def _trigger_server(self) -> None:
        """It would greet itself, at a port that it does not know."""
        self._factory_invoked.set()


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

        def start(
            security: str = "starttls", *, name: str = "localhost", password: str | None = None
        ) -> Server:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
            server = Server("localhost", 0)
            options = {}
            if password:
                options = {
                    "authenticator": _authenticator(password),
                    "auth_required": True,
                    "auth_require_tls": security == "starttls",
                }
            controller = _Controller(server, security, context, **options)
            controller.start()
            stack.callback(controller.stop)
            server.port = controller.server.sockets[0].getsockname()[1]
            return server

        yield start


def _authenticator(password: str):
    def check(server, session, envelope, mechanism, data) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == password.encode()
        return AuthResult(success=right, handled=False)

    return check
