"""Which prompt families there are, the user's own and the shipped ones, and which a model gets."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from briefing.errors import PromptError
from briefing.write.prompt_file import load_family
from briefing.write.prompts import Prompts


@dataclass(frozen=True, slots=True)
class Source:
    """A prompt file. ``own`` says that it is the user's; ``hides`` that a shipped one of its name
    is not looked at.
    """

    file: Traversable
    own: bool = False
    hides: bool = False

    @property
    def name(self) -> str:
        """The family's name: that of its file."""
        return self.file.name.removesuffix(".toml")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The family that a model gets, and the pattern of it that fits the model."""

    prompts: Prompts
    source: Source
    pattern: str


def sources(folder: Path | None = None) -> list[Source]:
    """All prompt files in the order in which they are asked: the user's, then the shipped ones.

    Raises:
        PromptError: the folder is not there.
    """
    shipped = {entry.name: entry for entry in _shipped()}
    own: list[Source] = []
    if folder is not None:
        if not folder.is_dir():
            raise PromptError(f"there is no folder {folder} with prompts; check --prompts")
        own = [Source(path, True, path.name in shipped) for path in sorted(folder.glob("*.toml"))]
    hidden = {source.file.name for source in own}
    return own + [Source(shipped[name]) for name in sorted(shipped) if name not in hidden]


def _shipped() -> Iterator[Traversable]:
    return (entry for entry in files("prompts").iterdir() if entry.name.endswith(".toml"))


def choose_family(model: str, model_type: str, folder: Path | None = None) -> Prompts:
    """The prompts for a model; see `choose`."""
    return choose(model, model_type, folder).prompts


def choose(model: str, model_type: str, folder: Path | None = None) -> Chosen:
    """The family whose patterns name the model most specifically, the user's own where two do.

    Args:
        model: the model's name, or that of its folder.
        model_type: ``model_type`` of its config.json.
        folder: prompt files of the user's own.

    Raises:
        PromptError: a prompt file is wrong, or none fits.
    """
    best: Chosen | None = None
    most = 0
    for source in sources(folder):
        prompts = load_family(source.file)
        for pattern in prompts.models:
            if (fit := _fit(pattern, model, model_type)) > most:
                best, most = Chosen(prompts, source, pattern), fit
    if best is None:
        raise PromptError(f"no prompt family fits model '{model}'; add a file with models = ['*']")
    return best


def _fit(pattern: str, model: str, model_type: str) -> int:
    """How specifically a pattern names the model: by its letters; an architecture is less."""
    if pattern.startswith("type:"):
        return 2 * (pattern == f"type:{model_type}")
    named = fnmatchcase(model.lower(), pattern.lower())
    return 1 + 2 * len(pattern.replace("*", "")) if named else 0
