"""The book: its container, its package document and its chapters (EPUB 3.3)."""

import io
import posixpath
import zipfile
from functools import cache

import pytest
from lxml import etree

from briefing.digest.rendering import render_edition
from tests.digest.samples import SETTINGS, edition, full_edition, large_edition

OPF = {"o": "http://www.idpf.org/2007/opf", "d": "http://purl.org/dc/elements/1.1/"}
BOOKS = pytest.mark.parametrize("made", [edition(), full_edition(), large_edition(500)])


@cache
def packed(made) -> bytes:
    return render_edition(made, "epub", SETTINGS)


def book(made) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(packed(made)))


@BOOKS
def test_the_container(made) -> None:
    found = book(made)
    first = found.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert found.read("mimetype") == b"application/epub+zip"
    container = etree.fromstring(found.read("META-INF/container.xml"))
    (path,) = container.xpath("//@full-path")
    assert path in found.namelist()
    assert found.testzip() is None


@BOOKS
def test_the_package(made) -> None:
    found = book(made)
    package = etree.fromstring(found.read("EPUB/package.opf"))
    for name in ("identifier", "title", "language"):
        assert package.xpath(f"string(//d:{name})", namespaces=OPF)
    (modified,) = package.xpath("//o:meta[@property='dcterms:modified']/text()", namespaces=OPF)
    assert modified == "2026-03-02T06:00:00Z"
    items = dict(
        zip(
            package.xpath("//o:item/@id", namespaces=OPF),
            package.xpath("//o:item/@href", namespaces=OPF),
            strict=True,
        )
    )
    assert package.xpath("//o:item[@properties='nav']/@href", namespaces=OPF) == ["nav.xhtml"]
    assert set(package.xpath("//o:itemref/@idref", namespaces=OPF)) == set(items)
    files = {posixpath.join("EPUB", href) for href in items.values()}
    assert files | {"mimetype", "META-INF/container.xml", "EPUB/package.opf"} == set(
        found.namelist()
    )


@BOOKS
def test_every_link_leads_somewhere(made) -> None:
    found = book(made)
    pages = {
        name.removeprefix("EPUB/"): etree.fromstring(found.read(name))
        for name in found.namelist()
        if name.endswith(".xhtml")
    }
    anchors = {name: set(page.xpath("//@id")) for name, page in pages.items()}
    for page in pages.values():
        for href in page.xpath("//@href"):
            if href.startswith("http"):
                continue
            name, _, anchor = href.partition("#")
            assert name in pages
            assert not anchor or anchor in anchors[name]


def test_it_holds_the_edition() -> None:
    text = "".join(book(full_edition()).read(f"EPUB/section-{n}.xhtml").decode() for n in (1, 2, 3))
    for story in full_edition().stories:
        assert all(line.text in text for line in story.lines)
    assert "Harbour Times" in book(full_edition()).read("EPUB/about.xhtml").decode()
