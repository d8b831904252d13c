"""Small PDFs, made by hand."""

from collections.abc import Collection
from io import BytesIO

LINES = [
    "Harbourton closes ferry terminal",
    "",
    "The council of Harbourton voted on Tuesday to close its old ferry termi-",
    "nal, which has served the islands for sixty years. Mayor Ann Lee said the",
    "repairs would cost too much.",
    "The terminal opened in 1964 and was damaged by a storm in March. A new",
    "pier is expected to open next spring.",
]


def pdf(
    pages: list[list[str]], title: str | None = None, large: Collection[str] = (), size: float = 22
) -> bytes:
    """A PDF with one line of text below the other; a page without lines has no text at all.

    The lines in ``large`` are set in letters of ``size``, the others in letters of 11.
    """
    count = len(pages)
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(count))
    info = f"/Title ({title})" if title else ""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        shown = "".join(
            f"/F1 {size if line in large else 11} Tf ({_escaped(line)}) Tj T* " for line in lines
        )
        stream = f"BT 14 TL 50 780 Td {shown}ET" if lines else ""
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects.append(f"<< /CreationDate (D:20240514080000Z) {info} >>")
    return assembled(objects)


def encrypted(data: bytes, password: str) -> bytes:
    """The same PDF behind a password."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(data)))
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def assembled(objects: list[str]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n".encode()
    return bytes(out + f"startxref\n{start}\n%%EOF\n".encode())
