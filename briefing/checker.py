"""Check a summary against an article, with the bundled or a custom verifier."""

from functools import cache
from os import PathLike

from briefing.article import Article
from briefing.attribution import unattributed
from briefing.briefs import Brief
from briefing.checking import Verifier, bundled_verifier
from briefing.checking.report import Report, check_text
from briefing.errors import EmptyInput
from briefing.options import Device
from briefing.reading import detect_language, read, sentence_texts
from briefing.rendering import summary_text

_BUNDLED = "bundled"


def check(
    summary: str | Brief,
    against: str | PathLike[str] | bytes | Article,
    *,
    verifier: str = _BUNDLED,
    device: Device = "auto",
) -> Report:
    """Check each claim of ``summary`` against the article ``against``.

    ``summary`` is a text, a brief in any output format, or a `Brief`; ``against`` is an `Article`,
    or a source that `briefing.read` accepts. ``verifier`` is "bundled", or the folder or cached
    name of an entailment model, which runs on ``device``.

    Raises:
        TypeError: an argument has the wrong type.
        EmptyInput: the summary is empty. InputError: see `briefing.read`.
        ModelError, DeviceError: the verifier cannot be used.
    """
    if isinstance(summary, Brief):
        summary = "\n\n".join(line.text for line in summary.lines)
    if not isinstance(summary, str):
        raise TypeError(f"the summary must be a str or a Brief, not {type(summary).__name__}")
    if not summary.strip():
        raise EmptyInput("the summary is empty; provide text to check")
    article = against if isinstance(against, Article) else read(against)
    return check_sentences(summary, [s.text for s in article.sentences], verifier, device)


def check_sentences(
    summary: str, sentences: list[str], verifier: str = _BUNDLED, device: Device = "auto"
) -> Report:
    """Check ``summary`` against the sentences of an article.

    Raises:
        ModelError, DeviceError: the verifier cannot be used.
    """
    language = detect_language(" ".join(sentences))
    judge = verifier_for(language, verifier, device)
    return check_text(
        unattributed(summary_text(summary)), sentences, sentence_texts, judge, language
    )


def verifier_for(language: str, name: str = _BUNDLED, device: Device = "auto") -> Verifier | None:
    """Return the verifier of this name, loaded once; None if it does not support ``language``.

    Raises:
        ModelError, DeviceError: see `briefing.models.entailment.model_verifier`.
    """
    return bundled_verifier(language) if name == _BUNDLED else _custom_verifier(name, device)


@cache
def _custom_verifier(name: str, device: Device) -> Verifier:
    from briefing.models.entailment import model_verifier

    return model_verifier(name, device)
