"""Checked briefs of news articles, written by a local model.

    import briefing

    result = briefing.brief("https://news.example/harbour-bridge-closed")
    print(result.to_text())
    for line in result.lines:
        print(line.text, [sentence.text for sentence in line.sources])

    report = briefing.check("The bridge was closed on Monday.", against=result.article)
    print(report.supported)

`Briefer` keeps a model loaded for many articles. Importing the package loads no heavy dependency
and has no side effects.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from briefing.briefer import Briefer, brief
    from briefing.briefs import Article, Brief, Line, Sentence
    from briefing.checker import check
    from briefing.checking.report import Report
    from briefing.errors import BriefingError
    from briefing.reading import read, read_text
    from briefing.rendering import render
    from briefing.sections import Section

__version__ = "0.2.0"
__all__ = [
    "Article",
    "Brief",
    "Briefer",
    "BriefingError",
    "Line",
    "Report",
    "Section",
    "Sentence",
    "__version__",
    "brief",
    "check",
    "read",
    "read_text",
    "render",
]
_MODULES = {
    "Article": "briefs",
    "Brief": "briefs",
    "Briefer": "briefer",
    "BriefingError": "errors",
    "Line": "briefs",
    "Report": "checking.report",
    "Section": "sections",
    "Sentence": "briefs",
    "brief": "briefer",
    "check": "checker",
    "read": "reading",
    "read_text": "reading",
    "render": "rendering",
}
"""The module of each public name, imported on first access (PEP 562)."""

# The library logs nothing until the application configures logging.
logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
