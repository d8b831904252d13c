"""Prompt families: TOML files that say what is asked of a model for each section."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from briefing.brief import Section
from briefing.errors import PromptError
from briefing.models import Decoding

PLACEHOLDERS = frozenset({"sources", "length", "words"})
_KEYS = {
    "description": str,
    "models": list,
    "reads": str,
    "separator": str,
    "max_input": int,
    "languages": list,
    "reserved": str,
    "lengths": list,
    "novel": float,
}
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "´": "'"})
_REQUIRED = ("models", "reads", "max_input", "languages")


@dataclass(frozen=True, slots=True)
class SectionPrompt:
    """The templates of one section, each of which is asked, and how lines are searched for."""

    templates: tuple[str, ...]
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Prompts:
    """One family. See prompts/README.md for the meaning of each field."""

    family: str
    description: str
    models: tuple[str, ...]
    reads: Literal["plan", "article"]
    separator: str
    max_input: int
    languages: tuple[str, ...]
    reserved: str
    lengths: tuple[tuple[int, str], ...]
    novel: float
    sections: Mapping[Section, SectionPrompt]

    def fill(self, section: Section, sources: Sequence[str], words: int) -> list[str]:
        """The prompts that ask for a line of about ``words`` words from ``sources``."""
        texts = [self._safe(source) for source in sources]
        values = {
            "sources": self.separator.join(texts),
            "length": self.length(words),
            "words": str(words),
        }
        return [template.format_map(values) for template in self.sections[section].templates]

    def writes(self, language: str) -> bool:
        """Whether models of this family write ``language`` (an ISO 639-1 code)."""
        return language in self.languages or "*" in self.languages

    def length(self, words: int) -> str:
        """The control token for a line of ``words`` words, empty where the family has none."""
        for most, token in self.lengths:
            if words <= most:
                return token
        return self.lengths[-1][1] if self.lengths else ""

    def _safe(self, text: str) -> str:
        """Without reserved characters, and with the plain quotes that small models know best."""
        return text.translate(_QUOTES).translate({ord(c): " " for c in self.reserved})


def shipped() -> Iterator[Traversable]:
    """The prompt files that come with the package."""
    return (entry for entry in files("prompts").iterdir() if entry.name.endswith(".toml"))


def load_family(source: Traversable) -> Prompts:
    """Read and validate one prompt file.

    Raises:
        PromptError: names the file, what is wrong and the remedy.
    """
    try:
        data = tomllib.loads(source.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PromptError(f"{source}: not valid TOML: {error}") from error
    try:
        return _family(source.name.removesuffix(".toml"), data)
    except PromptError as error:
        raise PromptError(f"{source}: {error}") from error


def choose_family(model: str, model_type: str, folder: Path | None = None) -> Prompts:
    """The prompts for a model: the user's own files first, the most specific pattern wins.

    Raises:
        PromptError: a prompt file is wrong.
    """
    sources = [*(sorted(folder.glob("*.toml")) if folder else ()), *shipped()]
    families = [load_family(source) for source in sources]
    ranked = [(_fit(family, model, model_type), -i) for i, family in enumerate(families)]
    best, index = max(ranked)
    if best == 0:
        raise PromptError(f"no prompt family fits model '{model}'; add a file with models = ['*']")
    return families[-index]


def _fit(family: Prompts, model: str, model_type: str) -> int:
    """How specifically the family names the model: letters of the longest pattern that fits."""
    best = 0
    for pattern in family.models:
        if pattern.startswith("type:"):
            best = max(best, 2 * (pattern == f"type:{model_type}"))
        elif fnmatchcase(model.lower(), pattern.lower()):
            best = max(best, 1 + 2 * len(pattern.replace("*", "")))
    return best


def _family(name: str, data: dict[str, Any]) -> Prompts:
    for key in _REQUIRED:
        if key not in data:
            raise PromptError(f"'{key}' is missing; add it (see prompts/README.md)")
    sections = {section: _section(section, data) for section in Section}
    for key, value in data.items():
        if key in set(Section):
            continue
        if key not in _KEYS:
            raise PromptError(f"unknown key '{key}'; known are {', '.join(_KEYS)} and the sections")
        if not isinstance(value, _KEYS[key]):
            raise PromptError(f"'{key}' must be of type {_KEYS[key].__name__}")
    if data["reads"] not in ("plan", "article"):
        raise PromptError('\'reads\' must be "plan" or "article"')
    return Prompts(
        family=name,
        description=data.get("description", ""),
        models=tuple(map(str, data["models"])),
        reads=data["reads"],
        separator=data.get("separator", " "),
        max_input=data["max_input"],
        languages=tuple(map(str, data["languages"])),
        reserved=data.get("reserved", ""),
        lengths=tuple((int(most), str(token)) for most, token in data.get("lengths", [])),
        novel=data.get("novel", 0.4),
        sections={s: _limited(p, data["max_input"]) for s, p in sections.items()},
    )


def _limited(prompt: SectionPrompt, most: int) -> SectionPrompt:
    return replace(prompt, decoding=replace(prompt.decoding, max_input=most))


def _section(section: Section, data: dict[str, Any]) -> SectionPrompt:
    table = data.get(section.value)
    templates = table.get("template") if isinstance(table, dict) else None
    templates = [templates] if isinstance(templates, str) else templates
    if not isinstance(table, dict) or not templates or not isinstance(templates, list):
        raise PromptError(f"section [{section.value}] with a 'template' is missing")
    for template in templates:
        _check_template(section, template)
    return SectionPrompt(tuple(templates), _decoding(section, table.get("decoding", {})))


def _check_template(section: Section, template: Any) -> None:
    if not isinstance(template, str):
        raise PromptError(f"[{section.value}] template must be a string or a list of strings")
    try:
        used = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise PromptError(
            f"[{section.value}] template: {error}; double each literal brace"
        ) from error
    if unknown := used - PLACEHOLDERS:
        raise PromptError(
            f"[{section.value}] template: unknown placeholder {{{sorted(unknown)[0]}}}; known are "
            + ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
        )
    if "sources" not in used:
        raise PromptError(f"[{section.value}] template: {{sources}} is missing")


def _decoding(section: Section, table: dict[str, Any]) -> Decoding:
    known = {field.name: type(getattr(Decoding(), field.name)) for field in fields(Decoding)}
    known.pop("max_input")
    for key, value in table.items():
        if key not in known:
            raise PromptError(
                f"[{section.value}.decoding]: unknown setting '{key}'; known are {', '.join(known)}"
            )
        if isinstance(value, bool) or not isinstance(value, (int, known[key])):
            raise PromptError(
                f"[{section.value}.decoding]: '{key}' must be a {known[key].__name__}"
            )
    decoding = Decoding(**{"n_best": min(4, table.get("beam", 4)), **table})
    for key in ("beam", "n_best", "max_tokens"):
        if getattr(decoding, key) < 1:
            raise PromptError(f"[{section.value}.decoding]: '{key}' must be at least 1")
    if decoding.n_best > decoding.beam:
        raise PromptError(f"[{section.value}.decoding]: 'n_best' is larger than 'beam'")
    return decoding
