"""Chat models behind an OpenAI-compatible endpoint: Ollama, llama.cpp, vLLM, LM Studio.

Only the chat completions request is used. Articles are sent to the endpoint, so it must be on this
machine or a private network unless the user allows otherwise.
"""

import json
import logging
import re
import socket
import threading
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from briefing.briefs import ModelInfo
from briefing.errors import ConfigError, EndpointError
from briefing.models.backend import Decoding, Failed, Hypothesis, NBest
from briefing.models.endpoint import PREFIX, Endpoint
from briefing.models.replies import content_text, is_thinking, lines_of

if TYPE_CHECKING:
    import httpx


_log = logging.getLogger(__name__)
_CONNECT_SECONDS = 5.0
_MOST_BYTES = 1_000_000
_MOST_QUOTED = 200
"""Characters of a server's message that are shown."""
_MOST_REASONS = 1_000
_TRIES = 3
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 10.0
"""Seconds before the second try, which double, and the most that a server may ask for."""
_FIRST_REQUESTS = 4
"""Requests that a server which has answered none may leave unanswered before a run ends."""
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that are worth a retry."""
_TOO_LARGE = frozenset({400, 422})
"""Statuses of servers that find an article too long, among other reasons."""
_OF_LENGTH = re.compile(r"context|token|too (?:long|large)|length|exceed", re.IGNORECASE)
"""What they say then."""
_PATH = "check the path of --endpoint in the server's documentation (usually /v1)"


class _NoReply(Exception):
    """A request without a usable response; other requests may still succeed.

    ``advice`` is for the case that none does. ``away``: others will likely fail too, and slowly.
    """

    def __init__(self, reason: str, advice: str = "", *, away: bool = False) -> None:
        super().__init__(reason)
        self.advice = advice
        self.away = away


@dataclass(frozen=True, slots=True)
class _Response:
    """A response; ``retry_after`` in seconds, 0 if absent."""

    status: int
    body: bytes
    retry_after: float = 0.0
    location: str = ""


@dataclass
class RequestCount:
    """Counts of the requests of a back end, by threads; ``reason`` is why the last one failed."""

    answered: int = 0
    failed: int = 0
    away: int = 0
    """Those of the failed ones that a server left unanswered."""
    reason: str = ""
    _reasons: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self) -> None:
        """Count a request with an answer."""
        with self._lock:
            self.answered += 1

    def fail(self, reason: str, *, away: bool) -> bool:
        """Count a request that failed; return whether none did for this reason before."""
        with self._lock:
            self.failed += 1
            self.away += away
            self.reason = reason
            new = reason not in self._reasons
            if len(self._reasons) < _MOST_REASONS:
                self._reasons.add(reason)
            return new

    @property
    def told(self) -> str:
        """The failures in words; empty if there are none."""
        if not self.failed:
            return ""
        total = self.answered + self.failed
        return f"the model's server failed on {self.failed} of {total} requests: {self.reason}"


class _Connections:
    """The connections of a back end, and those of the back ends that it opened.

    Closing a client does not wake threads that read, so their sockets are shut down.
    """

    def __init__(self) -> None:
        self.closed = threading.Event()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._children: weakref.WeakSet[_Connections] = weakref.WeakSet()
        self._lock = threading.Lock()

    def trace(self, event: str, details: dict[str, Any]) -> None:
        """Remember the socket of each new connection; an httpx ``trace`` extension."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            opened = details["return_value"].get_extra_info("socket")
            with self._lock:
                self._sockets.add(opened)
            if self.closed.is_set():
                _shut(opened)

    def opened(self) -> "_Connections":
        """Return connections that are closed with these."""
        child = _Connections()
        with self._lock:
            self._children.add(child)
        if self.closed.is_set():
            child.close()
        return child

    def close(self) -> None:
        """Shut down all connections, and each that is still being made."""
        self.closed.set()
        with self._lock:
            sockets, children = list(self._sockets), list(self._children)
        for each in sockets:
            _shut(each)
        for child in children:
            child.close()


def _shut(opened: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(opened, socket.SHUT_RDWR)  # below TLS, which would wait for its end


class ChatBackend:
    """A chat model behind an endpoint; each prompt is one user message."""

    articles = 8
    calls = 2

    def __init__(self, model: str, endpoint: Endpoint, whole: "ChatBackend | None" = None) -> None:
        """Check the endpoint's address without sending a request.

        ``whole`` is the back end that opens this one for a run: its endpoint is checked.

        Raises:
            ConfigError: URL or key are invalid, or the host public. EndpointError: the host does
                not resolve.
        """
        if whole is None:
            endpoint.check()
        self._model = model.removeprefix(PREFIX)
        if not self._model:
            raise ConfigError(f"'{model}' has no model name; use --model {PREFIX}NAME")
        self._whole = whole
        self.requests: RequestCount = whole.requests if whole else RequestCount()
        self._given_up: EndpointError | None = None
        """Why a back end for one run asks no more."""
        self._endpoint = endpoint
        self._client = _client(endpoint)
        self._pool = ThreadPoolExecutor(endpoint.calls, thread_name_prefix="chat")
        self._connections: _Connections = whole._connections.opened() if whole else _Connections()
        self.close = weakref.finalize(self, _end, self._connections, self._pool, self._client)
        """Cancel requests and close the connections; called at the latest on finalization."""
        self.info = ModelInfo(
            model, "unknown", "openai", "server", "unknown", f"served at {endpoint.shown}"
        )

    def opened(self) -> "ChatBackend":
        """Return a back end for one run, whose requests count with this one's.

        Closing it ends its requests alone; it is closed with this one.
        """
        return ChatBackend(self.info.name, self._endpoint, self)

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        """See :class:`briefing.models.backend.Backend`; each line of a reply is a hypothesis.

        A prompt whose reply has no lines gets no hypotheses, one whose request fails is `Failed`.

        Raises:
            EndpointError: the server cannot be reached, refuses the key, or leaves the first
                requests unanswered; or the back end is closed.
        """
        self._check_open()
        prompts = [prompt for batch in batches for prompt in batch]
        futures = [self._pool.submit(self._lines, prompt, decoding) for prompt in prompts]
        try:
            found = [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            self._check_open()
            raise
        self._check_open()
        return found

    def _check_open(self) -> None:
        """Raise EndpointError if the back end is closed: what it has then is incomplete."""
        if self._connections.closed.is_set():
            raise EndpointError(_CLOSED)

    def _lines(self, prompt: str, decoding: Decoding) -> NBest:
        if self._given_up:
            raise self._given_up
        self._check_open()
        try:
            lines = self._reply(prompt, decoding)
        except _NoReply as error:
            return self._failed(error)
        self.requests.answer()
        return tuple(Hypothesis(line, -1e-3 * at) for at, line in enumerate(lines))

    def _failed(self, failure: _NoReply) -> Failed:
        """Count a failure; it is fatal if too many requests were left unanswered, and all were."""
        reason = str(failure)
        if self._connections.closed.is_set():
            return Failed((), reason)
        new = self.requests.fail(reason, away=failure.away)
        level = logging.WARNING if new else logging.INFO
        _log.log(level, "%s returned no reply: %s", self.info.name, reason)
        if self.requests.answered:
            return Failed((), reason)
        advice = f"; {failure.advice}" if failure.advice else ""
        error = EndpointError(f"{self._endpoint.shown} answers no request: {reason}{advice}")
        if self.requests.away >= max(self._endpoint.calls, _FIRST_REQUESTS):
            if self._whole:
                self._given_up = error
            raise error
        return Failed((), reason, error)

    def _reply(self, prompt: str, decoding: Decoding) -> list[str]:
        """The lines of the model's reply."""
        request = {
            "model": self._model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": decoding.max_tokens,
            "stream": False,
        }
        response = self._request("POST", "chat/completions", json.dumps(request).encode())
        if response.status != 200:
            raise self._refusal(response)
        try:
            choice = json.loads(response.body)["choices"][0]
            return _lines_of_choice(choice, decoding.max_tokens)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise self._other_reply(response.body) from None

    def _request(self, method: str, path: str, body: bytes | None = None) -> _Response:
        """Send a request, with retries, all within the endpoint's time limit.

        Not a retry library's loop, because waits must end when the back end is closed.
        """
        import httpx

        deadline = time.monotonic() + self._endpoint.timeout
        wait = _FIRST_WAIT
        for left in reversed(range(_TRIES)):
            response: _Response | None = None
            failure: Exception
            try:
                response = self._send(method, path, body, deadline)
            except httpx.ConnectTimeout as error:
                raise self._unreachable(error) from error
            except httpx.TimeoutException as error:
                limit = f"no response within {self._endpoint.timeout:g} s"
                raise _NoReply(limit, _SLOW, away=True) from error
            except httpx.ConnectError as error:
                failure = self._unreachable(error)
            except httpx.HTTPError as error:
                reason = self._endpoint.without_secrets(str(error))
                failure = _NoReply(f"the connection failed ({reason})", away=True)
            if response is not None:
                if response.status not in _BUSY:
                    return response
                failure = self._refusal(response)
                wait = min(max(wait, response.retry_after), _LONGEST_WAIT)
            if not left or time.monotonic() + wait >= deadline:
                raise failure
            if self._connections.closed.wait(wait):
                raise _NoReply(_CLOSED)
            wait *= 2
        raise failure

    def _send(self, method: str, path: str, body: bytes | None, deadline: float) -> _Response:
        """Send one request."""
        import httpx

        seconds = max(deadline - time.monotonic(), 0.1)
        with self._client.stream(
            method,
            f"{self._endpoint.base}/{path}",
            content=body,
            headers={"Content-Type": "application/json"},
            timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
            extensions={"trace": self._connections.trace},
        ) as response:
            content = bytearray()
            for part in response.iter_bytes():
                content += part
                if len(content) > _MOST_BYTES:
                    raise _NoReply("the response is too large")
                if time.monotonic() > deadline or self._connections.closed.is_set():
                    raise httpx.ReadTimeout("the response took too long")
            retry_after = 0.0
            with suppress(ValueError):
                retry_after = float(response.headers.get("retry-after", "0"))
            location = response.headers.get("location", "")
            return _Response(response.status_code, bytes(content), retry_after, location)

    def _unreachable(self, error: "httpx.HTTPError") -> EndpointError:
        return EndpointError(
            f"cannot connect to {self._endpoint.shown} "
            f"({self._endpoint.without_secrets(str(error))}); start the server (for Ollama: "
            "'ollama serve'), or set another --endpoint"
        )

    def _refusal(self, response: _Response) -> Exception:
        """The error for a status other than 200."""
        status, where = response.status, self._endpoint.shown
        message = self._quoted(_message(response.body))
        reason = f"status {status}: {message or 'no reason given'}"
        if status == 401:
            return EndpointError(
                f"{where} requires a valid API key; set BRIEFING_ENDPOINT_KEY "
                f"({message or 'no reason given'})"
            )
        if 300 <= status < 400:
            return self._redirect(response)
        if status == 403:
            return _NoReply(reason, "if it wants an API key, set BRIEFING_ENDPOINT_KEY")
        if status == 404:
            return self._missing(response.body, reason)
        if status == 413 or (status in _TOO_LARGE and _OF_LENGTH.search(message)):
            return _NoReply(reason, "lower max_input in the prompt file (chat.toml)")
        return _NoReply(reason, away=status in _BUSY)

    def _redirect(self, response: _Response) -> _NoReply:
        """The error for a redirect: following it would send articles elsewhere."""
        host = ""
        with suppress(ValueError):
            target = urljoin(self._endpoint.base, response.location)
            host = self._quoted(urlsplit(target).hostname or "") if response.location else ""
        return _NoReply(
            f"status {response.status}: it redirects to {host or 'another address'}, which is not "
            "followed",
            "set --endpoint to the address that the server is at",
        )

    def _missing(self, body: bytes, reason: str) -> _NoReply:
        """The error for status 404: a wrong path, or a model that the server lacks."""
        if self.requests.answered:
            return _NoReply(reason)
        names = self._available() if _is_json(body) else []
        if names:
            return _NoReply(reason, f"it has no model '{self._model}'; it has {', '.join(names)}")
        if _error_in(body) is None:
            return _NoReply(reason, f"the path may be wrong; {_PATH}")
        return _NoReply(reason, f"it may have no model '{self._model}', or the path is wrong")

    def _available(self) -> list[str]:
        """The first of the server's models; empty if it has no such list."""
        try:
            response = self._request("GET", "models")
            names = [str(model["id"]) for model in json.loads(response.body)["data"][:8]]
        except (_NoReply, EndpointError, ValueError, LookupError, TypeError, RecursionError):
            return []
        return [self._quoted(name) for name in names] if response.status == 200 else []

    def _other_reply(self, body: bytes) -> _NoReply:
        """The error for a response that is no chat completion."""
        error = _error_in(body)
        message = self._quoted(body.decode("utf-8", "replace") if error is None else error)
        if not body.strip():
            return _NoReply("the response is empty", _PATH)
        if error is not None:
            return _NoReply(f"status 200 with an error: {message}")
        if body.lstrip().startswith((b"data:", b"event:")):
            return _NoReply(f"it streams although it was not asked to: {message}")
        return _NoReply(f"the response is no chat completion: {message}", _PATH)

    def _quoted(self, text: str) -> str:
        """A text of the server's on one line, without secrets, of at most 200 characters."""
        line = " ".join(self._endpoint.without_secrets(text).split())
        return "".join(c for c in line if c.isprintable())[:_MOST_QUOTED]


_CLOSED = "the connection to the model's server was closed here; ask again"
_SLOW = "raise the setting endpoint_timeout if the model is that slow"


def _client(endpoint: Endpoint) -> "httpx.Client":
    """A client with the login of the URL, or else with the key.

    The login is not left in the URL, which httpx logs.
    """
    import httpx

    return httpx.Client(
        auth=httpx.BasicAuth(*endpoint.login) if endpoint.login else None,
        headers={"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {},
        trust_env=endpoint.remote,  # a proxy cannot reach an endpoint on this network
        limits=httpx.Limits(max_connections=None),
    )


def _lines_of_choice(choice: dict[str, Any], max_tokens: int) -> list[str]:
    """The lines of a completion's choice.

    Raises:
        _NoReply: it was cut off before there was a line, or has thoughts alone.
    """
    message = choice["message"]
    text = content_text(message.get("content"))
    cut = choice.get("finish_reason") == "length"
    lines = lines_of(text, whole=not cut)
    thought = message.get("reasoning_content") or message.get("reasoning")
    thinking = is_thinking(text) or (bool(thought) and not text.strip())
    if lines or not (cut or thinking):
        return lines
    when = "while the model was thinking" if thinking else "before a line was complete"
    cause = f"was cut off at {max_tokens} tokens {when}" if cut else "has thoughts and no lines"
    raise _NoReply(f"the answer {cause}; raise max_tokens in the prompt file (chat.toml)")


def _end(connections: _Connections, pool: ThreadPoolExecutor, client: "httpx.Client") -> None:
    connections.close()
    pool.shutdown(wait=False, cancel_futures=True)
    client.close()


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _error_in(body: bytes) -> str | None:
    """The message of the error in a response; None if it has none."""
    try:
        error: Any = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return str(error.get("message", error) if isinstance(error, dict) else error)


def _message(body: bytes) -> str:
    """The error message of a response, or else the response itself."""
    error = _error_in(body)
    return body.decode("utf-8", "replace") if error is None else error
