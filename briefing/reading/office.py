"""Read office documents and e-books: Word, OpenDocument, RTF and EPUB."""

import io
import posixpath
import re
import zipfile
from typing import Any, Unpack
from urllib.parse import unquote

from briefing.article import Article
from briefing.errors import NotText, TooLong
from briefing.reading.encoding import clean
from briefing.reading.markup import (
    TextBlock,
    article_from_blocks,
    blocks_of,
    drop_elements,
    parse_html,
    parse_xml,
)
from briefing.reading.text import KnownParts, check_bytes, text_limits

MAX_UNPACKED = 100_000_000
"""Maximum size of the unpacked parts of a document that are read, in bytes."""
_DAMAGED = "is damaged. Open it in the program that made it and save it again."


def office_kind(data: bytes) -> str | None:
    """Return which document a ZIP archive is: ``word``, ``opendocument`` or ``epub``.

    Raises:
        NotText: it is a spreadsheet or slides. None is returned for any other archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            type_ = _member(archive, "mimetype").decode("latin-1") if "mimetype" in names else ""
    except (zipfile.BadZipFile, NotText, OSError, ValueError):
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
    if zipfile.is_zipfile(io.BytesIO(data)):
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
    except (zipfile.BadZipFile, OSError, ValueError) as error:
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
    except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise NotText(f"The document {_DAMAGED}") from error
    except (ValueError, EOFError) as error:
        raise NotText(f"The document {_DAMAGED}") from error


def _all(root: Any, name: str) -> list[Any]:
    return [each for each in root.iter() if _local(each) == name]


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _attribute(element: Any, name: str) -> str:
    """Return an attribute by its local name; "" if it is missing."""
    return next((str(v) for k, v in element.items() if k.rpartition("}")[2] == name), "")
