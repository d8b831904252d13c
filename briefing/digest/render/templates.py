"""The templates: ours in the package, and those of a user's folder in their place.

A template of the same name in the folder that ``edition.templates`` names replaces ours. What a
template is given (`briefing.digest.render.view`) is safe to show as it is: text for ``.html`` and
``.xhtml`` is escaped by Jinja, that for Markdown and plain text before it gets here.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateNotFound,
)

from briefing.digest.render.errors import TemplateError
from briefing.render.wrap import columns, wrap

WIDTH = 76
"""Columns of plain text: what fits in a message (RFC 5322, 2.1.1, with room for quoting)."""
_MARKUP = (".html", ".xhtml", ".opf")


class Templates:
    """Templates by name; raises TemplateError where one of them is wrong."""

    def __init__(self, folder: Path | None) -> None:
        if folder and not folder.is_dir():
            raise TemplateError(
                f"{folder} is no folder; make it, or change edition.templates in digest.toml"
            )
        self._folder = folder
        self._environment = _environment(folder)

    def fill(self, name: str, **values: Any) -> str:
        """The template ``name``, filled."""
        try:
            return self._environment.get_template(name).render(**values)
        except Exception as error:
            raise self._wrong(name, error) from error

    def macro(self, name: str, macro: str, *values: Any) -> str:
        """What one macro of the template ``name`` makes of ``values``."""
        try:
            return str(getattr(self._environment.get_template(name).module, macro)(*values))
        except Exception as error:
            raise self._wrong(name, error) from error

    def text(self, name: str) -> str:
        """A file of the templates as it is, such as a style sheet."""
        loader = self._environment.loader
        if loader is None:
            raise TemplateNotFound(name)
        try:
            return loader.get_source(self._environment, name)[0]
        except Exception as error:
            raise self._wrong(name, error) from error

    def _wrong(self, name: str, error: Exception) -> TemplateError:
        line = getattr(error, "lineno", None)
        place = f"{getattr(error, 'name', None) or name}{f' line {line}' if line else ''}"
        folder = f" in {self._folder}" if self._folder else ""
        return TemplateError(
            f"the template {place}{folder} cannot be used: {error or type(error).__name__}; "
            "correct it, or remove it to have ours"
        )


@lru_cache(maxsize=8)
def _environment(folder: Path | None) -> Environment:
    ours = PackageLoader("briefing.digest.render")
    loader = ChoiceLoader([FileSystemLoader(folder), ours]) if folder else ours
    made = Environment(
        loader=loader,
        # The other templates are given text that is escaped for them already.
        autoescape=lambda name: bool(name and name.endswith(_MARKUP)),  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(wrap=_wrapped, underline=_underline)
    return made


def _wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """Plain text in lines; those after the first stand below its text, not below ``first``."""
    return wrap(text, WIDTH, first, " " * len(first) if rest is None else rest)


def _underline(text: str) -> str:
    return "-" * min(columns(text), WIDTH)
