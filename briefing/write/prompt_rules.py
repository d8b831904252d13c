"""What a prompt file may say: every key, its type and its bounds."""

import reprlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from difflib import get_close_matches
from string import Formatter
from typing import Any

from briefing.brief import Section
from briefing.models import Decoding
from briefing.write.key_lines import Keys
from briefing.write.languages import ISO_639_1
from briefing.write.prompts import Prompts, SectionPrompt

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
}
_REQUIRED = ("models", "reads", "max_input", "languages")
_LEAST_INPUT = 16
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
    """Reads a family and notes what is wrong, by the keys where it stands."""

    def __init__(self) -> None:
        self.faults: list[tuple[Keys, str, str]] = []

    def family(self, name: str, data: dict[str, Any]) -> Prompts | None:
        """The family; None where there are faults."""
        top = {key: value for key, value in data.items() if key not in set(Section)}
        self._known((), top, KEYS, "")
        for key in _REQUIRED:
            if key not in data:
                self._fault((), f"'{key}' is missing", f"add it ({REFERENCE})")
        lengths = self._lengths(top.get("lengths", []))
        self._models(top.get("models"))
        self._languages(top.get("languages"))
        self._numbers(top)
        if "reads" in top and top["reads"] not in ("plan", "article"):
            self._fault(("reads",), '\'reads\' must be "plan" or "article"', "take one of the two")
        if top.get("manner", "reword") not in ("compress", "reword"):
            self._fault(
                ("manner",), '\'manner\' must be "compress" or "reword"', "take one of the two"
            )
        sections = {s: self._section(s, data.get(s.value), top, bool(lengths)) for s in Section}
        if not any(sections.values()):
            self._fault((), "no section is asked for", "give one a 'template'")
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
            sections={section: found for section, found in sections.items() if found},
        )

    def _fault(self, keys: Keys, message: str, remedy: str) -> None:
        self.faults.append((keys, message, remedy))

    def _known(self, at: Keys, table: dict[str, Any], known: Mapping[str, type], name: str) -> None:
        """Every key is one that is known, and of its type; others are taken out of the table."""
        for key, value in list(table.items()):
            kind = known.get(key)
            if kind is None:
                self._fault((*at, key), f"{name}unknown key '{key}'", _suggested(key, known, at))
            elif not _is(value, kind):
                self._fault(
                    (*at, key), f"{name}'{key}' must be {_NAMES[kind]}", f"it is {_shown(value)}"
                )
            else:
                continue
            del table[key]

    def _strings(self, key: str, value: Any, remedy: str) -> None:
        if value is not None and not (value and all(isinstance(v, str) and v for v in value)):
            self._fault((key,), f"'{key}' must be a list of strings, at least one", remedy)

    def _models(self, value: Any) -> None:
        remedy = 'name models, as in ["my-model*"], or an architecture, as in ["type:bart"]'
        self._strings("models", value, remedy)
        if "type:" in (value or ()):
            self._fault(("models",), "'type:' names no architecture", remedy)

    def _languages(self, value: Any) -> None:
        remedy = 'use ISO 639-1 codes such as "en", or "*" for any'
        self._strings("languages", value, remedy)
        for code in value or ():
            if isinstance(code, str) and code != "*" and code not in ISO_639_1:
                self._fault(("languages",), f"'{code}' is no ISO 639-1 code of a language", remedy)

    def _numbers(self, top: dict[str, Any]) -> None:
        if top.get("max_input", _LEAST_INPUT) < _LEAST_INPUT:
            self._fault(
                ("max_input",),
                f"'max_input' must be at least {_LEAST_INPUT}",
                "give the tokens that the model reads",
            )

    def _lengths(self, value: Any) -> tuple[tuple[int, str], ...]:
        if not isinstance(value, list):
            return ()  # named already
        found: list[tuple[int, str]] = []
        for pair in value:
            if not (
                isinstance(pair, list)
                and len(pair) == 2
                and _is(pair[0], int)
                and isinstance(pair[1], str)
            ):
                self._fault(("lengths",), f"'lengths' has {_shown(pair)}", 'write [12, "<token>"]')
                return ()
            found.append((pair[0], pair[1]))
        words = [most for most, _ in found]
        if words and min(words) < 1:
            self._fault(("lengths",), f"'lengths' has {min(words)} words", "begin at 1 or more")
        elif words != sorted(set(words)):
            self._fault(("lengths",), "'lengths' must grow", "sort it by number of words")
        return tuple(found)

    def _section(
        self, section: Section, table: Any, top: dict[str, Any], lengths: bool
    ) -> SectionPrompt | None:
        at, name = (section.value,), f"[{section.value}] "
        if not isinstance(table, dict):
            self._fault(at, f"section [{section.value}] is missing", "add it, with a 'template'")
            return None
        if table.get("ask") is False and len(table) == 1:
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
                'write template = "{sources}"',
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
                remedy = f"did you mean {{{near[0]}}}?" if near else f"known are {known}"
                self._fault(at, f"{name}template: unknown placeholder {{{field}}}", remedy)
        if any(form or turned for _, _, form, turned in parts):
            self._fault(
                at, f"{name}template: a placeholder takes no format", "write its name alone"
            )
        if "sources" not in used:
            self._fault(at, f"{name}template: {{sources}} is missing", "say where the sentences go")
        if "length" in used and not lengths:
            self._fault(
                at, f"{name}template: {{length}} without 'lengths'", "add 'lengths', or use {words}"
            )

    def _decoding(self, at: Keys, table: Any, top: dict[str, Any]) -> Decoding:
        name = f"[{'.'.join(at)}] "
        if not isinstance(table, dict):
            self._fault(at, f"{name}must be a table", "write its settings below that header")
            return Decoding()
        table = dict(table)
        self._known(at, table, SETTINGS, name)
        table = self._bounded(at, table, name, _LEAST, lambda v, b: v >= b, "at least")
        table = self._bounded(at, table, name, _ABOVE, lambda v, b: v > b, "above")
        beam = table.get("beam", Decoding().beam)
        decoding = Decoding(
            **{"n_best": min(Decoding().n_best, beam), **table, "max_input": _input(top)}
        )
        if decoding.n_best > decoding.beam:
            self._fault((*at, "n_best"), f"{name}'n_best' is larger than 'beam'", "widen the beam")
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
        """The table without what is out of bounds, which is noted."""
        for key, bound in bounds.items():
            if key in table and not holds(table[key], bound):
                self._fault(
                    (*at, key), f"{name}'{key}' must be {words} {bound:g}", f"it is {table[key]!r}"
                )
                table = {k: v for k, v in table.items() if k != key}
        return table


def _shown(value: Any) -> str:
    """A value of any depth, cut to a length that can be read."""
    return reprlib.repr(value)[:40]


def _suggested(key: str, known: Collection[str], at: Keys) -> str:
    """What may have been meant by an unknown key."""
    sections = () if at else tuple(Section)
    near = get_close_matches(key, (*known, *sections), 1)
    if not near:
        return f"known are {', '.join(known)}" + (" and the sections" if sections else "")
    return f"did you mean [{near[0]}]?" if near[0] in sections else f"did you mean '{near[0]}'?"


def _input(top: dict[str, Any]) -> int:
    found = top.get("max_input")
    return found if isinstance(found, int) else Decoding().max_input


def _is(value: Any, kind: type) -> bool:
    """Whether a TOML value is of a kind; a whole number is a number, true and false are neither."""
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and abs(value) < 1e9
    if kind is int:
        return isinstance(value, int) and abs(value) < 10**9
    return isinstance(value, kind)
