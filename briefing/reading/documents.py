"""Read documents: PDF (by pypdf, its lines joined to paragraphs), Word, OpenDocument, RTF, EPUB."""

import io
import posixpath
import re
import time
import zipfile
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import unquote

from briefing.briefs import Article
from briefing.errors import NoArticle, NotText, TooLong
from briefing.language.tokens import count_words
from briefing.reading.encoding import clean
from briefing.reading.markup import (
    TextBlock,
    article_from_blocks,
    blocks_of,
    drop_elements,
    parse_html,
    parse_xml,
)
from briefing.reading.text import (
    KnownParts,
    article_from_text,
    check_bytes,
    quiet,
    said_if_short,
    text_limits,
)

if TYPE_CHECKING:
    from pypdf import PdfReader

_HYPHEN_END = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
_ENDS_SENTENCE = re.compile(r"[.!?:…。！？][\"'”’»)\]]*$")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.)?\s*[-–—]?\s*\d{1,4}(?:\s*(?:/|of|von)\s*\d{1,4})?\s*[-–—]?", re.I
)
_BULLET = re.compile(r"[•▪●◦‣∙]|[*\-–—]\s|\(?\d{1,3}[.)]\s")
_SHORT_LINE = 0.75
_EDGE = 2


def reflow(pages: list[str]) -> str:
    """Join the lines of ``pages`` to paragraphs, separated by blank lines.

    Page numbers, and running heads and feet of most pages, are removed. A word hyphenated at a
    line end is joined if the next line begins in lower case. A paragraph ends at a blank line,
    before a bullet, after a short line that ends a sentence, and around a heading: a short line
    without a full stop.
    """
    lines = [line for page in _without_furniture(pages) for line in page]
    width = _width(lines)
    paragraphs: list[str] = []
    last = ""
    for line in lines:
        if line and paragraphs and _continues(paragraphs[-1], last, line, width):
            paragraphs[-1] = _joined(paragraphs[-1], line)
        elif line:
            paragraphs.append(line)
        last = line
    return "\n\n".join(paragraphs)


def _without_furniture(pages: list[str]) -> list[list[str]]:
    """Return the lines of each page, without page numbers, running heads and final blank lines."""
    split = [[line.strip() for line in page.splitlines()] for page in pages]
    filled = [[line for line in page if line] for page in split]
    edges = Counter(
        key for page in filled for key in {_shape(line) for line in page[:_EDGE] + page[-_EDGE:]}
    )
    repeated = {key for key, count in edges.items() if count >= max(3, len(pages) / 2)}
    result = []
    for page in split:
        nonblank = [i for i, line in enumerate(page) if line]
        edge = set(nonblank[:_EDGE] + nonblank[-_EDGE:])
        result.append(
            [line for i, line in enumerate(page) if i not in edge or not _furniture(line, repeated)]
        )
        while result[-1] and not result[-1][-1]:
            result[-1].pop()
    return result


def _furniture(line: str, repeated: set[str]) -> bool:
    return _shape(line) in repeated or bool(_PAGE_NUMBER.fullmatch(line))


def _shape(line: str) -> str:
    """Return a line with digits masked, so that running heads with page numbers are equal."""
    return re.sub(r"\d+", "#", line)


def _width(lines: list[str]) -> int:
    """Return the length of a full line: the 80th percentile."""
    lengths = sorted(len(line) for line in lines if line)
    return lengths[len(lengths) * 8 // 10] if lengths else 0


def _continues(paragraph: str, last: str, line: str, width: int) -> bool:
    """Whether ``line`` continues ``paragraph``; ``last`` is the line before it, may be blank."""
    return not _breaks(last, line, width) if last else _resumes(paragraph, line)


def _breaks(last: str, line: str, width: int) -> bool:
    """Whether a paragraph ends between two consecutive lines."""
    if _BULLET.match(line):
        return True
    if line[0].islower() or _HYPHEN_END.search(last):
        return False
    short = len(last) < _SHORT_LINE * width
    return short and (bool(_ENDS_SENTENCE.search(last)) or len(last) < 0.6 * width)


def _resumes(paragraph: str, line: str) -> bool:
    """Whether a paragraph continues after a blank line inside a sentence."""
    return line[0].islower() and not _ENDS_SENTENCE.search(paragraph[-8:])


def _joined(paragraph: str, line: str) -> str:
    if paragraph.endswith("\u00ad"):
        return paragraph[:-1] + line
    if _HYPHEN_END.search(paragraph[-2:]):
        return (paragraph[:-1] if line[0].islower() else paragraph) + line
    return f"{paragraph} {line}"


MAX_PAGES = 1_000
MAX_SECONDS = 60.0

_BAD_TITLE = re.compile(
    r"untitled|microsoft|powerpoint|document\d*$|slide \d|https?:|[\\/_]|"
    r"\.(?:docx?|pdf|indd|qxd|tex|dvi|rtf|odt|pptx?|xlsx?|txt|html?)\b",
    re.I,
)


@quiet("pypdf")
def article_from_pdf(data: bytes, **given: Unpack[KnownParts]) -> Article:
    """Read the text layer of a PDF, with its lines joined to paragraphs.

    The title is that of the metadata if plausible, else what stands in the largest letters at the
    top of the first page, else it is found as in plain text. Offsets are into the joined text.

    Raises:
        NotText: the file is damaged or encrypted.
        NoArticle: there is no text layer. TooLong: the PDF exceeds 1,000 pages.
    """
    check_bytes(len(data))
    reader = _open(data)
    pages = _pages(reader)
    title = given.get("title") or _title(reader)
    largest = _largest(reader) if title is None else None
    if largest and (below := _below(pages[0], largest)):
        title, pages[0] = largest, below
    text = reflow(pages)
    if count_words(text) == 0:
        raise NoArticle(
            "The PDF has no text, only images. Run OCR on it first (for example with ocrmypdf)."
        )
    with said_if_short("The PDF has hardly any text. Is it a scan? Run OCR on it first."):
        return article_from_text(
            text,
            title=title,
            subtitle=given.get("subtitle"),
            url=given.get("url"),
            published=_created(reader),
        )


def _open(data: bytes) -> "PdfReader":
    """Open the file, with an empty password if it is encrypted, and check its length."""
    from pypdf import PasswordType, PdfReader

    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED
        pages = 0 if locked else len(reader.pages)
    except MemoryError:
        raise
    except Exception as error:
        if "crypt" in f"{type(error).__name__} {error}".lower():
            raise NotText(_ENCRYPTED) from error
        raise NotText("The PDF is damaged. Open it in a viewer and save it again.") from error
    if locked:
        raise NotText(_ENCRYPTED)
    if pages > MAX_PAGES:
        raise TooLong(f"The PDF has {pages:,} pages; the limit is {MAX_PAGES:,}. Split it.")
    return reader


_ENCRYPTED = "The PDF is encrypted. Save a copy without a password and use that."


def _pages(reader: "PdfReader") -> list[str]:
    """Return the text of each page; skip damaged pages, unless no page has text."""
    texts: list[str] = []
    errors: list[Exception] = []
    length, deadline = 0, time.monotonic() + MAX_SECONDS
    for page in reader.pages:
        try:
            texts.append(page.extract_text())
        except MemoryError:
            raise
        except Exception as error:  # pypdf fails in many ways on damaged pages
            errors.append(error)
            continue
        length += len(texts[-1])
        if length > text_limits.characters or time.monotonic() > deadline:
            raise TooLong("The PDF takes too long to read. Split it, or use its text.")
    if errors and not any(texts):
        raise NotText("The PDF is damaged. Open it in a viewer and save it again.") from errors[0]
    return texts


def _title(reader: "PdfReader") -> str | None:
    """Return the title in the metadata, unless it looks like a file name or a placeholder."""
    try:
        title = clean((reader.metadata and reader.metadata.title) or "")
    except Exception:  # damaged metadata
        return None
    return title if _plausible(title) else None


def _plausible(title: str) -> bool:
    return 2 <= len(title.split()) <= _MOST_TITLE and not _BAD_TITLE.search(title)


def _largest(reader: "PdfReader") -> str | None:
    """Return the title that the first page sets in the largest letters, on one line or several.

    None if it sets most of its text as large, or if that is no plausible title.
    """
    pieces: list[tuple[float, str]] = []

    def visit(text: str, page: Any, line: Any, _font: Any, size: float) -> None:
        scale = abs(
            (page[0] * page[3] - page[1] * page[2]) * (line[0] * line[3] - line[1] * line[2])
        )
        if text.strip():
            pieces.append((round(size * scale**0.5, 1), text))

    try:
        reader.pages[0].extract_text(visitor_text=visit)
    except MemoryError:
        raise
    except Exception:  # pypdf fails in many ways on damaged pages
        return None
    letters: Counter[float] = Counter()
    for size, text in pieces:
        letters[size] += len(text.strip())
    if not letters:
        return None
    (usual, _), *_ = letters.most_common(1)
    for size in sorted((each for each in letters if each >= _LARGER * usual), reverse=True):
        runs = groupby(pieces, key=lambda piece: piece[0])
        title = clean(" ".join(text for _, text in next(run for key, run in runs if key == size)))
        if _plausible(title):
            return title
    return None


def _below(page: str, title: str) -> str | None:
    """Return the text of a page below its title; a few words above it are no part of the article.

    None if the title is not found, or stands below more than that.
    """
    lines = page.splitlines()
    wanted = "".join(title.split())
    for start in range(len(lines)):
        if len(" ".join(lines[:start]).split()) > _MOST_TITLE:
            break
        for end in range(start + 1, min(start + _MOST_LINES, len(lines)) + 1):
            if "".join(clean(" ".join(lines[start:end])).split()) == wanted:
                return "\n".join(lines[end:])
    return None


_MOST_TITLE = 30
"""Words of a title, and of what may stand above it."""
_MOST_LINES = 6
"""Lines of a title."""
_LARGER = 1.2
"""How much larger than the text a title is set."""


def _created(reader: "PdfReader") -> str | None:
    """Return the creation date in ISO 8601, or None."""
    try:
        created = reader.metadata and reader.metadata.creation_date
    except Exception:  # damaged metadata
        return None
    return created.date().isoformat() if created else None


MAX_UNPACKED = 100_000_000
"""Maximum size of the unpacked parts of a document that are read, in bytes."""
_DAMAGED = "is damaged. Open it in the program that made it and save it again."


_NO_ARCHIVE = (zipfile.BadZipFile, NotImplementedError, OSError, ValueError)
"""What is raised when an archive is opened that is damaged."""


def office_kind(data: bytes) -> str | None:
    """Return which document a ZIP archive is: ``word``, ``opendocument`` or ``epub``.

    Raises:
        NotText: it is a spreadsheet or slides. None is returned for any other archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            type_ = _member(archive, "mimetype").decode("latin-1") if "mimetype" in names else ""
    except (NotText, *_NO_ARCHIVE):
        return None
    if "word/document.xml" in names:
        return "word"
    if "epub" in type_ or "META-INF/container.xml" in names:
        return "epub"
    if "opendocument.text" in type_:
        return "opendocument"
    for what, is_it in (
        ("slides", "presentation" in type_ or "ppt/presentation.xml" in names),
        ("a spreadsheet", "spreadsheet" in type_ or "xl/workbook.xml" in names),
    ):
        if is_it:
            raise NotText(f"The input is {what}, not an article. Save its text as a document.")
    return None


def damaged_kind(data: bytes) -> str | None:
    """Return which document a ZIP archive was before its end was lost, or None.

    The names of the parts stand before each of them as well as at the end.
    """
    if zipfile.is_zipfile(io.BytesIO(data)):
        return None
    if b"mimetypeapplication/epub" in data[:_FIRST_PART]:
        return "epub"
    if b"mimetypeapplication/vnd.oasis.opendocument.text" in data[:_FIRST_PART]:
        return "opendocument"
    return "word" if _WORD_PART.search(data) else None


_FIRST_PART = 200
_WORD_PART = re.compile(rb"PK\x03\x04.{26}word/", re.S)


def article_from_word(data: bytes, **given: Unpack[KnownParts]) -> Article:
    """Read a Word document (.docx) by mammoth: tables and lists too; deleted text is left out.

    Raises:
        NotText: it is damaged. NoArticle: there is hardly any text. TooLong: it exceeds a limit.
    """
    import mammoth

    check_bytes(len(data))
    _archive(data, "The Word document").close()
    try:
        converted = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=_WORD_STYLES,
            convert_image=mammoth.images.img_element(lambda _: {}),
        )
    except MemoryError:
        raise
    except Exception as error:  # mammoth fails in many ways on damaged documents
        raise NotText(f"The Word document {_DAMAGED}") from error
    root = parse_html(converted.value)
    drop_elements(root, "//sup[a[contains(@href, 'note-')]] | //a[contains(@href, 'note-ref-')]")
    return article_from_blocks(blocks_of(root), what="The Word document", **given)


_WORD_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p > em:fresh
"""


def article_from_opendocument(data: bytes, **given: Unpack[KnownParts]) -> Article:
    """Read an OpenDocument text (.odt, or .fodt as one XML file): tables, lists and notes too.

    Raises:
        NotText: it is damaged. NoArticle: there is hardly any text. TooLong: it exceeds a limit.
    """
    check_bytes(len(data))
    if data.startswith(b"PK\x03\x04") or zipfile.is_zipfile(io.BytesIO(data)):
        with _archive(data, "The OpenDocument text") as archive:
            data = _member(archive, "content.xml")
    root = parse_xml(data)
    _name_styles(root)
    texts = [each for each in root.iter() if _local(each) == "text"] or [root]
    return article_from_blocks(blocks_of(texts[0]), what="The OpenDocument text", **given)


def _name_styles(root: Any) -> None:
    """Turn paragraphs of the styles Title and Subtitle into a heading and an emphasised one."""
    parents = {
        _attribute(style, "name"): _attribute(style, "parent-style-name")
        for style in root.iter()
        if _local(style) == "style"
    }
    for paragraph in [each for each in root.iter() if _local(each) == "p"]:
        style = _attribute(paragraph, "style-name")
        names = {style, parents.get(style)}
        if "Title" in names:
            paragraph.tag = "h1"
        elif "Subtitle" in names:
            paragraph.tag = "p"
            inner = paragraph.makeelement("em")
            inner.text, paragraph.text = paragraph.text, None
            inner.extend(list(paragraph))
            paragraph.append(inner)


def article_from_rtf(data: bytes, **given: Unpack[KnownParts]) -> Article:
    """Read Rich Text Format by striprtf; the cells of a row of a table are separated by "|".

    Raises:
        NotText: it is damaged. NoArticle: there is hardly any text. TooLong: it exceeds a limit.
    """
    from striprtf.striprtf import rtf_to_text

    check_bytes(len(data))
    try:
        text: str = rtf_to_text(data.decode("latin-1"), errors="replace")  # type: ignore[no-untyped-call]
    except MemoryError:
        raise
    except Exception as error:  # striprtf fails in many ways on damaged documents
        raise NotText(f"The RTF document {_DAMAGED}") from error
    lines = (clean(line.replace("|", " | ").strip(" |")) for line in text.splitlines())
    blocks = [TextBlock("p", line) for line in lines if line]
    return article_from_blocks(blocks, what="The RTF document", **given)


def article_from_epub(data: bytes, **given: Unpack[KnownParts]) -> Article:
    """Read the chapters of an EPUB in reading order, without its table of contents.

    Raises:
        NotText: it is damaged or encrypted.
        NoArticle: there is hardly any text. TooLong: it exceeds a limit.
    """
    check_bytes(len(data))
    with _archive(data, "The EPUB") as archive:
        container = parse_xml(_member(archive, "META-INF/container.xml"))
        paths = [_attribute(each, "full-path") for each in _all(container, "rootfile")]
        if not paths:
            raise NotText(f"The EPUB {_DAMAGED}")
        package = parse_xml(_member(archive, paths[0]))
        blocks: list[TextBlock] = []
        for path in _chapters(package, posixpath.dirname(paths[0])):
            blocks += _chapter(archive, path)
            if sum(len(block.text) for block in blocks) > text_limits.characters:
                raise TooLong("The EPUB is too long. Provide the text of one chapter.")
    titles = [clean("".join(each.itertext())) for each in _all(package, "title")]
    dates = [clean("".join(each.itertext())) for each in _all(package, "date")]
    given["title"] = given.get("title") or next(filter(None, titles), None)
    published = next(filter(None, dates), None)
    return article_from_blocks(blocks, what="The EPUB", published=published, **given)


def _chapters(package: Any, folder: str) -> list[str]:
    """Return the paths of the chapters of an EPUB, in the order of its spine."""
    items = {
        _attribute(item, "id"): item
        for item in _all(package, "item")
        if "nav" not in _attribute(item, "properties").split()
    }
    chapters = [
        items[name]
        for each in _all(package, "itemref")
        if (name := _attribute(each, "idref")) in items and _attribute(each, "linear") != "no"
    ]
    return [
        posixpath.normpath(posixpath.join(folder, unquote(_attribute(item, "href"))))
        for item in chapters
    ]


def _chapter(archive: zipfile.ZipFile, path: str) -> list[TextBlock]:
    try:
        markup = _member(archive, path).decode("utf-8", "replace")
    except NotText:
        return []  # a chapter that is listed and missing
    root = parse_html(re.sub(r"\s*<\?xml[^>]{0,200}\?>", "", markup, count=1))
    drop_elements(root, "//head | //nav | //*[contains(@*, 'noteref')]")
    return blocks_of(root)


def _archive(data: bytes, what: str) -> zipfile.ZipFile:
    """Open a ZIP archive and check the size of what it unpacks to."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _NO_ARCHIVE as error:
        raise NotText(f"{what} {_DAMAGED}") from error
    texts = [each for each in archive.infolist() if not _MEDIA.search(each.filename)]
    if any(each.flag_bits & 1 for each in texts):
        raise NotText(f"{what} is encrypted. Save a copy without a password and use that.")
    if sum(each.file_size for each in texts) > MAX_UNPACKED:
        raise TooLong(f"{what} unpacks to more than {MAX_UNPACKED // 1_000_000} MB. Split it.")
    return archive


_MEDIA = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|tiff?|bmp|emf|wmf|mp[34]|m4a|ttf|otf|woff2?)$", re.I
)


def _member(archive: zipfile.ZipFile, path: str) -> bytes:
    try:
        return archive.read(path)
    except MemoryError:
        raise
    except Exception as error:  # zipfile and zlib fail in many ways on damaged archives
        raise NotText(f"The document {_DAMAGED}") from error


def _all(root: Any, name: str) -> list[Any]:
    return [each for each in root.iter() if _local(each) == name]


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _attribute(element: Any, name: str) -> str:
    """Return an attribute by its local name; "" if it is missing."""
    return next((str(v) for k, v in element.items() if k.rpartition("}")[2] == name), "")
