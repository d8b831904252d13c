"""EPUB 3.3 output: one chapter per section, reproducible byte for byte.

Uses the standard library and templates: the maintained EPUB library is under the AGPL and writes
the current time into every file.
"""

import io
import uuid
from datetime import UTC
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from briefing.digest.records import Edition
from briefing.digest.rendering.readable import Templates
from briefing.digest.rendering.view import view
from briefing.digest.settings import EditionTable
from briefing.rendering.layout import inert

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
