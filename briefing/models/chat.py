"""Chat models behind an OpenAI-compatible endpoint: Ollama, llama.cpp, vLLM, LM Studio.

Only the chat completions request is used. Articles are sent to the endpoint, so it must be on this
machine or a private network unless the user allows otherwise. Asked for plain lines, models answer
with lists, Markdown, JSON, a label ("Headline:"), an introductory sentence, or reasoning before the
lines; `lines_of` extracts the lines from all of these.
"""

import ipaddress
import json
import logging
import re
import socket
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from briefing.briefs import ModelInfo
from briefing.errors import ConfigError, EndpointError
from briefing.language.tokens import plain_blocks
from briefing.models.backend import Decoding, Hypothesis, NBest

if TYPE_CHECKING:
    import httpx


MOST_LINES = 24
MOST_WORDS = 120
"""Longer lines are prose, not lines of a brief."""
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_LABEL = re.compile(r"\A(?:headline|title|key points?|summary|context|line)(?: \d+)?\s*:\s*", re.I)
_BULLET = re.compile(r"\A(?:[•·–—*-]|\(?\d{1,2}[.)])\s+")
_PAIRS = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»"}


def lines_of(reply: str, *, whole: bool = True) -> list[str]:
    """Return the lines of a reply, in order, without markup; at most 24 of at most 120 words.

    The last line of a reply that is not ``whole`` (cut off) is dropped.
    """
    text = _THOUGHT.sub("", reply)
    if fenced := _FENCE.match(text):
        text = fenced[1]
    lines = _of_json(text)
    if lines is None:
        lines = [line for paragraph in plain_blocks(text) for line in paragraph.split("\n")]
    if not whole:
        lines = lines[:-1]
    plain = (_plain(line) for line in lines)
    kept = [line for line in plain if line and len(line.split()) <= MOST_WORDS]
    return list(dict.fromkeys(kept))[:MOST_LINES]


def _of_json(text: str) -> list[str] | None:
    """The strings in a JSON reply, in order; None if the reply is not JSON."""
    text = text.strip()
    if text[:1] not in ("[", "{", '"'):
        return None
    try:
        return list(_strings(json.loads(text)))
    except (ValueError, RecursionError):
        return None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _plain(line: str) -> str:
    """Strip bullet, label and enclosing quotation marks; empty for an introductory line."""
    line = _LABEL.sub("", _BULLET.sub("", " ".join(line.split())))
    if len(line) > 2 and _PAIRS.get(line[0]) == line[-1] and line[-1] not in line[1:-1]:
        line = line[1:-1].strip()
    return "" if line.endswith(":") or not any(c.isalpha() for c in line) else line


PREFIX = "openai:"
"""Prefix of the names of models behind an endpoint."""
DEFAULT_ENDPOINT = "http://127.0.0.1:11434/v1"
"""Ollama's default address."""
_log = logging.getLogger(__name__)
_CONNECT_SECONDS = 5.0
_MOST_BYTES = 1_000_000
_TRIES = 3
_LONGEST_WAIT = 10.0
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that are worth a retry."""


class _NoReply(Exception):
    """A request without a usable response; other requests may still succeed."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The endpoint of a chat model.

    ``url`` is the base URL, as in http://127.0.0.1:11434/v1; ``key`` is sent as a bearer token;
    ``timeout`` bounds one response in seconds, ``calls`` the number of concurrent requests;
    ``remote`` allows an endpoint on the public internet.
    """

    url: str = DEFAULT_ENDPOINT
    key: str | None = field(default=None, repr=False)
    timeout: float = 120.0
    calls: int = 4
    remote: bool = False

    def check(self) -> None:
        """Check that the URL is valid and, unless ``remote``, on a private network.

        Raises:
            ConfigError: it is not. EndpointError: the host name does not resolve.
        """
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in ("http", "https"):
            raise ConfigError(
                f"the endpoint must be like {DEFAULT_ENDPOINT}, not {self.url!r}; fix --endpoint"
            )
        if self.remote:
            return
        try:
            results = socket.getaddrinfo(host, port or 80, type=socket.SOCK_STREAM)
        except OSError as error:
            raise EndpointError(
                f"the host {host} of the endpoint cannot be resolved ({error.strerror}); "
                "fix --endpoint"
            ) from error
        addresses = (str(address[0]).partition("%")[0] for *_, address in results)
        if any(ipaddress.ip_address(address).is_global for address in addresses):
            raise ConfigError(
                f"the endpoint {self.url} is on the public internet, and articles would be sent "
                "there; run the model on this machine or network, or allow it with the setting "
                "remote_endpoint (BRIEFING_REMOTE_ENDPOINT=true)"
            )


class ChatBackend:
    """A chat model behind an endpoint; each prompt is one user message."""

    articles = 8
    calls = 2

    def __init__(self, model: str, endpoint: Endpoint) -> None:
        """Check the endpoint's address without sending a request.

        Raises:
            ConfigError: the URL is invalid or public. EndpointError: the host does not resolve.
        """
        import httpx

        endpoint.check()
        self._model = model.removeprefix(PREFIX)
        if not self._model:
            raise ConfigError(f"'{model}' has no model name; use --model {PREFIX}NAME")
        self._endpoint = endpoint
        self._client = httpx.Client(
            timeout=httpx.Timeout(endpoint.timeout, connect=_CONNECT_SECONDS),
            headers={"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {},
            trust_env=endpoint.remote,  # a proxy cannot reach an endpoint on this network
            limits=httpx.Limits(max_connections=None),
        )
        self._pool = ThreadPoolExecutor(endpoint.calls, thread_name_prefix="chat")
        self._stop = threading.Event()
        self.close = weakref.finalize(self, _end, self._stop, self._pool, self._client)
        """Cancel requests and close the connections; called at the latest on finalization."""
        self.info = ModelInfo(
            model, "unknown", "openai", "server", "unknown", f"served at {_shown(endpoint.url)}"
        )

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        """See :class:`briefing.models.backend.Backend`; each line of a reply is a hypothesis.

        A prompt gets no hypotheses if its request fails or the reply has no lines.

        Raises:
            EndpointError: the server cannot be reached, refuses the key, or lacks the model.
        """
        prompts = [prompt for batch in batches for prompt in batch]
        futures = [self._pool.submit(self._lines, prompt, decoding) for prompt in prompts]
        try:
            return [future.result() for future in futures]
        except EndpointError:
            for future in futures:
                future.cancel()
            raise

    def _lines(self, prompt: str, decoding: Decoding) -> NBest:
        try:
            reply, whole = self._reply(prompt, decoding)
        except _NoReply as error:
            _log.warning("%s returned no reply: %s", self.info.name, error)
            return ()
        lines = lines_of(reply, whole=whole)
        return tuple(Hypothesis(line, -1e-3 * at) for at, line in enumerate(lines))

    def _reply(self, prompt: str, decoding: Decoding) -> tuple[str, bool]:
        """The model's reply, and whether it is complete."""
        request = {
            "model": self._model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": decoding.max_tokens,
            "stream": False,
        }
        status, body = self._request("POST", "chat/completions", json.dumps(request).encode())
        if status != 200:
            raise self._refusal(status, body)
        try:
            choice = json.loads(body)["choices"][0]
            content = choice["message"]["content"]
            return str(content or ""), choice.get("finish_reason") != "length"
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise EndpointError(
                f"{_shown(self._endpoint.url)} did not return a chat completion; check the path of "
                "--endpoint in the server's documentation (usually /v1)"
            ) from None

    def _request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Send a request, with retries; return the status and body of the response.

        Not a retry library's loop, because waits must end when the back end is closed.
        """
        import httpx

        url = f"{self._endpoint.url.rstrip('/')}/{path}"
        wait, response = 0.5, (0, b"")
        for left in reversed(range(_TRIES)):
            try:
                response, retry_after = self._send(method, url, body)
            except httpx.TimeoutException as error:
                if isinstance(error, httpx.ConnectTimeout):
                    raise self._unreachable(error) from error
                raise _NoReply(f"no response within {self._endpoint.timeout:g} s") from error
            except httpx.ConnectError as error:
                if not left:
                    raise self._unreachable(error) from error
            except httpx.HTTPError as error:
                if not left:
                    raise _NoReply(f"the connection failed ({error})") from error
            else:
                if response[0] not in _BUSY or not left:
                    return response
                wait = min(max(wait, retry_after), _LONGEST_WAIT)
            if self._stop.wait(wait):
                raise _NoReply("the back end was closed")
            wait *= 2
        return response

    def _send(self, method: str, url: str, body: bytes | None) -> tuple[tuple[int, bytes], float]:
        """Send one request; return (status, body) and the Retry-After seconds (0 if absent)."""
        import httpx

        deadline = time.monotonic() + self._endpoint.timeout
        headers = {"Content-Type": "application/json"}
        with self._client.stream(method, url, content=body, headers=headers) as response:
            content = bytearray()
            for part in response.iter_bytes():
                content += part
                if len(content) > _MOST_BYTES:
                    raise _NoReply("the response is too large")
                if time.monotonic() > deadline or self._stop.is_set():
                    raise httpx.ReadTimeout("the response took too long")
            retry_after = 0.0
            with suppress(ValueError):
                retry_after = float(response.headers.get("retry-after", "0"))
            return (response.status_code, bytes(content)), retry_after

    def _unreachable(self, error: "httpx.HTTPError") -> EndpointError:
        return EndpointError(
            f"cannot connect to {_shown(self._endpoint.url)} ({error}); start the server (for "
            "Ollama: 'ollama serve'), or set another --endpoint"
        )

    def _refusal(self, status: int, body: bytes) -> Exception:
        """The error for a status other than 200."""
        message = _message(body)
        where = _shown(self._endpoint.url)
        if status in (401, 403):
            return EndpointError(
                f"{where} requires a valid API key; set BRIEFING_ENDPOINT_KEY ({message})"
            )
        if status == 404:
            return EndpointError(
                f"{where} has no model '{self._model}'{self._available()} ({message})"
            )
        return _NoReply(f"status {status}: {message}")

    def _available(self) -> str:
        """A list of the server's models for an error message; empty if it has no such list."""
        try:
            status, body = self._request("GET", "models")
            names = [str(model["id"]) for model in json.loads(body)["data"]]
        except (_NoReply, EndpointError, ValueError, LookupError, TypeError):
            return ""
        return f"; it has {', '.join(names[:8])}" if status == 200 and names else ""


def _end(stop: threading.Event, pool: ThreadPoolExecutor, client: "httpx.Client") -> None:
    stop.set()
    pool.shutdown(wait=False, cancel_futures=True)
    client.close()


def _message(body: bytes) -> str:
    """The error message of a response, on one line."""
    try:
        error: Any = json.loads(body)["error"]
        message = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, LookupError, TypeError, RecursionError):
        message = body.decode("utf-8", "replace")
    return " ".join(str(message).split())[:200] or "no reason given"


def _shown(url: str) -> str:
    """The URL without credentials."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
