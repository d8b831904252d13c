"""Prompt families, and the files that they are read from: all faults, with their line numbers.

A family has the templates and decoding parameters of each section.

tomllib does not report where a key is set. In a valid file, a statement ends at the first line
where the text so far is valid TOML by itself, so each statement is parsed separately to find its
line; no second TOML parser is needed.
"""

import re
import reprlib
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from briefing.errors import PromptError
from briefing.models import Decoding
from briefing.sections import SECTIONS, Section

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "´": "'"})


@dataclass(frozen=True, slots=True)
class SectionPrompt:
    """The templates of one section, all of which are used, and its decoding parameters."""

    templates: tuple[str, ...]
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Prompts:
    """A prompt family. See prompts/README.md for the meaning of each field."""

    family: str
    description: str
    models: tuple[str, ...]
    reads: Literal["plan", "article"]
    separator: str
    max_input: int
    languages: tuple[str, ...]
    reserved: str
    lengths: tuple[tuple[int, str], ...]
    manner: Literal["compress", "reword"]
    least_support: float
    sections: Mapping[Section, SectionPrompt]

    def fill(
        self, section: Section, sources: Sequence[str], words: int, lines: int = 1
    ) -> list[str]:
        """Return the prompts for ``lines`` lines of about ``words`` words from ``sources``."""
        texts = [self._safe(source) for source in sources]
        values = {
            "sources": self.separator.join(texts),
            "length": self.length(words),
            "words": str(words),
            "lines": str(lines),
        }
        return [template.format_map(values) for template in self.sections[section].templates]

    def decoding(self, section: Section, language: str) -> Decoding:
        """Return the decoding parameters; a family of one language ignores ``language``."""
        decoding = self.sections[section].decoding
        if len(self.languages) == 1 and "*" not in self.languages:
            language = self.languages[0]
        return replace(decoding, language=language)

    def writes(self, language: str) -> bool:
        """Whether the family supports ``language`` (an ISO 639-1 code)."""
        return language in self.languages or "*" in self.languages

    def limited_to(self, known: Collection[str] | None) -> "Prompts":
        """Return the family restricted to a model's languages; None means no restriction."""
        if known is None:
            return self
        codes = sorted(known) if "*" in self.languages else self.languages
        return replace(self, languages=tuple(code for code in codes if code in known))

    def length(self, words: int) -> str:
        """Return the control token for a line of ``words`` words; empty if there is none."""
        for most, token in self.lengths:
            if words <= most:
                return token
        return self.lengths[-1][1] if self.lengths else ""

    def _safe(self, text: str) -> str:
        """Remove reserved characters, and use straight quotes, which small models handle best."""
        return text.translate(_QUOTES).translate({ord(c): " " for c in self.reserved})


Keys = tuple[str, ...]
_DEEPEST = 8
"""Depth limit of key paths, because dotted keys can nest deeper than Python's recursion limit."""


def key_lines(text: str) -> dict[Keys, int]:
    """Return the line, from 1, of the statement that first sets each key or table.

    Keys are full paths: ``("headline", "decoding", "beam")``. Invalid statements and keys nested
    deeper than a prompt file allows are left out.
    """
    found: dict[Keys, int] = {(): 1}
    table: Keys = ()
    for line, statement in _statements(text):
        if statement.lstrip().startswith("["):
            *_, table = _paths(tomllib.loads(statement))
            paths = [table[:depth] for depth in range(1, len(table) + 1)]
        else:
            paths = [(*table, *keys) for keys in _paths(tomllib.loads(statement))]
        for keys in paths:
            found.setdefault(keys, line)
    return found


def line_number(lines: dict[Keys, int], keys: Keys) -> int:
    """Return the line of a key, or of the innermost existing table that should contain it."""
    return next(lines[keys[:n]] for n in range(len(keys), -1, -1) if keys[:n] in lines)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement with its first line."""
    block: list[str] = []
    rows = text.replace("\r\n", "\n").split("\n")
    for number, row in enumerate(rows, 1):
        block.append(row)
        statement = "\n".join(block)
        try:
            data = tomllib.loads(statement)
        except (ValueError, RecursionError):
            continue
        if data:
            yield number - len(block) + 1, statement
        block.clear()


def _paths(data: dict[str, Any], above: Keys = ()) -> Iterator[Keys]:
    """All key paths of a table, parents first."""
    for key, value in data.items():
        yield (*above, key)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict) and len(above) < _DEEPEST:
            yield from _paths(inner, (*above, key))


ISO_639_1 = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da "
    "de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy "
    "hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg "
    "li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or "
    "os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta "
    "te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu".split()
)
"""The two-letter codes of ISO 639."""


PLACEHOLDERS = ("sources", "length", "words", "lines")
KEYS: dict[str, type] = {
    "description": str,
    "models": list,
    "reads": str,
    "separator": str,
    "max_input": int,
    "languages": list,
    "reserved": str,
    "lengths": list,
    "manner": str,
    "least_support": float,
}
_REQUIRED = ("models", "reads", "max_input", "languages")
_LEAST_INPUT = 16
_LEAST_SUPPORT = 0.5
"""The probability, by the verifier, from which a reworded line is shown: nothing is supposed of a
writer that nobody measured."""
_NAMES = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
    bool: "true or false",
}
SETTINGS = {
    field.name: type(getattr(Decoding(), field.name))
    for field in fields(Decoding)
    if field.name not in ("max_input", "language")
}
_LEAST: dict[str, float] = {
    "beam": 1, "n_best": 1, "max_tokens": 1, "min_tokens": 0, "no_repeat_ngram": 0,
}  # fmt: skip
_ABOVE: dict[str, float] = {"patience": 0, "repetition_penalty": 0}
REFERENCE = "see prompts/README.md"


class Rules:
    """Validates a prompt family and collects its faults by key path."""

    def __init__(self) -> None:
        self.faults: list[tuple[Keys, str, str]] = []

    def family(self, name: str, data: dict[str, Any]) -> Prompts | None:
        """Return the family, or None if it has faults."""
        top = {key: value for key, value in data.items() if key not in set(Section)}
        self._known((), top, KEYS, "")
        for key in _REQUIRED:
            if key not in data:
                self._fault((), f"'{key}' is missing", f"add it ({REFERENCE})")
        lengths = self._lengths(top.get("lengths", []))
        self._models(top.get("models"))
        self._languages(top.get("languages"))
        self._numbers(top)
        for key, one, other in (("reads", "plan", "article"), ("manner", "compress", "reword")):
            if key in top and top[key] not in (one, other):
                wrong = f'\'{key}\' must be "{one}" or "{other}"'
                self._fault((key,), wrong, "take one of the two")
        sections = {s: self._section(s, data.get(s.value), top, bool(lengths)) for s in Section}
        if not any(sections.values()):
            self._fault((), "no section has a prompt", "add a 'template' to one")
        if self.faults:
            return None
        return Prompts(
            family=name,
            description=top.get("description", ""),
            models=tuple(top["models"]),
            reads=top["reads"],
            separator=top.get("separator", " "),
            max_input=top["max_input"],
            languages=tuple(top["languages"]),
            reserved=top.get("reserved", ""),
            lengths=lengths,
            manner=top.get("manner", "reword"),
            least_support=float(top.get("least_support", _LEAST_SUPPORT)),
            sections={section: prompt for section, prompt in sections.items() if prompt},
        )

    def _fault(self, keys: Keys, message: str, remedy: str) -> None:
        self.faults.append((keys, message, remedy))

    def _known(self, at: Keys, table: dict[str, Any], known: Mapping[str, type], name: str) -> None:
        """Check that each key is known and has its type; remove others from the table."""
        for key, value in list(table.items()):
            kind = known.get(key)
            if kind is None:
                self._fault((*at, key), f"{name}unknown key '{key}'", _suggested(key, known, at))
            elif not _is(value, kind):
                self._fault(
                    (*at, key), f"{name}'{key}' must be {_NAMES[kind]}", f"not {_shown(value)}"
                )
            else:
                continue
            del table[key]

    def _strings(self, key: str, value: Any, remedy: str) -> None:
        if value is not None and not (value and all(isinstance(v, str) and v for v in value)):
            self._fault((key,), f"'{key}' must be a non-empty list of strings", remedy)

    def _models(self, value: Any) -> None:
        remedy = 'list models, as in ["my-model*"], or an architecture, as in ["type:bart"]'
        self._strings("models", value, remedy)
        if "type:" in (value or ()):
            self._fault(("models",), "'type:' lacks an architecture", remedy)

    def _languages(self, value: Any) -> None:
        remedy = 'use ISO 639-1 codes such as "en", or "*" for any'
        self._strings("languages", value, remedy)
        for code in value or ():
            if isinstance(code, str) and code != "*" and code not in ISO_639_1:
                self._fault(("languages",), f"'{code}' is not an ISO 639-1 language code", remedy)

    def _numbers(self, top: dict[str, Any]) -> None:
        if top.get("max_input", _LEAST_INPUT) < _LEAST_INPUT:
            self._fault(
                ("max_input",),
                f"'max_input' must be at least {_LEAST_INPUT}",
                "set it to the number of tokens that the model reads",
            )
        if not 0 <= top.get("least_support", 0) <= 1:
            self._fault(
                ("least_support",),
                "'least_support' must be between 0 and 1",
                "0.3 suits a writer that is mostly right, 0.75 one that often errs",
            )

    def _lengths(self, value: Any) -> tuple[tuple[int, str], ...]:
        if not isinstance(value, list):
            return ()  # reported by _known
        lengths: list[tuple[int, str]] = []
        for pair in value:
            if not (
                isinstance(pair, list)
                and len(pair) == 2
                and _is(pair[0], int)
                and isinstance(pair[1], str)
            ):
                self._fault(
                    ("lengths",), f"'lengths' has {_shown(pair)}", 'use pairs as in [12, "<token>"]'
                )
                return ()
            lengths.append((pair[0], pair[1]))
        words = [most for most, _ in lengths]
        if words and min(words) < 1:
            self._fault(("lengths",), f"'lengths' has {min(words)} words", "start at 1 or more")
        elif words != sorted(set(words)):
            self._fault(("lengths",), "'lengths' must increase", "sort it by number of words")
        return tuple(lengths)

    def _section(
        self, section: Section, table: Any, top: dict[str, Any], lengths: bool
    ) -> SectionPrompt | None:
        at, name = (section.value,), f"[{section.value}] "
        if table is None and not SECTIONS[section].original:
            return None  # older than the section: its lines are the article's own sentences
        if not isinstance(table, dict):
            self._fault(at, f"section [{section.value}] is missing", "add it, with a 'template'")
            return None
        if table.get("ask") is False:
            if len(table) > 1:
                remedy = "remove it, or all else in the section"
                self._fault((*at, "ask"), f"{name}'ask = false' stands alone", remedy)
            return None
        table = dict(table)
        decoding = self._decoding((*at, "decoding"), table.pop("decoding", {}), top)
        templates = table.pop("template", None)
        self._known(at, table, {"template": str, "decoding": dict, "ask": bool}, name)
        templates = [templates] if isinstance(templates, str) else templates
        if not (templates and isinstance(templates, list) and all(_is(t, str) for t in templates)):
            self._fault(
                (*at, "template"),
                f"{name}needs a 'template': a string or a list of strings",
                'add template = "{sources}"',
            )
            return None
        for template in templates:
            self._template((*at, "template"), name, template, lengths)
        return SectionPrompt(tuple(templates), decoding)

    def _template(self, at: Keys, name: str, template: str, lengths: bool) -> None:
        try:
            parts = list(Formatter().parse(template))
        except ValueError as error:
            self._fault(at, f"{name}template: {error}", "double each literal brace")
            return
        used = [field for _, field, _, _ in parts if field is not None]
        for field in used:
            if field not in PLACEHOLDERS:
                near = get_close_matches(field, PLACEHOLDERS, 1)
                known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
                remedy = f"did you mean {{{near[0]}}}?" if near else f"use one of {known}"
                self._fault(at, f"{name}template: unknown placeholder {{{field}}}", remedy)
        if any(spec or conversion for _, _, spec, conversion in parts):
            self._fault(
                at, f"{name}template: a placeholder takes no format", "write its name alone"
            )
        if "sources" not in used:
            self._fault(at, f"{name}template: {{sources}} is missing", "add it for the sentences")
        if "length" in used and not lengths:
            self._fault(
                at, f"{name}template: {{length}} without 'lengths'", "add 'lengths', or use {words}"
            )

    def _decoding(self, at: Keys, table: Any, top: dict[str, Any]) -> Decoding:
        name = f"[{'.'.join(at)}] "
        if not isinstance(table, dict):
            self._fault(at, f"{name}must be a table", "put its settings below that header")
            return Decoding()
        table = dict(table)
        self._known(at, table, SETTINGS, name)
        table = self._bounded(at, table, name, _LEAST, lambda v, b: v >= b, "at least")
        table = self._bounded(at, table, name, _ABOVE, lambda v, b: v > b, "above")
        beam = table.get("beam", Decoding().beam)
        room = top.get("max_input", Decoding().max_input)
        decoding = Decoding(**{"n_best": min(Decoding().n_best, beam), **table, "max_input": room})
        if decoding.n_best > decoding.beam:
            self._fault((*at, "n_best"), f"{name}'n_best' is larger than 'beam'", "raise 'beam'")
        if decoding.min_tokens > decoding.max_tokens:
            self._fault((*at, "min_tokens"), f"{name}'min_tokens' is over 'max_tokens'", "lower it")
        return decoding

    def _bounded(
        self,
        at: Keys,
        table: dict[str, Any],
        name: str,
        bounds: dict[str, float],
        holds: Callable[[float, float], bool],
        words: str,
    ) -> dict[str, Any]:
        """The table without settings that are out of bounds, which are reported."""
        for key, bound in bounds.items():
            if key in table and not holds(table[key], bound):
                self._fault(
                    (*at, key), f"{name}'{key}' must be {words} {bound:g}", f"not {table[key]!r}"
                )
                table = {k: v for k, v in table.items() if k != key}
        return table


def _shown(value: Any) -> str:
    """A value as text, truncated."""
    return reprlib.repr(value)[:40]


def _suggested(key: str, known: Collection[str], at: Keys) -> str:
    """A suggestion for an unknown key."""
    sections = () if at else tuple(Section)
    near = get_close_matches(key, (*known, *sections), 1)
    if not near:
        return f"use one of {', '.join(known)}" + (" and the sections" if sections else "")
    return f"did you mean [{near[0]}]?" if near[0] in sections else f"did you mean '{near[0]}'?"


def _is(value: Any, kind: type) -> bool:
    """Whether a TOML value has a type; integers are also floats, and booleans are neither."""
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and abs(value) < 1e9
    if kind is int:
        return isinstance(value, int) and abs(value) < 10**9
    return isinstance(value, kind)


_MOST_CHARACTERS = 50_000
_ENCODING = "utf-8-sig"
"""UTF-8, with or without the byte order mark that some Windows editors add."""


@dataclass(frozen=True, slots=True)
class PromptFault:
    """A fault of a prompt file, with its line (from 1) and a remedy."""

    source: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        text = f"{self.source}:{self.line}: {self.message}; {self.remedy}"
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def load_family(source: Traversable) -> Prompts:
    """Read one prompt file.

    Raises:
        PromptError: it has faults; the message has the first one, with file and line.
    """
    family = read_family(source)
    if isinstance(family, Prompts):
        return family
    raise PromptError(str(family[0]) + (f" ({len(family) - 1} more)" if family[1:] else ""))


def read_family(source: Traversable) -> Prompts | list[PromptFault]:
    """Read one prompt file; return the family, or all faults by line."""
    name = str(source)
    try:
        text = source.read_text(encoding=_ENCODING)
    except (OSError, UnicodeDecodeError) as error:
        return [PromptFault(name, 1, f"it cannot be read: {error}", "save it as UTF-8 text")]
    if len(text) > _MOST_CHARACTERS:
        return [
            PromptFault(name, 1, f"it is longer than {_MOST_CHARACTERS:,} characters", REFERENCE)
        ]
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits raises ValueError
        return [PromptFault(name, _line_in(error, text), f"not valid TOML: {error}", "correct it")]
    rules = Rules()
    family = rules.family(source.name.removesuffix(".toml"), data)
    if family is not None:
        return family
    lines = key_lines(text)
    faults = (
        PromptFault(name, line_number(lines, keys), message, remedy)
        for keys, message, remedy in rules.faults
    )
    return sorted(faults, key=lambda fault: fault.line)


def claimed_twice(read: Sequence[tuple[Traversable, Prompts]]) -> list[PromptFault]:
    """Return faults for patterns in two files of a folder: the later file never matches."""
    first: dict[tuple[str, str], Traversable] = {}
    faults: list[PromptFault] = []
    for file, family in read:
        folder = str(Path(str(file)).parent)
        for pattern in dict.fromkeys(name.lower() for name in family.models):
            other = first.setdefault((folder, pattern), file)
            if other is not file:
                line = line_number(key_lines(file.read_text(encoding=_ENCODING)), ("models",))
                message = f"'{pattern}' is also in {other.name}, which takes precedence"
                faults.append(
                    PromptFault(str(file), line, message, "remove it from one of the two")
                )
    return faults


def _line_in(error: Exception, text: str) -> int:
    """The line in the message of a TOML error; the last line if it has none."""
    match = re.search(r"at line (\d+)", str(error))
    return int(match[1]) if match else text.count("\n") + 1
