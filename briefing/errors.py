"""Exception hierarchy of the library. Every message says what to do about the error.

BriefingError
    InternalError
    InputError
        EmptyInput
        TooShort
        TooLong
        NotText
        NotFound
        FetchError
            FetchRefused
            Transient
        TooComplex
        Stalled
        NoArticle
        UnsupportedLanguage
        BadLine
        NotAFeed
    ModelError
        EndpointError
    PromptError
    DeviceError
    ConfigError
        TemplateError
        SourceError
    OutputError
    DeliveryError
    NotSent
    DeliverySettingsError
    SignatureError
    StoreError
        StoreTooNew
        StoreBusy
        StoreFull
    LockedError
    ClockError
    NoEdition
    MissingExtra
    ClusterError
    WorkerDied
"""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from briefing.options import FrontEnd

FRONT_END: ContextVar[FrontEnd] = ContextVar("front_end", default="library")
"""The front end in use, whose words errors give advice in."""


class BriefingError(Exception):
    """Base class of all errors raised by Briefing.

    ``code`` is a stable identifier for programs (batch output, HTTP problem types). ``exit_code``
    is the exit code of the command line.
    """

    code = "error"
    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled as it is: `BaseException` would call ``__init__`` with the message alone."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    kind: type[BriefingError], args: tuple[Any, ...], state: dict[str, Any]
) -> BriefingError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InternalError(BriefingError):
    """An unexpected error on one article; other articles are not affected."""

    code = "internal"


class InputError(BriefingError, ValueError):
    """The article cannot be briefed; the message names the remedy."""

    code = "bad-input"


class EmptyInput(InputError):
    """The input has no text."""

    code = "empty-input"


class TooShort(InputError):
    """The text has no sentence to brief."""

    code = "too-short"


class TooLong(InputError):
    """The input exceeds a size limit."""

    code = "too-long"


class NotText(InputError):
    """The input is binary data, or in an unsupported format."""

    code = "not-text"


class NotFound(InputError):
    """The file does not exist or is not readable."""

    code = "not-found"


class FetchError(InputError):
    """A URL could not be fetched."""

    code = "fetch-failed"


class FetchRefused(FetchError):
    """Fetching the URL is not allowed."""

    code = "url-refused"


class TooComplex(InputError):
    """The document takes too much time or memory to read."""

    code = "too-complex"


class Stalled(InputError):
    """The machine was too busy to read the document; a retry may succeed."""

    code = "reader-busy"


class NoArticle(InputError):
    """The input has no article."""

    code = "no-article"


class UnsupportedLanguage(InputError):
    """The model does not support the article's language."""

    code = "unsupported-language"

    def __init__(self, language: str, supported: Sequence[str]) -> None:
        super().__init__(language, supported)
        self.language = language
        self.supported = tuple(supported)

    def __str__(self) -> str:
        """Return the message, with advice in the words of the front end."""
        advice = _LANGUAGE_ADVICE[FRONT_END.get()].format(language=self.language)
        written = ", ".join(self.supported)
        return f"the article is in '{self.language}', but this model writes {written}; {advice}"


_LANGUAGE_ADVICE: dict[FrontEnd, str] = {
    "library": (
        "choose a model for '{language}' (an mBART or mT5 folder, for example), or use "
        "extractive=True (--extractive on the command line) for a brief of the article's own "
        "sentences"
    ),
    "command line": (
        "choose a model for '{language}' with --model (an mBART or mT5 folder, for example), or "
        "use --extractive for a brief of the article's own sentences"
    ),
    "service": (
        'send "extractive": true (for text, HTML or PDF: ?extractive=true) for a brief of the '
        "article's own sentences, or use a service whose model writes '{language}'"
    ),
    "page": (
        "choose “Only the article's own sentences” below and send it again, or use a service whose "
        "model writes '{language}'"
    ),
}


class BadLine(InputError):
    """An input line is not a valid JSON object."""

    code = "bad-line"


class ModelError(BriefingError):
    """The model cannot be loaded or used."""

    code = "bad-model"
    exit_code = 3


class EndpointError(ModelError):
    """The endpoint cannot be reached, or does not serve the model."""

    code = "endpoint-unusable"


class PromptError(BriefingError):
    """A prompt file is invalid."""

    code = "bad-prompt"
    exit_code = 3


class DeviceError(BriefingError):
    """The device is not available or ran out of memory."""

    code = "bad-device"
    exit_code = 3


class ConfigError(BriefingError):
    """A setting has an invalid value."""

    code = "bad-setting"
    exit_code = 2


class OutputError(BriefingError):
    """The output cannot be written, or belongs to another run."""

    code = "bad-output"
    exit_code = 2


class DeliveryError(BriefingError):
    """A message was not accepted; a ``permanent`` failure need not be retried (RFC 5321, 4.2.1).

    ``busy``: the server takes no message at all for the moment.
    """

    code = "not-delivered"

    def __init__(self, message: str, *, permanent: bool = False, busy: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.busy = busy


class NotSent(BriefingError):
    """Some messages of an edition were not sent."""

    code = "not-delivered"
    exit_code = 3


class DeliverySettingsError(BriefingError):
    """A server that delivers editions cannot be reached, trusted or logged in to."""

    code = "bad-mail"
    exit_code = 3


class TemplateError(ConfigError):
    """A template, usually a custom one, cannot be used."""

    code = "bad-template"


class SignatureError(BriefingError):
    """A stored signature has another version's format and must be recomputed."""

    code = "bad-signature"


class SourceError(ConfigError):
    """A source or a list of sources is invalid."""

    code = "bad-source"


class NotAFeed(InputError):
    """The response is not a readable feed."""

    code = "not-a-feed"


class Transient(FetchError):
    """A temporary failure: a retry may succeed.

    ``wait`` is the server's ``Retry-After`` in seconds, or None.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class StoreError(BriefingError):
    """The store cannot be opened, read or written."""

    code = "bad-store"
    exit_code = 3


class StoreTooNew(StoreError):
    """The store's schema is newer than this version of Briefing."""

    code = "store-too-new"


class StoreBusy(StoreError):
    """Another program kept the database locked beyond the timeout."""

    code = "store-busy"


class StoreFull(StoreError):
    """The disk is full."""

    code = "disk-full"


class LockedError(BriefingError):
    """Another run holds the lock of the store."""

    code = "locked"
    exit_code = 3


class ClockError(BriefingError):
    """The clock is behind the last edition."""

    code = "clock"
    exit_code = 3


class NoEdition(BriefingError):
    """There is no edition for that date."""

    code = "no-edition"
    exit_code = 2


class MissingExtra(BriefingError):
    """An optional dependency (an extra of Briefing) is not installed."""

    code = "missing-extra"
    exit_code = 3


class ClusterError(BriefingError):
    """The Ray cluster cannot be reached, or lacks the resources for the workers."""

    code = "bad-cluster"
    exit_code = 3


class WorkerDied(BriefingError):
    """An article crashed its worker process repeatedly."""

    code = "worker-died"
