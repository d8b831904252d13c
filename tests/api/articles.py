"""Articles written for these tests."""

from io import BytesIO

TITLE = "Millbrook closes its old ferry terminal"
LEAD = (
    "The council of Millbrook voted on Tuesday to close its old ferry terminal, which has served "
    "the islands for sixty years."
)
REST = (
    "Mayor Ann Lee said the repairs would cost $4.2 million. Two councillors voted against the "
    "plan.\n\n"
    "The terminal opened in 1964 and was damaged by a storm in March. A new pier, paid for by "
    "the region, is expected to open next spring."
)
BODY = f"{LEAD}\n\n{REST}"
TEXT = f"{TITLE}\n\n{BODY}"
PAGE = (
    f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title></head>'
    f"<body><nav><a href='/'>Home</a></nav><article><h1>{TITLE}</h1>"
    + "".join(f"<p>{paragraph}</p>" for paragraph in BODY.split("\n\n"))
    + "</article></body></html>"
)


def pdf(lines: list[str]) -> bytes:
    """A PDF of one page with ``lines`` below each other."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = DictionaryObject({NameObject(k): NameObject(v) for k, v in names.items()})
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    shown = "".join(f"({line}) Tj T* " for line in lines)
    stream.set_data(f"BT /F1 11 Tf 14 TL 50 780 Td {shown}ET".encode("ascii"))
    page[NameObject("/Contents")] = writer._add_object(stream)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
