"""Every error that Briefing raises on purpose; each message says what to do about it."""


class BriefingError(Exception):
    """Root of all errors a caller may want to catch.

    ``code`` is a stable identifier for machines (batch output, HTTP problem types). ``exit_code``
    is what the command line ends with.
    """

    code = "error"
    exit_code = 1


class InternalError(BriefingError):
    """A fault of Briefing itself that one article brought out; the others go on."""

    code = "internal"


class InputError(BriefingError):
    """The article cannot be briefed as it is; the message names the remedy."""

    code = "bad-input"


class EmptyInput(InputError):
    """There is no text."""

    code = "empty-input"


class TooShort(InputError):
    """There is text, but no sentence to brief."""

    code = "too-short"


class TooLong(InputError):
    """The input is beyond the size limit."""

    code = "too-long"


class NotText(InputError):
    """Binary data, or a format that is not read."""

    code = "not-text"


class NotFound(InputError):
    """A file that does not exist or may not be read."""

    code = "not-found"


class FetchError(InputError):
    """A URL that could not be read."""

    code = "fetch-failed"


class FetchRefused(FetchError):
    """A URL that may not be read."""

    code = "url-refused"


class TooComplex(InputError):
    """A document that takes too much time or memory to read."""

    code = "too-complex"


class NoArticle(InputError):
    """An HTML page or PDF in which no article was found."""

    code = "no-article"


class UnsupportedLanguage(InputError):
    """The article's language is not one that the model writes."""

    code = "unsupported-language"


class ModelError(BriefingError):
    """A model that cannot be loaded or used."""

    code = "bad-model"
    exit_code = 3


class PromptError(BriefingError):
    """A prompt file with a mistake in it."""

    code = "bad-prompt"
    exit_code = 3


class DeviceError(BriefingError):
    """A device that is not there or ran out of memory."""

    code = "bad-device"
    exit_code = 3


class ConfigError(BriefingError):
    """A setting with a value that is not allowed."""

    code = "bad-setting"
    exit_code = 2


class OutputError(BriefingError):
    """The output cannot be written, or belongs to another run."""

    code = "bad-output"
    exit_code = 2
