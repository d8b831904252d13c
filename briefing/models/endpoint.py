"""The address of a chat model's server, and its secrets, which no message may show."""

import ipaddress
import json
import re
import socket
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

from briefing.errors import ConfigError, EndpointError

PREFIX = "openai:"
"""Prefix of the names of models behind an endpoint."""
DEFAULT_ENDPOINT = "http://127.0.0.1:11434/v1"
"""Ollama's default address."""
_HIDDEN = "***"
_KEY = "BRIEFING_ENDPOINT_KEY"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The endpoint of a chat model.

    ``url`` is the base URL, as in http://127.0.0.1:11434/v1; ``key`` is sent as a bearer token,
    without the spaces and line ends around it; ``timeout`` bounds one response in seconds, retries
    included, ``calls`` the number of concurrent requests; ``remote`` allows an endpoint on the
    public internet.
    """

    url: str = DEFAULT_ENDPOINT
    key: str | None = None
    timeout: float = 120.0
    calls: int = 4
    remote: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.strip())
        object.__setattr__(self, "key", (self.key or "").strip() or None)

    def __repr__(self) -> str:
        settings = f"timeout={self.timeout!r}, calls={self.calls!r}, remote={self.remote!r}"
        return f"Endpoint(url={self.shown!r}, {settings})"

    @property
    def shown(self) -> str:
        """The URL without credentials and query, for messages, however malformed it is."""
        head, _, rest = self.url.rpartition("@")
        scheme = re.match(r"[A-Za-z][\w+.-]*://", head)
        return re.split(r"[?#]", (scheme[0] if scheme else "") + rest, maxsplit=1)[0]

    @property
    def base(self) -> str:
        """The URL without credentials and final slash, for requests."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")

    @property
    def login(self) -> tuple[str, str] | None:
        """User name and password of the URL, None without them."""
        parts = urlsplit(self.url)
        if not (parts.username or parts.password):
            return None
        return unquote(parts.username or ""), unquote(parts.password or "")

    def without_secrets(self, text: str) -> str:
        """Return a text of the server or of a library without the key, user name and password."""
        secrets = sorted(self._secrets(), key=len, reverse=True)
        if not secrets:
            return text
        return re.sub("|".join(map(re.escape, secrets)), _HIDDEN, text, flags=re.IGNORECASE)

    def _secrets(self) -> set[str]:
        """The secrets in each form in which a server may repeat them."""
        plain = [self.key] if self.key else []
        if self.login:
            user, password = self.login
            pair = f"{user}:{password}"
            plain += [pair, b64encode(pair.encode()).decode(), password or user]
        return {
            form for text in plain for form in (text, json.dumps(text)[1:-1], quote(text, safe=""))
        }

    def check(self) -> None:
        """Check the URL and the key and, unless ``remote``, that it is on a private network.

        Raises:
            ConfigError: the URL or the key is invalid, or the host public. EndpointError: the host
                name does not resolve.
        """
        parts = self._parts()
        self._check_key()
        if self.remote:
            return
        try:
            results = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
        except OSError as error:
            raise EndpointError(
                f"the host {parts.hostname} of the endpoint cannot be resolved "
                f"({error.strerror}); fix --endpoint"
            ) from error
        addresses = (str(address[0]).partition("%")[0] for *_, address in results)
        if any(ipaddress.ip_address(address).is_global for address in addresses):
            raise ConfigError(
                f"the endpoint {self.shown} is on the public internet, and articles would be sent "
                "there; run the model on this machine or network, or allow it with the setting "
                "remote_endpoint (BRIEFING_REMOTE_ENDPOINT=true)"
            )

    def _parts(self) -> SplitResult:
        """Return the parts of the URL. Raises ConfigError."""
        if any(c.isspace() or not c.isprintable() for c in self.url):
            raise self._invalid("it has spaces or control characters in it")
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise self._invalid() from None
        if not host or parts.scheme not in ("http", "https"):
            raise self._invalid()
        if "?" in self.url or "#" in self.url:
            raise self._invalid(f"leave out the query; a key is set with {_KEY}")
        if "@" in parts.path:
            raise self._invalid("write an @ or / of the password as %40 or %2F")
        if not _is_host(self.base, host):
            raise self._invalid("no host has such a name")
        return parts

    def _invalid(self, why: str = "") -> ConfigError:
        shown = "".join(c if c.isprintable() else "?" for c in self.shown)
        return ConfigError(
            f"the endpoint must be like {DEFAULT_ENDPOINT}, not {shown!r}"
            f"{why and f' ({why})'}; fix --endpoint"
        )

    def _check_key(self) -> None:
        if self.key and not (self.key.isascii() and self.key.isprintable()):
            raise ConfigError(
                "the key of the endpoint has control characters or letters outside ASCII in it; "
                f"fix {_KEY}"
            )


def _is_host(url: str, host: str) -> bool:
    """Whether a URL's host is one that can be looked up: each label has 1 to 63 letters."""
    import httpx

    try:
        host.encode("idna")
        httpx.URL(url)
    except (UnicodeError, httpx.InvalidURL):
        return False
    return True
