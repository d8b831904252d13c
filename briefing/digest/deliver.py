"""Deliveries of editions: e-mail by SMTP, and pushed by HTTP: webhooks, ntfy, Matrix, Telegram.

Mail is one message per recipient, reproducible byte for byte, with text and HTML alternatives
(RFC 2046, 5.1.4). A receiver can drop a duplicate by its Message-ID (RFC 5322, 3.6.4). By default
SMTP uses TLS and verifies the server's certificate.

A push is one request per edition. A webhook is signed as Standard Webhooks has it
(https://www.standardwebhooks.com) and, like Matrix (its transaction id), has an id by which the
receiver can drop a duplicate.
"""

import base64
import hmac
import json
import os
import smtplib
import ssl
import time
from collections.abc import Iterator
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from briefing import __version__
from briefing.digest import Delivery, Edition, Letter, letter_id
from briefing.digest.rendering import (
    Links,
    edition_to_document,
    render_edition,
    to_mail_html,
    write_whole,
)
from briefing.digest.rendering.view import day_in_words
from briefing.digest.settings import (
    DigestSettings,
    MailTable,
    PushTable,
    mail_address,
    unsubscribe_url,
)
from briefing.errors import ConfigError, DeliveryError, DeliverySettingsError
from briefing.rendering.text import inert, web_url


def webhook_headers(id: str, sent: int, body: bytes, key: bytes | None) -> dict[str, str]:
    """Return the headers of a message: its id, when it was ``sent`` (Unix time), its signature.

    The signature is an HMAC-SHA256 of id, time and body, by which the receiver knows the sender and
    a replay. Without a ``key`` there is none.
    """
    headers = {"Webhook-Id": id, "Webhook-Timestamp": str(sent)}
    if key is None:
        return headers
    digest = hmac.digest(key, f"{id}.{sent}.".encode() + body, "sha256")
    return {**headers, "Webhook-Signature": f"v1,{base64.b64encode(digest).decode()}"}


_POLICY = policy.SMTP.clone(cte_type="7bit")


def messages(edition: Edition, settings: DigestSettings) -> list[Letter[EmailMessage]]:
    """Build the messages of an edition, one per distinct recipient in the order of the settings.

    Raises:
        ConfigError: there is no ``[mail]`` table. TemplateError: a template cannot be used.
    """
    mail = settings.mail
    if mail is None:
        raise ConfigError("digest.toml has no [mail] table; add one to send editions")
    sender = mail_address(mail.sender)
    text = render_edition(edition, "text", settings).decode()
    letters = []
    for recipient in dict.fromkeys(mail.recipients):
        to = mail_address(recipient)
        unsubscribe = mail.unsubscribe and unsubscribe_url(mail.unsubscribe, to.addr_spec)
        html = _html(edition, settings, unsubscribe)
        message = _message(edition, sender, to, text, html)
        _add_list_headers(message, edition, sender, unsubscribe)
        letters.append(Letter(recipient, str(message["Message-ID"]), message))
    return letters


def write_eml(letter: Letter[EmailMessage], folder: Path) -> Path:
    """Write a message as an ``.eml`` file and return its path; raises OutputError on failure."""
    name = letter.message_id.strip("<>").partition("@")[0]
    path = folder / f"{name}.eml"
    write_whole(path, letter.message.as_bytes())
    return path


def _html(edition: Edition, settings: DigestSettings, unsubscribe: str | None) -> str:
    page = Links.of(settings.edition).page_of(edition.date)
    return to_mail_html(edition, settings.edition, page=page, unsubscribe=unsubscribe)


def _message(edition: Edition, sender: Address, to: Address, text: str, html: str) -> EmailMessage:
    title = inert(edition.title)
    name = letter_id(edition, to.addr_spec)
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = f"{title}, {edition.date.day} {edition.date:%B %Y}"
    message["Date"] = format_datetime(edition.made)
    message["Message-ID"] = f"<{name}@{_ascii(sender.domain)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: suppresses auto-replies
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    # The default boundary is random; an edition must give the same bytes each time.
    message.set_boundary(f"={name.rpartition('-')[2]}=")
    return message


def _add_list_headers(
    message: EmailMessage, edition: Edition, sender: Address, unsubscribe: str | None
) -> None:
    """Add List-* headers (RFC 2919, RFC 2369), and one-click unsubscribe for https (RFC 8058)."""
    label = inert(edition.title).replace("<", "").replace(">", "")
    message["List-Id"] = f"{label} <digest.{_ascii(sender.domain)}>"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        if unsubscribe.startswith("https:"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _ascii(domain: str) -> str:
    return domain.encode("idna").decode()


_LOCAL = ("localhost", "127.0.0.1", "::1")


class Postman:
    """E-mail `Delivery` that sends all messages over one connection. A context manager.

    Connects for the first message, and reconnects if the server closed the connection.
    """

    def __init__(self, settings: DigestSettings, mail: MailTable) -> None:
        self._settings = settings
        self._mail = mail
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def patience(self) -> float:
        """Seconds that a run waits in all for a server that puts messages off."""
        return self._mail.patience

    def letters(self, edition: Edition) -> list[Letter[EmailMessage]]:
        """See `messages`."""
        return messages(edition, self._settings)

    def close(self) -> None:
        """Quit the session and close the connection."""
        if self._server:
            try:
                self._server.quit()
            except (smtplib.SMTPException, OSError):
                self._server.close()
            self._server = None

    def send(self, letter: Letter[EmailMessage]) -> None:
        """Send one message; returns once the server has accepted it.

        Raises:
            DeliveryError: the server rejected the message, takes none for the moment, or the
                connection broke while it was being sent and its fate is unknown.
            DeliverySettingsError: connecting, verifying the certificate or logging in failed.
        """
        server = self._connection()
        sender = mail_address(self._mail.sender).addr_spec
        recipient = mail_address(letter.recipient).addr_spec
        try:
            server.send_message(letter.message, sender, [recipient])
        except smtplib.SMTPServerDisconnected as error:
            raise self._broken(letter, error) from error
        except smtplib.SMTPException as error:
            raise _rejected(letter, error) from error
        except OSError as error:
            raise self._broken(letter, error) from error

    def _broken(self, letter: Letter[EmailMessage], error: Exception) -> DeliveryError:
        self._drop()
        return DeliveryError(
            f"the connection broke while sending to {letter.recipient}: {_reason(error)}; the "
            "server may or may not have the message; the next run sends it again"
        )

    def _connection(self) -> smtplib.SMTP:
        """The open connection; the server may have closed it since the last message."""
        if self._server and not _alive(self._server):
            self._drop()
        if not self._server:
            self._server = _connect(self._mail)
        return self._server

    def _drop(self) -> None:
        """Close the connection without quitting the session."""
        if self._server:
            self._server.close()
            self._server = None


def _alive(server: smtplib.SMTP) -> bool:
    try:
        return bool(server.noop()[0] == 250)
    except (smtplib.SMTPException, OSError):
        return False


def _connect(mail: MailTable) -> smtplib.SMTP:
    """Connect and log in.

    Raises:
        DeliveryError: the server puts off whoever connects or logs in now (a reply of 4xx).
        DeliverySettingsError: either failed.
    """
    server = f"{mail.host} port {mail.port}"
    try:
        return _open(mail)
    except ssl.SSLCertVerificationError as error:
        raise DeliverySettingsError(
            f"the certificate of {server} cannot be trusted: {error.verify_message}; use the host "
            "name in the certificate, or set SSL_CERT_FILE to your CA's certificate"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise DeliverySettingsError(
            f"{server} offers no STARTTLS, and the edition is not sent unencrypted; try port 465 "
            'with security = "tls"'
        ) from error
    except ssl.SSLError as error:
        raise DeliverySettingsError(
            f"the TLS handshake with {server} failed ({error.reason or error}); set `security` to "
            '"starttls" (port 587) or "tls" (port 465)'
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        if _is_later(error):
            raise DeliveryError(
                f"{server} takes no letter now: {_reason(error)}; the next run tries again",
                busy=True,
            ) from error
        raise DeliverySettingsError(
            f"{server} cannot be used: {_reason(error)}; check [mail] in digest.toml"
        ) from error


def _open(mail: MailTable) -> smtplib.SMTP:
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if mail.security == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout)
    try:
        _greet(server)
        if mail.security == "starttls":
            server.starttls(context=context)
            _greet(server)
        _log_in(server, mail)
    except BaseException:
        server.close()
        raise
    return server


def _greet(server: smtplib.SMTP) -> None:
    """Say EHLO, or HELO to a server that does not know it; not to one that puts it off."""
    code, reply = server.ehlo()
    if not 200 <= code < 500:
        code, reply = server.helo()
    if not 200 <= code < 300:
        raise smtplib.SMTPHeloError(code, reply)


def _log_in(server: smtplib.SMTP, mail: MailTable) -> None:
    if not mail.user:
        return
    password = os.environ.get(mail.password_env)
    if password is None:
        raise DeliverySettingsError(
            f"the password of {mail.user} is not set; set the variable {mail.password_env}"
        )
    if mail.security == "none" and mail.host not in _LOCAL:
        raise DeliverySettingsError(
            f"the password is not sent to {mail.host} unencrypted; set `security` to "
            '"starttls" or "tls"'
        )
    try:
        server.login(mail.user, password)
    except smtplib.SMTPNotSupportedError as error:
        raise DeliverySettingsError(
            f"{mail.host} supports no login; remove `user` from [mail]"
        ) from error
    except UnicodeEncodeError as error:
        raise DeliverySettingsError(
            f"the login of {mail.user} has a letter that mail servers do not take; use ASCII in "
            f"`user` and {mail.password_env}"
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        if _is_later(error):
            raise
        raise DeliverySettingsError(
            f"{mail.host} rejected the login of {mail.user}: {_reason(error)}; check `user` and "
            f"the environment variable {mail.password_env}"
        ) from error


def _rejected(letter: Letter[EmailMessage], error: smtplib.SMTPException) -> DeliveryError:
    code, _ = _reply(error) or (0, b"")
    permanent = 500 <= code < 600 or isinstance(error, smtplib.SMTPNotSupportedError)
    party = "sender" if isinstance(error, smtplib.SMTPSenderRefused) else "address"
    remedy = (
        f"correct the {party} or the server, then run: briefing digest send DATE"
        if permanent
        else "the next run tries again"
    )
    message = f"the message to {letter.recipient} was rejected: {_reason(error)}; {remedy}"
    return DeliveryError(message, permanent=permanent)


def _is_later(error: Exception) -> bool:
    """Whether the server replied that it may work later."""
    return 400 <= (_reply(error) or (0,))[0] < 500


def _reply(error: Exception) -> tuple[int, bytes | str] | None:
    """The server's reply code and text; None if the error is not a reply."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()), (0, b""))
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, error.smtp_error
    return None


def _reason(error: Exception) -> str:
    """The server's reply, or else the error, on one line."""
    reply = _reply(error)
    if reply is None:
        return str(getattr(error, "strerror", None) or error or type(error).__name__)
    code, reply_text = reply
    text = reply_text.decode("utf-8", "replace") if isinstance(reply_text, bytes) else reply_text
    return f"{code} {' '.join(str(text).split())}"


_MAX_TEXT = 3_500
"""Bytes of a message: ntfy and Telegram take 4,096."""
_LATER = frozenset({408, 409, 425, 429})


class Push:
    """A push `Delivery`: one receiver, one request per edition."""

    def __init__(self, settings: DigestSettings, table: PushTable) -> None:
        self._settings = settings
        self._table = table
        self._client: httpx.Client | None = None

    @property
    def patience(self) -> float:
        """Seconds that a run waits in all for a server that puts messages off."""
        return self._table.patience

    def letters(self, edition: Edition) -> list[Letter[Edition]]:
        """The one message of an edition."""
        name = self._table.shown_name
        return [Letter(name, letter_id(edition, name), edition)]

    def close(self) -> None:
        """Close the connection."""
        if self._client:
            self._client.close()
            self._client = None

    def send(self, letter: Letter[Edition]) -> None:
        """Send the message; returns once the server has accepted it.

        Raises:
            DeliveryError: the server rejected it, or could not be reached.
            DeliverySettingsError: the variable with the secret is not set, or holds none; or no
                request can be made of the settings.
        """
        self._client = self._client or httpx.Client(timeout=self._table.timeout, trust_env=False)
        try:
            response = self._client.send(self._request(letter))
        except (httpx.InvalidURL, UnicodeError) as error:
            raise DeliverySettingsError(
                f"nothing can be sent to {letter.recipient} ({type(error).__name__}); correct its "
                "[[push]] table"
            ) from error
        except httpx.HTTPError as error:
            # The message of the error may hold the URL, and that a secret.
            raise DeliveryError(
                f"{letter.recipient} cannot be reached ({type(error).__name__}); the next run "
                "tries again"
            ) from error
        if not response.is_success:
            raise _push_refused(letter, response.status_code)

    def _request(self, letter: Letter[Edition]) -> httpx.Request:
        edition, table, secret = letter.message, self._table, self._secret()
        page = web_url(Links.of(self._settings.edition).page_of(edition.date))
        base, text = table.url.rstrip("/"), _push_text(edition, page)
        headers = {"User-Agent": f"briefing/{__version__}"}
        if secret and table.kind in {"ntfy", "matrix"}:
            headers["Authorization"] = f"Bearer {secret}"
        content: dict[str, Any]
        match table.kind:
            case "webhook":
                document = {"id": letter.message_id, "page": page}
                body = json.dumps({**document, "edition": edition_to_document(edition)}).encode()
                headers |= _signed(letter.message_id, body, secret)
                headers["Content-Type"] = "application/json"
                return httpx.Request("POST", table.url, content=body, headers=headers)
            case "ntfy":
                content = {"topic": table.to, "title": inert(edition.title), "message": text}
                content |= {"click": page} if page else {}
                return httpx.Request("POST", base, json=content, headers=headers)
            case "matrix":
                room, number = quote(table.to or "", safe=""), quote(letter.message_id, safe="")
                url = f"{base}/_matrix/client/v3/rooms/{room}/send/m.room.message/{number}"
                content = {"msgtype": "m.text", "body": text}
                return httpx.Request("PUT", url, json=content, headers=headers)
            case "telegram":
                preview = {"is_disabled": True}
                content = {"chat_id": table.to, "text": text, "link_preview_options": preview}
                url = f"{base}/bot{secret}/sendMessage"
                return httpx.Request("POST", url, json=content, headers=headers)

    def _secret(self) -> str | None:
        if self._table.secret_env is None:
            return None
        secret = os.environ.get(self._table.secret_env, "").strip()
        if not secret:
            raise DeliverySettingsError(
                f"the secret of the {self._table.kind} delivery is not set; set the variable "
                f"{self._table.secret_env}"
            )
        sent = self._table.kind != "webhook"  # of which only a signature is sent
        if sent and not (secret.isascii() and secret.isprintable()):
            raise DeliverySettingsError(
                f"the secret of the {self._table.kind} delivery has a character that cannot be "
                f"sent; check the variable {self._table.secret_env}"
            )
        return secret


def _push_refused(letter: Letter[Edition], status: int) -> DeliveryError:
    permanent = status < 500 and status not in _LATER
    remedy = "correct its [[push]] table or secret" if permanent else "the next run tries again"
    return DeliveryError(
        f"{letter.recipient} answered with status {status}; {remedy}", permanent=permanent
    )


def _push_text(edition: Edition, page: str | None) -> str:
    """The headlines of an edition, as many as fit, and where to read on."""
    lines = [day_in_words(edition.date), *_headlines(edition)]
    end = [page] if page else []
    while len("\n".join([*lines, *end]).encode()) > _MAX_TEXT:
        lines.pop()
    return "\n".join([*lines, *end])


def _headlines(edition: Edition) -> Iterator[str]:
    for section in edition.sections:
        if section.topic:
            yield f"\n{inert(section.topic)}"
        yield from (f"• {inert(story.headline.text)}" for story in section.stories)
    if not edition.sections:
        yield "No new story."


def _signed(number: str, body: bytes, secret: str | None) -> dict[str, str]:
    """The headers of Standard Webhooks; a secret may be plain or ``whsec_`` and base64."""
    key = secret.encode() if secret else None
    if secret and secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not key:
            raise DeliverySettingsError("the webhook's secret is not base64 after whsec_")
    return webhook_headers(number, int(time.time()), body, key)


def receivers(settings: DigestSettings) -> set[str]:
    """The recipients of the letters of the configured deliveries."""
    mail = settings.mail.recipients if settings.mail else ()
    return {*mail, *(table.shown_name for table in settings.push)}


def deliveries(settings: DigestSettings) -> list[Delivery[Any]]:
    """The configured deliveries."""
    mail = [Postman(settings, settings.mail)] if settings.mail else []
    return [*mail, *(Push(settings, table) for table in settings.push)]
