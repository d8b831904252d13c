"""Generate candidate lines: prompt families, the writer, sentence compression.

A family is found among the user's and the shipped ones, and one is chosen for a model.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from briefing.errors import PromptError
from briefing.writing.prompt_file import load_family
from briefing.writing.writer import LineRequest, Prompts, Writer

__all__ = ["LineRequest", "Prompts", "Writer", "choose_family"]


@dataclass(frozen=True, slots=True)
class PromptSource:
    """A prompt file; ``own`` if it is the user's, ``hides`` if it overrides a shipped one."""

    file: Traversable
    own: bool = False
    hides: bool = False

    @property
    def name(self) -> str:
        """The family's name, which is the name of the file."""
        return self.file.name.removesuffix(".toml")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The prompt family of a model, and the pattern that matched."""

    prompts: Prompts
    source: PromptSource
    pattern: str


def prompt_sources(folder: Path | None = None) -> list[PromptSource]:
    """Return all prompt files in order of precedence: the user's, then the shipped ones.

    Raises:
        PromptError: the folder does not exist.
    """
    shipped = {entry.name: entry for entry in _shipped()}
    own: list[PromptSource] = []
    if folder is not None:
        if not folder.is_dir():
            raise PromptError(f"the prompts folder {folder} does not exist; check --prompts")
        paths = sorted(folder.glob("*.toml"))
        own = [PromptSource(path, own=True, hides=path.name in shipped) for path in paths]
    hidden = {source.file.name for source in own}
    return own + [PromptSource(shipped[name]) for name in sorted(shipped) if name not in hidden]


def _shipped() -> Iterator[Traversable]:
    return (entry for entry in files("briefing.prompts").iterdir() if entry.name.endswith(".toml"))


def choose_family(model: str, model_type: str, folder: Path | None = None) -> Prompts:
    """Return the prompts for a model; see `choose_source`."""
    return choose_source(model, model_type, folder).prompts


def choose_source(model: str, model_type: str, folder: Path | None = None) -> Chosen:
    """Return the family with the most specific matching pattern; in a tie, the user's.

    Args:
        model: the name of the model or of its folder.
        model_type: ``model_type`` of its config.json.
        folder: the user's prompt files.

    Raises:
        PromptError: a prompt file is invalid, or none matches.
    """
    best: Chosen | None = None
    most = 0
    for source in prompt_sources(folder):
        prompts = load_family(source.file)
        for pattern in prompts.models:
            if (fit := _fit(pattern, model, model_type)) > most:
                best, most = Chosen(prompts, source, pattern), fit
    if best is None:
        raise PromptError(
            f"no prompt family matches model '{model}'; add a file with models = ['*']"
        )
    return best


def _fit(pattern: str, model: str, model_type: str) -> int:
    """The specificity of a matching pattern, by its length without ``*``; 0 if it does not match.

    An architecture is more specific than ``*``, and less than any letter of a name.
    """
    if pattern.startswith("type:"):
        return 2 * (pattern == f"type:{model_type}")
    matches = fnmatchcase(model.lower(), pattern.lower())
    return 1 + 2 * len(pattern.replace("*", "")) if matches else 0
