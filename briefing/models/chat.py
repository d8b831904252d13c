"""A chat model that a server on the user's own machine runs: Ollama, llama.cpp, vLLM, LM Studio.

They share one protocol, OpenAI's chat completions over HTTP, of which this needs one request. The
article goes where the endpoint is, so it must be this machine or a private network unless the user
says otherwise.
"""

import ipaddress
import json
import logging
import socket
import threading
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from briefing.brief import ModelInfo
from briefing.errors import ConfigError, ModelError
from briefing.models.backend import Decoding, Hypothesis, NBest
from briefing.models.replies import lines_of

if TYPE_CHECKING:
    import httpx

PREFIX = "openai:"
"""What the name of a model behind an endpoint begins with."""
DEFAULT = "http://127.0.0.1:11434/v1"
"""Where Ollama serves unless told otherwise."""
_log = logging.getLogger(__name__)
_CONNECT_SECONDS = 5.0
_MOST_BYTES = 1_000_000
_TRIES = 3
_LONGEST_WAIT = 10.0
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same request may do better."""


class EndpointError(ModelError):
    """The server that should run the model is not there, or does not run it."""

    code = "endpoint-unusable"


class _NoReply(Exception):
    """One request was answered with nothing that can be used; others may be."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a chat model is served.

    ``url`` is the base of the protocol, as in http://127.0.0.1:11434/v1; ``key`` is sent as a
    bearer token; ``timeout`` bounds one answer in seconds, ``calls`` the requests under way at
    once; ``remote`` lets it be on the public internet.
    """

    url: str = DEFAULT
    key: str | None = field(default=None, repr=False)
    timeout: float = 120.0
    calls: int = 4
    remote: bool = False

    def check(self) -> None:
        """Refuse what is no URL, and an address that others run.

        Raises:
            ConfigError: says which it is and what to do. EndpointError: the name leads nowhere.
        """
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in ("http", "https"):
            raise ConfigError(
                f"the endpoint must be like {DEFAULT}, not {self.url!r}; fix --endpoint"
            )
        if self.remote:
            return
        try:
            found = socket.getaddrinfo(host, port or 80, type=socket.SOCK_STREAM)
        except OSError as error:
            raise EndpointError(
                f"the endpoint's host {host} is not found ({error.strerror}); fix --endpoint"
            ) from error
        if any(ipaddress.ip_address(str(to[0]).partition("%")[0]).is_global for *_, to in found):
            raise ConfigError(
                f"the endpoint {self.url} is on the public internet, where articles would be sent; "
                "run the model on this machine or network, or allow it with the setting "
                "remote_endpoint (BRIEFING_REMOTE_ENDPOINT=true)"
            )


class ChatBackend:
    """A chat model behind an endpoint, asked for the lines of each prompt in one message."""

    articles = 8
    calls = 2

    def __init__(self, model: str, endpoint: Endpoint) -> None:
        """Check the address; nothing is asked of the server yet.

        Raises:
            ConfigError: the endpoint is no URL, or public. EndpointError: its name leads nowhere.
        """
        import httpx

        endpoint.check()
        self._model = model.removeprefix(PREFIX)
        if not self._model:
            raise ConfigError(f"'{model}' names no model; write --model {PREFIX}NAME")
        self._endpoint = endpoint
        self._client = httpx.Client(
            timeout=httpx.Timeout(endpoint.timeout, connect=_CONNECT_SECONDS),
            headers={"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {},
            trust_env=endpoint.remote,  # a proxy does not lead back to this network
            limits=httpx.Limits(max_connections=None),
        )
        self._pool = ThreadPoolExecutor(endpoint.calls, thread_name_prefix="chat")
        self._stop = threading.Event()
        self.close = weakref.finalize(self, _end, self._stop, self._pool, self._client)
        """Ends what is under way and closes the connections; at the latest when nobody has it."""
        self.info = ModelInfo(
            model, "unknown", "openai", "server", "unknown", f"served at {_shown(endpoint.url)}"
        )

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        """See :class:`briefing.models.backend.Backend`; each line of a reply is a hypothesis.

        A prompt that the server fails on, or answers with no line, gets none.

        Raises:
            EndpointError: the server is not there, wants a key, or does not know the model.
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
            _log.warning("%s wrote nothing: %s", self.info.name, error)
            return ()
        lines = lines_of(reply, whole=whole)
        return tuple(Hypothesis(line, -1e-3 * at) for at, line in enumerate(lines))

    def _reply(self, prompt: str, decoding: Decoding) -> tuple[str, bool]:
        """What the model answers, and whether it came to its end."""
        asked = {
            "model": self._model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": decoding.max_tokens,
            "stream": False,
        }
        status, body = self._patiently("POST", "chat/completions", json.dumps(asked).encode())
        if status != 200:
            raise self._refusal(status, body)
        try:
            choice = json.loads(body)["choices"][0]
            content = choice["message"]["content"]
            return str(content or ""), choice.get("finish_reason") != "length"
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise EndpointError(
                f"{_shown(self._endpoint.url)} did not answer as a chat completion; check that "
                "--endpoint ends where its server's documentation says, mostly in /v1"
            ) from None

    def _patiently(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body of an answer, asked for again where the server is busy or stumbles.

        Its own loop, since what waits must end with the program.
        """
        import httpx

        url = f"{self._endpoint.url.rstrip('/')}/{path}"
        wait, found = 0.5, (0, b"")
        for left in reversed(range(_TRIES)):
            try:
                found, after = self._ask(method, url, body)
            except httpx.TimeoutException as error:
                if isinstance(error, httpx.ConnectTimeout):
                    raise self._away(error) from error
                raise _NoReply(f"no answer in {self._endpoint.timeout:g} s") from error
            except httpx.ConnectError as error:
                if not left:
                    raise self._away(error) from error
            except httpx.HTTPError as error:
                if not left:
                    raise _NoReply(f"the connection broke ({error})") from error
            else:
                if found[0] not in _BUSY or not left:
                    return found
                wait = min(max(wait, after), _LONGEST_WAIT)
            if self._stop.wait(wait):
                raise _NoReply("the program ends")
            wait *= 2
        return found

    def _ask(self, method: str, url: str, body: bytes | None) -> tuple[tuple[int, bytes], float]:
        """One request: (status, body) and after how many seconds the server wants the next."""
        import httpx

        ends = time.monotonic() + self._endpoint.timeout
        headers = {"Content-Type": "application/json"}
        with self._client.stream(method, url, content=body, headers=headers) as answer:
            read = bytearray()
            for part in answer.iter_bytes():
                read += part
                if len(read) > _MOST_BYTES:
                    raise _NoReply("the answer is larger than any line")
                if time.monotonic() > ends or self._stop.is_set():
                    raise httpx.ReadTimeout("the answer is too slow")
            after = 0.0
            with suppress(ValueError):
                after = float(answer.headers.get("retry-after", "0"))
            return (answer.status_code, bytes(read)), after

    def _away(self, error: "httpx.HTTPError") -> EndpointError:
        return EndpointError(
            f"no server answers at {_shown(self._endpoint.url)} ({error}); start it (for Ollama: "
            "'ollama serve'), or name another with --endpoint"
        )

    def _refusal(self, status: int, body: bytes) -> Exception:
        """What a status other than 200 means."""
        said = _message(body)
        where = _shown(self._endpoint.url)
        if status in (401, 403):
            return EndpointError(
                f"{where} wants a key, or another one; set BRIEFING_ENDPOINT_KEY ({said})"
            )
        if status == 404:
            return EndpointError(
                f"{where} does not know the model '{self._model}'{self._known()} ({said})"
            )
        return _NoReply(f"status {status}: {said}")

    def _known(self) -> str:
        """The models that the server says it has."""
        try:
            status, body = self._patiently("GET", "models")
            names = [str(model["id"]) for model in json.loads(body)["data"]]
        except (_NoReply, EndpointError, ValueError, LookupError, TypeError):
            return ""
        return f"; it has {', '.join(names[:8])}" if status == 200 and names else ""


def _end(stop: threading.Event, pool: ThreadPoolExecutor, client: "httpx.Client") -> None:
    stop.set()
    pool.shutdown(wait=False, cancel_futures=True)
    client.close()


def _message(body: bytes) -> str:
    """What an answer says went wrong, in one short line."""
    try:
        said: Any = json.loads(body)["error"]
        said = said.get("message", said) if isinstance(said, dict) else said
    except (ValueError, LookupError, TypeError, RecursionError):
        said = body.decode("utf-8", "replace")
    return " ".join(str(said).split())[:200] or "no reason given"


def _shown(url: str) -> str:
    """The URL without a password that it may hold."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
