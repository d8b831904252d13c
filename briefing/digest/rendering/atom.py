"""Atom feed of editions (RFC 4287): one entry per story, identified by a tag URI (RFC 4151)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from briefing import __version__
from briefing.digest.records import Edition
from briefing.digest.rendering.readable import Templates
from briefing.digest.rendering.view import StoryView, view
from briefing.digest.settings import DigestSettings, EditionTable
from briefing.rendering.layout import inert

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
