"""Render editions from Jinja templates: HTML, Markdown, plain text, e-mail, Atom and EPUB.

A template of the same name in the folder ``edition.templates`` replaces the bundled one. The
context (`briefing.digest.rendering.view`) is safe to output: Jinja escapes text for ``.html`` and
``.xhtml``; text for Markdown and plain text is escaped beforehand.

The feed is Atom (RFC 4287) with one entry per story, identified by a tag URI (RFC 4151). The book
is EPUB 3.3 with one chapter per section, made by the standard library: the maintained EPUB library
is under the AGPL and writes the current time into every file.
"""

import base64
import hashlib
import io
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import css_inline
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateNotFound,
)
from markupsafe import Markup

from briefing import __version__
from briefing.digest import Edition
from briefing.digest.rendering.view import StoryView, day_in_words, view
from briefing.digest.settings import DigestSettings, EditionTable
from briefing.errors import TemplateError
from briefing.rendering.text import display_width, escape, inert, web_url, wrap

WIDTH = 76
"""Width of plain text: the line limit of e-mail (RFC 5322, 2.1.1) with room for quoting."""
_MARKUP = (".html", ".xhtml", ".opf")


class Templates:
    """Bundled and custom templates; raises TemplateError if one is invalid."""

    def __init__(self, folder: Path | None) -> None:
        if folder and not folder.is_dir():
            raise TemplateError(
                f"{folder} is not a folder; create it, or change edition.templates in digest.toml"
            )
        self._folder = folder
        self._environment = _environment(folder)

    def fill(self, name: str, **values: Any) -> str:
        """Render the template ``name``."""
        try:
            return self._environment.get_template(name).render(**values)
        except Exception as error:
            raise self._template_error(name, error) from error

    def macro(self, name: str, macro: str, *values: Any) -> str:
        """Render one macro of the template ``name``."""
        try:
            return str(getattr(self._environment.get_template(name).module, macro)(*values))
        except Exception as error:
            raise self._template_error(name, error) from error

    def text(self, name: str) -> str:
        """Read a file of the templates verbatim, such as a style sheet."""
        loader = self._environment.loader
        if loader is None:
            raise TemplateNotFound(name)
        try:
            return loader.get_source(self._environment, name)[0]
        except Exception as error:
            raise self._template_error(name, error) from error

    def _template_error(self, name: str, error: Exception) -> TemplateError:
        line = getattr(error, "lineno", None)
        place = f"{getattr(error, 'name', None) or name}{f' line {line}' if line else ''}"
        folder = f" in {self._folder}" if self._folder else ""
        return TemplateError(
            f"the template {place}{folder} cannot be used: {error or type(error).__name__}; "
            "correct it, or remove it to use the bundled one"
        )


@lru_cache(maxsize=8)
def _environment(folder: Path | None) -> Environment:
    bundled = PackageLoader("briefing.digest.rendering")
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder), bundled]) if folder else bundled,
        # Text for the other templates is already escaped.
        autoescape=lambda name: bool(name and name.endswith(_MARKUP)),  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(wrap=_wrapped, underline=_underline)
    return environment


def _wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """Wrap plain text after the prefix ``first``; further lines get ``rest``, else an indent."""
    return wrap(text, WIDTH, first, " " * len(first) if rest is None else rest)


def _underline(text: str) -> str:
    return "-" * min(display_width(text), WIDTH)


_BLANK = re.compile(r"\n{3,}")


def edition_to_html(
    edition: Edition, table: EditionTable, *, feed: str | None = None, archive: str | None = None
) -> str:
    """Render a self-contained page without scripts or requests.

    ``feed`` is the URL of its feed, ``archive`` that of the list of editions.
    """
    templates = Templates(table.templates)
    style = templates.text("edition.css")
    return templates.fill(
        "page.html",
        edition=view(edition, inert, table.language),
        # Trusted: the style sheet is bundled or the user's, never from an article.
        style=Markup(style),  # noqa: S704
        policy=_policy(style),
        feed=feed,
        archive=archive,
    )


def archive_to_html(
    days: Iterable[date],
    editions: Iterable[Edition],
    table: EditionTable,
    *,
    feed: str | None = None,
) -> str:
    """Render the list of editions: a page for each of ``days``, in their order.

    ``editions`` are those of which the headlines are shown; ``feed`` is the URL of their feed.
    """
    templates = Templates(table.templates)
    style = templates.text("edition.css")
    known = {edition.date: view(edition, inert, table.language) for edition in editions}
    return templates.fill(
        "archive.html",
        title=inert(table.title),
        language=inert(table.language),
        editions=[(day.isoformat(), day_in_words(day), known.get(day)) for day in days],
        style=Markup(style),  # noqa: S704
        policy=_policy(style),
        feed=feed,
    )


def page_policy(table: EditionTable) -> str:
    """The Content-Security-Policy header for the page of `edition_to_html`.

    Adds ``frame-ancestors``, which a ``<meta>`` element does not support.
    """
    return f"{_policy(Templates(table.templates).text('edition.css'))}; frame-ancestors 'none'"


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def edition_to_markdown(edition: Edition, table: EditionTable) -> str:
    """Render Markdown, with cited sentences quoted below their article."""
    shown = view(edition, escape, table.language)
    return _collapse_blank_lines(Templates(table.templates).fill("edition.md", edition=shown))


def edition_to_text(edition: Edition, table: EditionTable) -> str:
    """Render plain text of at most 76 columns, except for long URLs."""
    shown = view(edition, inert, table.language)
    return _collapse_blank_lines(Templates(table.templates).fill("edition.txt", edition=shown))


def to_mail_html(
    edition: Edition, table: EditionTable, *, page: str | None, unsubscribe: str | None
) -> str:
    """Render the HTML of an e-mail with inlined styles; ``page`` and ``unsubscribe`` are URLs."""
    templates = Templates(table.templates)
    html = templates.fill(
        "mail.html",
        edition=view(edition, inert, table.language),
        style=Markup(templates.text("mail.css")),  # noqa: S704
        page=web_url(page),
        unsubscribe=unsubscribe,
    )
    inliner = css_inline.CSSInliner(
        keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
    )
    return inliner.inline(html)


def _collapse_blank_lines(text: str) -> str:
    """Collapse blank lines and strip both ends."""
    return _BLANK.sub("\n\n", text).strip() + "\n"


NAME = "digest.atom"
ARCHIVE = "index.html"
_NAMESPACE = "http://www.w3.org/2005/Atom"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Links:
    """URLs of the feed (``own``), of edition pages (with ``{date}``) and of their ``archive``."""

    own: str | None = None
    page: str | None = None
    archive: str | None = None

    @classmethod
    def of(cls, table: EditionTable) -> "Links":
        """The links to what is in the output folder: below ``base_url``, else relative to it."""
        base = f"{table.base_url.rstrip('/')}/" if table.base_url else ""
        own = f"{base}{NAME}" if "atom" in table.formats else None
        if "html" not in table.formats:
            return cls(own)
        return cls(own, f"{base}{{date}}.html", f"{base}{ARCHIVE}")

    def page_of(self, day: date) -> str | None:
        """The URL of the page of a day's edition."""
        return self.page.replace("{date}", day.isoformat()) if self.page else None


def feed(editions: Sequence[Edition], settings: DigestSettings, links: Links | None = None) -> str:
    """Render the stories of ``editions`` as Atom, newest edition first.

    Entry ids are stable; a follow-up is an entry of its own. ``links`` defaults to those of the
    output folder.
    """
    return _Feed(settings, links or Links.of(settings.edition)).text(editions)


class _Feed:
    def __init__(self, settings: DigestSettings, links: Links) -> None:
        self._table = settings.edition
        self._links = links
        self._templates = Templates(settings.edition.templates)
        # Not the requested host: ids must be the same under every name.
        host = urlsplit(settings.edition.base_url or "").hostname
        # Without a host, the title distinguishes the feeds of one machine.
        self._authority = host or "localhost"
        self._name = "" if host else f"{quote(inert(self._table.title), safe='')}:"

    def text(self, editions: Sequence[Edition]) -> str:
        ordered = sorted(editions, key=lambda edition: edition.date, reverse=True)
        root = ElementTree.Element("feed", {"xmlns": _NAMESPACE})
        root.set(f"{_XML}lang", inert(self._table.language))
        made = max((edition.made for edition in ordered), default=_NEVER)
        title = inert(self._table.title) or "Digest"
        _text(root, "title", title)
        _text(root, "id", f"tag:{self._authority},2026:{self._name}digest")
        _text(root, "updated", _stamp(made))
        _text(ElementTree.SubElement(root, "author"), "name", title)
        generator = _text(root, "generator", "Briefing")
        generator.set("version", __version__)
        if self._links.own:
            _link(root, "self", self._links.own, "application/atom+xml")
        if self._links.archive:
            _link(root, "alternate", self._links.archive, "text/html")
        for edition in ordered:
            self._add(root, edition)
        ElementTree.indent(root)
        body = ElementTree.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'

    def _add(self, root: ElementTree.Element, edition: Edition) -> None:
        shown = view(edition, inert, self._table.language)
        for story in shown.stories:
            self._entry(root, edition, story)

    def _entry(self, root: ElementTree.Element, edition: Edition, story: StoryView) -> None:
        entry = ElementTree.SubElement(root, "entry")
        day = edition.date.isoformat()
        _text(entry, "title", story.headline.text or "Untitled")
        _text(entry, "id", f"tag:{self._authority},{day}:{self._name}{story.anchor}")
        _text(entry, "updated", _stamp(edition.made))
        _text(entry, "published", _stamp(edition.made))
        if story.topic:
            ElementTree.SubElement(entry, "category", {"term": story.topic})
        if page := self._links.page_of(edition.date):
            _link(entry, "alternate", f"{page}#{story.anchor}", "text/html")
        urls = (reference.url for reference in story.references if reference.url)
        for url in dict.fromkeys(urls):
            _link(entry, "related", url)
        recordings = (each.recording for each in story.references if each.recording)
        for url in dict.fromkeys(recordings):
            _link(entry, "enclosure", url, guess_type(urlsplit(url).path)[0])
        content = self._templates.macro("entry.html", "content", story)
        _text(entry, "content", content).set("type", "html")


def _text(parent: ElementTree.Element, tag: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag)
    element.text = text
    return element


def _link(parent: ElementTree.Element, rel: str, href: str, kind: str | None = None) -> None:
    attributes = {"rel": rel, "href": href} | ({"type": kind} if kind else {})
    ElementTree.SubElement(parent, "link", attributes)


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""


def to_epub(edition: Edition, table: EditionTable) -> bytes:
    """Render an edition as EPUB."""
    templates = Templates(table.templates)
    shown = view(edition, inert, table.language)
    name = f"{inert(edition.title)}/{edition.date.isoformat()}"
    made = edition.made.astimezone(UTC)
    package = templates.fill(
        "package.opf",
        edition=shown,
        identifier=uuid.uuid5(uuid.NAMESPACE_OID, f"briefing.edition/{name}").urn,
        modified=f"{made:%Y-%m-%dT%H:%M:%SZ}",
    )
    files = {
        "META-INF/container.xml": _CONTAINER,
        "EPUB/package.opf": package,
        "EPUB/nav.xhtml": templates.fill("nav.xhtml", edition=shown),
        "EPUB/about.xhtml": templates.fill("about.xhtml", edition=shown),
    }
    for section in shown.sections:
        chapter = templates.fill("chapter.xhtml", edition=shown, section=section)
        files[f"EPUB/{section.anchor}.xhtml"] = chapter
    # Zip timestamps start in 1980 (with a resolution of two seconds).
    stamp = (max(made.year, 1980), made.month, made.day, made.hour, made.minute, made.second)
    return _zipped(files, stamp)


def _zipped(files: dict[str, str], stamp: tuple[int, int, int, int, int, int]) -> bytes:
    target = io.BytesIO()
    with ZipFile(target, "w") as book:
        # First and uncompressed, so that it is at a fixed offset (OCF 3.3, 4.3).
        book.writestr(_entry("mimetype", stamp), "application/epub+zip", ZIP_STORED)
        for name, text in files.items():
            book.writestr(_entry(name, stamp), text.encode(), ZIP_DEFLATED)
    return target.getvalue()


def _entry(name: str, stamp: tuple[int, int, int, int, int, int]) -> ZipInfo:
    entry = ZipInfo(name, stamp)
    entry.external_attr = 0o644 << 16
    return entry
