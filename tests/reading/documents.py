"""Small documents of many formats, made of paragraphs."""

import io
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from xml.sax.saxutils import escape


def zipped(members: Mapping[str, str], first: tuple[str, str] | None = None) -> bytes:
    """Return a ZIP archive; the member ``first`` is stored uncompressed before the others."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        if first:
            archive.writestr(zipfile.ZipInfo(first[0]), first[1])
        for name, text in members.items():
            archive.writestr(name, text)
    return file.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
    'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>'
    "</Types>"
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
)
_STYLES = (
    f"<w:styles {_W}>"
    '<w:style w:type="paragraph" w:styleId="Ti"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Su"><w:name w:val="Subtitle"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    "</w:styles>"
)


def word(
    title: str, paragraphs: list[str], *, subtitle: str = "", rows: list[list[str]] | None = None
) -> bytes:
    """Return a Word document with a title, perhaps a subtitle, paragraphs and a table."""

    def paragraph(text: str, style: str = "") -> str:
        properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        return f"<w:p>{properties}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>"

    body = paragraph(title, "Ti") + (paragraph(subtitle, "Su") if subtitle else "")
    body += "".join(map(paragraph, paragraphs))
    body += (
        '<w:p><w:del w:id="1" w:author="A"><w:r><w:delText>Gone.</w:delText></w:r></w:del></w:p>'
    )
    for row in rows or []:
        cells = "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row)
        body += f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"
    return zipped(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELATIONS.format(kind="officeDocument", target="word/document.xml"),
            "word/_rels/document.xml.rels": _RELATIONS.format(kind="styles", target="styles.xml"),
            "word/styles.xml": _STYLES,
            "word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>",
        }
    )


_O = "urn:oasis:names:tc:opendocument:xmlns:"


def open_document_xml(title: str, paragraphs: list[str], tag: str = "document-content") -> str:
    """Return an OpenDocument text's XML, in an element named ``tag``."""
    body = f'<text:p text:style-name="P1">{escape(title)}</text:p>'
    for paragraph in paragraphs:
        first, _, rest = escape(paragraph).partition(" ")
        body += (
            f"<text:p>{first}<text:s/>{rest}<text:note><text:note-citation>1</text:note-citation>"
            "<text:note-body/></text:note><office:annotation><text:p>Check this.</text:p>"
            "</office:annotation></text:p>"
        )
    return (
        f'<office:{tag} xmlns:office="{_O}office:1.0" xmlns:text="{_O}text:1.0" '
        f'xmlns:style="{_O}style:1.0"><office:automatic-styles><style:style style:name="P1" '
        'style:family="paragraph" style:parent-style-name="Title"/></office:automatic-styles>'
        f"<office:body><office:text>{body}</office:text></office:body></office:{tag}>"
    )


def open_document(title: str, paragraphs: list[str]) -> bytes:
    """Return an OpenDocument text whose title has a style derived from Title."""
    mimetype = ("mimetype", "application/vnd.oasis.opendocument.text")
    content = open_document_xml(title, paragraphs)
    return zipped({"content.xml": content}, first=mimetype)


def flat_open_document(title: str, paragraphs: list[str]) -> bytes:
    """Return the same as one XML file."""
    return ('<?xml version="1.0"?>' + open_document_xml(title, paragraphs, "document")).encode()


def rtf(paragraphs: list[str]) -> bytes:
    """Return an RTF document in Windows-1252."""
    text = r"\par\par ".join(
        "".join(c if c < "\x80" else rf"\u{ord(c)}?" for c in paragraph) for paragraph in paragraphs
    )
    return (r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 " + text + r"\par}").encode("ascii")


def epub(title: str, chapters: list[list[str]]) -> bytes:
    """Return an EPUB with a table of contents before its chapters."""
    names = [f"c{number}.xhtml" for number in range(len(chapters))]
    items = "".join(f'<item id="{name}" href="text/{name}"/>' for name in names)
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    members = {
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
        'container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
        "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc'
        f'/elements/1.1/"><metadata><dc:title>{escape(title)}</dc:title></metadata><manifest><item '
        f'id="nav" href="nav.xhtml" properties="nav"/>{items}</manifest><spine><itemref '
        f'idref="nav"/>{spine}</spine></package>',
        "OPS/nav.xhtml": "<html><body><nav><ol><li>All its chapters</li></ol></nav></body></html>",
    }
    for name, paragraphs in zip(names, chapters, strict=True):
        body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        head = (
            '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title>'
        )
        members[f"OPS/text/{name}"] = f"{head}</head><body>{body}</body></html>"
    return zipped(members, first=("mimetype", "application/epub+zip"))


def mail(subject: str, text: str, html: str | None = None) -> bytes:
    """Return a message with a signature, as mail programs encode it."""
    message = EmailMessage()
    message["From"] = "Ada Penn <ada@post.example>"
    message["To"] = "desk@post.example"
    message["Date"] = "Wed, 15 May 2024 09:30:00 +0200"
    message["Subject"] = subject
    message.set_content(
        text + "\n-- \nAda Penn\nIsland Post, tel. 555 0199\n", cte="quoted-printable"
    )
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def subrip(text: str, words_a_cue: int = 6) -> str:
    """Return SubRip subtitles of a text, a few words a cue; a pause follows each paragraph."""
    cues, clock, number = [], 0, 0
    for paragraph in text.split("\n\n"):
        words = paragraph.split()
        for start in range(0, len(words), words_a_cue):
            number += 1
            said = " ".join(words[start : start + words_a_cue])
            cues.append(f"{number}\n{_time(clock)} --> {_time(clock + 2)}\n{said}\n")
            clock += 2
        clock += 10
    return "\n".join(cues)


def _time(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},000"
