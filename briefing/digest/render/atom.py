"""Editions as an Atom feed (RFC 4287): an entry a story, its id a tag URI (RFC 4151)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from briefing import __version__
from briefing.digest.records import Edition
from briefing.digest.render.templates import Templates
from briefing.digest.render.view import StoryView, view
from briefing.digest.settings import DigestSettings
from briefing.render.layout import clean

NAME = "digest.atom"
_NAMESPACE = "http://www.w3.org/2005/Atom"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Links:
    """Where the feed (``own``) and the page of an edition are; ``page`` holds ``{date}``."""

    own: str | None = None
    page: str | None = None

    @classmethod
    def of(cls, base_url: str | None) -> "Links":
        """Those of a published output folder."""
        if not base_url:
            return cls()
        base = base_url.rstrip("/")
        return cls(f"{base}/{NAME}", f"{base}/{{date}}.html")

    def page_of(self, day: date) -> str | None:
        """The page of a day's edition."""
        return self.page.replace("{date}", day.isoformat()) if self.page else None


def feed(editions: Sequence[Edition], settings: DigestSettings, links: Links | None = None) -> str:
    """The stories of ``editions``, newest edition first.

    An entry's id stays the same whatever becomes of the edition; a follow-up is an entry of its
    own. Without ``links``, those that ``edition.base_url`` gives are used.
    """
    return _Feed(settings, links or Links.of(settings.edition.base_url)).text(editions)


class _Feed:
    def __init__(self, settings: DigestSettings, links: Links) -> None:
        self._table = settings.edition
        self._links = links
        self._templates = Templates(settings.edition.templates)
        # Not the address that the feed is asked for at: ids are to be the same by every name.
        host = urlsplit(settings.edition.base_url or "").hostname
        # Titles tell the feeds of one machine apart where they have no address of their own.
        self._authority = host or "localhost"
        self._name = "" if host else f"{quote(clean(self._table.title), safe='')}:"

    def text(self, editions: Sequence[Edition]) -> str:
        ordered = sorted(editions, key=lambda edition: edition.date, reverse=True)
        root = ElementTree.Element("feed", {"xmlns": _NAMESPACE})
        root.set(f"{_XML}lang", clean(self._table.language))
        made = max((edition.made for edition in ordered), default=_NEVER)
        title = clean(self._table.title) or "Digest"
        _text(root, "title", title)
        _text(root, "id", f"tag:{self._authority},2026:{self._name}digest")
        _text(root, "updated", _stamp(made))
        _text(ElementTree.SubElement(root, "author"), "name", title)
        generator = _text(root, "generator", "Briefing")
        generator.set("version", __version__)
        if self._links.own:
            _link(root, "self", self._links.own, "application/atom+xml")
        for edition in ordered:
            self._add(root, edition)
        ElementTree.indent(root)
        body = ElementTree.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'

    def _add(self, root: ElementTree.Element, edition: Edition) -> None:
        shown = view(edition, clean, self._table.language)
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
