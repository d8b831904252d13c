"""Sending by SMTP: encrypted, to a server whose certificate is checked, unless told otherwise."""

import os
import smtplib
import ssl
from types import TracebackType
from typing import Self

from briefing.digest.deliver.errors import DeliveryError, MailSettingsError
from briefing.digest.deliver.letters import Letter, parsed
from briefing.digest.settings import MailTable

_LOCAL = ("localhost", "127.0.0.1", "::1")


class Postman:
    """One connection for all letters of an edition; a context manager.

    The connection is made for the first letter, and again where the server closed it between two.
    """

    def __init__(self, mail: MailTable) -> None:
        self._mail = mail
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take leave of the server."""
        if self._server:
            try:
                self._server.quit()
            except (smtplib.SMTPException, OSError):
                self._server.close()
            self._server = None

    def send(self, letter: Letter) -> None:
        """Returns once the server has accepted the letter, and so answers for it.

        Raises:
            DeliveryError: it did not accept this one; or the connection broke after the letter
                was on its way, when nobody can know.
            MailSettingsError: the server cannot be reached, trusted or logged in to.
        """
        server = self._connected()
        sender, recipient = parsed(self._mail.sender).addr_spec, parsed(letter.recipient).addr_spec
        try:
            server.send_message(letter.message, sender, [recipient])
        except smtplib.SMTPException as error:
            self._forget(error)
            raise _refused(letter, error) from error
        except OSError as error:
            self.close()
            raise DeliveryError(
                f"the connection broke while {letter.recipient} was served: {error}; it is not "
                "known whether the server has the letter"
            ) from error

    def _connected(self) -> smtplib.SMTP:
        """The server, which may have hung up since the last letter."""
        if self._server and not _alive(self._server):
            self._server.close()
            self._server = None
        if not self._server:
            self._server = _connect(self._mail)
        return self._server

    def _forget(self, error: smtplib.SMTPException) -> None:
        if isinstance(error, smtplib.SMTPServerDisconnected) and self._server:
            self._server.close()
            self._server = None


def _alive(server: smtplib.SMTP) -> bool:
    try:
        return bool(server.noop()[0] == 250)
    except (smtplib.SMTPException, OSError):
        return False


def _connect(mail: MailTable) -> smtplib.SMTP:
    place = f"{mail.host} port {mail.port}"
    server: smtplib.SMTP | None = None
    try:
        server = _opened(mail)
        _log_in(server, mail)
    except MailSettingsError:
        _drop(server)
        raise
    except ssl.SSLCertVerificationError as error:
        _drop(server)
        raise MailSettingsError(
            f"the certificate of {place} cannot be trusted: {error.verify_message}; use the name "
            "that it is for, or have SSL_CERT_FILE name your authority's certificate"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        _drop(server)
        raise MailSettingsError(
            f"{place} offers no STARTTLS, and the edition is not sent unencrypted; try port 465 "
            'with security = "tls"'
        ) from error
    except ssl.SSLError as error:
        _drop(server)
        raise MailSettingsError(
            f"{place} does not speak TLS like this ({error.reason or error}); set `security` to "
            '"starttls" (port 587) or "tls" (port 465)'
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        _drop(server)
        raise MailSettingsError(
            f"{place} cannot be used: {_said(error)}; check [mail] in digest.toml"
        ) from error
    return server


def _opened(mail: MailTable) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout)
    if mail.security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _log_in(server: smtplib.SMTP, mail: MailTable) -> None:
    if not mail.user:
        return
    password = os.environ.get(mail.password_env)
    if password is None:
        raise MailSettingsError(
            f"the password of {mail.user} is not set; put it into the variable {mail.password_env}"
        )
    if mail.security == "none" and mail.host not in _LOCAL:
        raise MailSettingsError(
            f"the password is not sent to {mail.host} unencrypted; set `security` to "
            '"starttls" or "tls"'
        )
    try:
        server.login(mail.user, password)
    except smtplib.SMTPNotSupportedError as error:
        raise MailSettingsError(
            f"{mail.host} takes no login; leave `user` out of [mail]"
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        raise MailSettingsError(
            f"{mail.host} refuses the login of {mail.user}: {_said(error)}; check `user` and the "
            f"variable {mail.password_env}"
        ) from error


def _drop(server: smtplib.SMTP | None) -> None:
    if server:
        server.close()


def _refused(letter: Letter, error: smtplib.SMTPException) -> DeliveryError:
    code = _code(error)
    permanent = 500 <= code < 600 or isinstance(error, smtplib.SMTPNotSupportedError)
    then = "correct the address" if permanent else "it is tried again by the next run"
    said = f"the letter to {letter.recipient} was not accepted: {_said(error)}; {then}"
    return DeliveryError(said, permanent=permanent)


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _ in error.recipients.values()), 0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _said(error: Exception) -> str:
    """What the server said, on one line."""
    code: int
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()), (0, b""))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return str(getattr(error, "strerror", None) or error or type(error).__name__)
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{code} {' '.join(text.split())}"
