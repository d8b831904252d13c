"""Small documents that want much: each would take minutes, or gigabytes, of who reads it whole."""

import zlib
from functools import cache

from tests.reading.pdfs import assembled


def _stream(entries: str, data: bytes) -> str:
    text = data.decode("latin-1")
    return f"<< {entries} /Length {len(data)} >>\nstream\n{text}\nendstream"


def _pdf(contents: str, *more: str) -> bytes:
    """One page that shows ``contents``, and ``more`` objects from the sixth on."""
    return assembled(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
            "/Resources << /Font << /F1 3 0 R >> /XObject << /X0 6 0 R >> >> >>",
            contents,
            *more,
        ]
    )


def deflated(block: bytes, count: int) -> bytes:
    """``count`` times ``block``, deflated; it is packed once, since each stands for itself."""
    packer = zlib.compressobj(9, wbits=-15)
    one = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return one * count + b"\x03\x00"


@cache
def pdf_of_zeros(size: int = 1_000_000_000) -> bytes:
    """A page whose content unpacks to ``size`` spaces, packed twice to a few kilobytes."""
    block, check = b" " * 1_000_000, 1
    for _ in range(size // len(block)):
        check = zlib.adler32(block, check)
    packed = b"\x78\xda" + deflated(block, size // len(block)) + check.to_bytes(4, "big")
    return _pdf(_stream("/Filter [/FlateDecode /FlateDecode]", zlib.compress(packed, 9)))


@cache
def pdf_of_operators(count: int = 5_000_000) -> bytes:
    """A page that moves the pen ``count`` times."""
    return _pdf(_stream("/Filter /FlateDecode", zlib.compress(b"1 0 0 1 0 0 cm\n" * count, 9)))


@cache
def pdf_of_forms(depth: int = 12, width: int = 10) -> bytes:
    """The billion laughs of PDF: each form shows the next one ``width`` times."""
    shown = b"/X0 Do " * width
    forms = [
        _stream(
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
            f"/Resources << /XObject << /X0 {7 + level} 0 R >> /Font << /F1 3 0 R >> >>",
            shown if level < depth - 1 else b"BT /F1 9 Tf (laugh) Tj ET",
        )
        for level in range(depth)
    ]
    return _pdf(_stream("", shown), *forms)


@cache
def pdf_of_pages(count: int = 900, words: int = 20_000) -> bytes:
    """The same long page ``count`` times."""
    shown = b"BT /F1 9 Tf 9 9 Td " + b"(word ) Tj " * words + b"ET"
    one = _pdf(_stream("/Filter /FlateDecode", zlib.compress(shown, 9)), "null")
    kids = b"/Kids [" + b"4 0 R " * count + b"] /Count %d" % count
    return one.replace(b"/Kids [4 0 R] /Count 1", kids)


@cache
def laughs() -> bytes:
    """A billion laughs in XHTML: ten entities, each ten times the one before."""
    entities = '<!ENTITY a0 "laugh and the world laughs with you ">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 11)
    )
    return (
        f'<?xml version="1.0"?><!DOCTYPE html [{entities}]><html xmlns="http://www.w3.org/1999/'
        'xhtml"><head><title>t</title></head><body><p>&a10;</p></body></html>'
    ).encode()


@cache
def deep(depth: int = 100_000) -> bytes:
    """A page that is ``depth`` elements deep, and closes none of them."""
    return b"<html><body>" + b"<div>" * depth + b"Deep down there is a text, far from the light."


@cache
def wide(count: int = 149_000) -> bytes:
    """A page of as many elements as may be, in a table of one row."""
    return b"<html><body><table><tr>" + b"<td>a <b>b" * (count // 2) + b"</table></body></html>"


BOMBS = {
    "pdf-zeros": pdf_of_zeros,
    "pdf-operators": pdf_of_operators,
    "pdf-forms": pdf_of_forms,
    "pdf-pages": pdf_of_pages,
    "laughs": laughs,
    "deep": deep,
    "wide": wide,
}
