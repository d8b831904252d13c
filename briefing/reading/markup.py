"""Read markup without page furniture as text: HTML fragments, Markdown, XML and feeds.

`blocks_of` is the one way from a parsed tree to text; pages, mails, e-books and office documents
use it too.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from briefing.briefs import Article
from briefing.errors import NoArticle, TooLong
from briefing.language.tokens import count_words
from briefing.reading.encoding import clean, decode
from briefing.reading.text import (
    KnownParts,
    article_from_text,
    check_bytes,
    said_if_short,
    same_text,
    text_limits,
)

if TYPE_CHECKING:
    from lxml import etree


MAX_CHARACTERS_OF_MARKUP = 10_000_000


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A block of text: its kind, an HTML tag (``h1``..``h6``, ``p``, ``li``, ``tr``, ``pre``), or
    ``em`` for a paragraph that is emphasised as a whole.
    """

    kind: str
    text: str


_KINDS = {
    **{name: name for name in ("h1", "h2", "h3", "h4", "h5", "h6", "li", "pre", "p")},
    **dict.fromkeys(
        # Of HTML; what trafilatura makes of it; OpenDocument; frequent names of news in XML.
        "address article aside blockquote body caption center dd details dialog div dl dt "
        "fieldset figcaption figure footer form header hr html legend main menu nav ol option "
        "section summary table tbody td tfoot th thead ul "
        "quote list sec disp-quote para simplesect abstract "
        "table-header table-rows index-body".split(),
        "p",
    ),
    "item": "li",
    "list-item": "li",
    "listitem": "li",
    "tr": "tr",
    "row": "tr",
    "table-row": "tr",
    "h": "h2",
    "head": "h2",
    "title": "h2",
}
_BREAKS = frozenset({"br", "lb", "line-break"})
_SPACES = frozenset({"s", "tab"})
_SKIPPED = frozenset(
    "script style template noscript iframe svg math object audio video canvas select button "
    "textarea annotation annotation-end tracked-changes note-citation sequence-decls graphic "
    "desc forms index-title-template del strike".split()  # not "s", a space or a sentence in XML
)
_MOST_CELL_WORDS = 120
"""A cell with more words is text that a table lays out."""
_EMPHASIS = frozenset({"em", "i", "hi"})
_MAX_STANDFIRST_WORDS = 40


def blocks_of(root: "etree._Element") -> list[TextBlock]:
    """Return the text of a tree, block by block, in order; a table's row is one block.

    Cells are separated by " | ". A ``br`` gives a line break, two of them end the block.
    """
    return list(_Walk(root).blocks())


class _Walk:
    """One pass over a tree, without recursion: documents may be nested deeply."""

    def __init__(self, root: "etree._Element") -> None:
        self._root = root
        self._run: list[str] = []
        self._kinds = ["p"]
        self._plain = False  # whether the run has text outside emphasis
        self._emphasis = 0

    def blocks(self) -> Iterator[TextBlock]:
        from lxml import etree

        walker = etree.iterwalk(self._root, events=("start", "end", "comment", "pi"))
        for event, element in walker:
            name = _name(element) if event in ("start", "end") else ""
            if event == "start":
                yield from self._open(element, name, walker)
            elif event == "end":
                yield from self._close(name)
            if event != "start" and element is not self._root:
                self._add(element.tail)
        yield from self._flush()

    def _open(self, element: Any, name: str, walker: Any) -> Iterator[TextBlock]:
        if name in _SKIPPED:
            walker.skip_subtree()
            return
        kind = _kind(element, name)
        if kind:
            yield from self._flush()
            self._kinds.append(kind)
            if kind == "tr" and (row := _row(element)) is not None:
                walker.skip_subtree()
                if row:
                    yield TextBlock("tr", row)
                return
        self._emphasis += name in _EMPHASIS
        if name in _BREAKS:
            self._run.append("\n")
        elif name in _SPACES:
            self._run.append(" ")
        self._add(element.text)

    def _close(self, name: str) -> Iterator[TextBlock]:
        if name in _SKIPPED:
            return
        if _KINDS.get(name):
            yield from self._flush()
            self._kinds.pop()
        self._emphasis -= name in _EMPHASIS

    def _add(self, text: str | None) -> None:
        if text:
            self._run.append(
                re.sub(r"[ \t\r\n\f]+", " ", text) if self._kinds[-1] != "pre" else text
            )
            self._plain = self._plain or (not self._emphasis and not text.isspace())

    def _flush(self) -> Iterator[TextBlock]:
        kind = "p" if self._kinds[-1] == "tr" else self._kinds[-1]
        if kind == "p" and not self._plain:
            kind = "em"
        text, self._run, self._plain = "".join(self._run), [], False
        for part in re.split(r"\n[ \xa0]*\n\s*", text):
            if lines := [line for line in map(clean, part.split("\n")) if line]:
                yield TextBlock(kind, "\n".join(lines))


def _name(element: Any) -> str:
    """Return an element's local name in lower case."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _kind(element: Any, name: str) -> str | None:
    kind = _KINDS.get(name)
    if kind == "h2" and name != "h2":
        # trafilatura and OpenDocument name the level in an attribute.
        level = element.get("rend") or next(
            (value for key, value in element.items() if key.endswith("outline-level")), ""
        )
        return f"h{level[-1]}" if level[-1:] in tuple("123456") else "h2"
    return kind


def _row(row: Any) -> str | None:
    """Return the text of a table's row; None if its cells are text that a table lays out."""
    cells = [clean(" ".join(cell.itertext())) for cell in row if isinstance(cell.tag, str)]
    filled = [cell for cell in cells if cell]
    if len(filled) < 2:
        return None if filled else ""
    return (
        None if max(len(cell.split()) for cell in filled) > _MOST_CELL_WORDS else " | ".join(filled)
    )


def text_of_blocks(blocks: Iterable[TextBlock]) -> str:
    """Join blocks to text: blank lines between paragraphs, none between the rows of a table."""
    parts: list[str] = []
    last = ""
    for block in blocks:
        if parts:
            parts.append("\n" if block.kind == last == "tr" else "\n\n")
        parts.append(block.text)
        last = block.kind
    return "".join(parts)


def article_from_blocks(
    blocks: list[TextBlock],
    *,
    what: str,
    published: str | None = None,
    warnings: tuple[str, ...] = (),
    **given: Unpack[KnownParts],
) -> Article:
    """Make an article of blocks; ``what`` they are from is named in errors ("The Word document").

    A heading at the beginning is the title, and an emphasised paragraph after it the standfirst;
    those that are given take their places.

    Raises:
        NoArticle: there is hardly any text. TooLong: it exceeds a limit.
    """
    title, subtitle = given.get("title"), given.get("subtitle")
    if blocks and blocks[0].kind in ("h1", "h2", "h3") and len(blocks) > 1:
        if not title:
            title, blocks = blocks[0].text.replace("\n", " "), blocks[1:]
        elif blocks[0].kind == "h1":
            blocks = blocks[1:]
    if title and blocks and same_text(blocks[0].text, title):
        blocks = blocks[1:]
    first = blocks[0] if len(blocks) > 2 else None
    if title and not subtitle and first and first.kind == "em" and _is_short(first.text):
        subtitle, blocks = first.text, blocks[1:]
    text = text_of_blocks(blocks)
    if not count_words(text):
        raise NoArticle(f"{what} has no text. Provide the text of an article.")
    with said_if_short(f"{what} has hardly any text. Provide a whole article."):
        return article_from_text(
            text,
            title=title,
            subtitle=subtitle,
            url=given.get("url"),
            published=published,
            warnings=warnings,
        )


def _is_short(text: str) -> bool:
    return 4 <= len(text.split()) <= _MAX_STANDFIRST_WORDS


def parse_html(text: str) -> "etree._Element":
    """Parse HTML, a page or a fragment, leniently.

    Raises:
        NoArticle: nothing can be parsed.
    """
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring((text or " ").encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise NoArticle(
            "The page or fragment has no text. Provide the text of an article."
        ) from error
    if root is None:
        raise NoArticle("The page or fragment has no text. Provide the text of an article.")
    etree.strip_elements(root, "script", "style", with_tail=False)
    drop_unshown(root)
    return root


_NOT_DISPLAYED = re.compile(r"(?:^|;)\s*display\s*:\s*none\b", re.I)
_STRUCK = frozenset({"del", "s", "strike"})
_SHADOW = ("shadowrootmode", "shadowroot")


def drop_unshown(root: "etree._Element") -> None:
    """Remove the elements of HTML that a browser does not show or strikes out, but not the text
    after them.

    One that has half of the text or more stays: a script of the page will show it.
    """
    from lxml import etree

    total = 0
    starts: list[int] = []
    found: list[tuple[Any, int]] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        unshown = element is not root and _is_unshown(element)
        if event == "start":
            if unshown:
                starts.append(total)
            total += 0 if _name(element) in ("script", "style") else _visible(element.text)
            continue
        if unshown:
            found.append((element, total - starts.pop()))
        total += _visible(element.tail)
    for element, size in found:
        if 2 * size < total or not size:
            _drop(element)


def _visible(text: str | None) -> int:
    return len(text.strip()) if text else 0


def _is_unshown(element: Any) -> bool:
    """Whether an element is hidden or struck out; `aria-hidden` hides from readers aloud only."""
    name = _name(element)
    if name == "template":
        return not any(element.get(key) for key in _SHADOW)
    if name == "noscript" or name in _STRUCK:
        return True
    hidden = element.get("hidden")
    if hidden is not None and hidden.strip().lower() != "until-found":
        # React sends parts of a page in hidden elements of these names, and moves them later.
        return not (element.get("id") or "").startswith("S:")
    return _NOT_DISPLAYED.search(element.get("style") or "") is not None


def parse_xml(data: bytes) -> "etree._Element":
    """Parse XML leniently, without entities or anything from outside the document.

    Raises:
        NoArticle: it is not XML.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(_SURROGATE.sub(b"&#xFFFD;", data), parser)
    except (etree.LxmlError, ValueError) as error:
        raise NoArticle("The XML is damaged. Provide the text of the article.") from error
    if root is None:
        raise NoArticle("The XML is damaged. Provide the text of the article.")
    return root


_SURROGATE = re.compile(
    rb"&#(?:x0*d[89a-f][0-9a-f]{2}|0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]));",
    re.I,
)
"""References to lone surrogates, which a lenient parser takes and text cannot hold."""

_FRONT_MATTER = re.compile(r"\ufeff?(---|\+\+\+)[ \t]*\r?\n(.*?)\r?\n\1[ \t]*(?:\r?\n|$)", re.S)
_MAX_FRONT_MATTER = 20_000
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.S)


def article_from_markdown(
    data: bytes | str,
    *,
    charset: str | None = None,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read Markdown: CommonMark with tables, footnotes and front matter (YAML or TOML).

    The title is that of the front matter, or the first heading. Fenced code, images and comments
    are left out; notes stand at the end.

    Raises:
        NoArticle: there is hardly any text. TooLong: it exceeds a limit.
    """
    text, warnings = decode_markup(data, charset)
    matter = _FRONT_MATTER.match(text[: _MAX_FRONT_MATTER + 8])
    fields = _front_matter(matter[1], matter[2]) if matter else {}
    root = parse_html(_rendered(text[matter.end() :] if matter else text))
    drop_elements(root, "//sup[@class='footnote-ref'] | //a[@class='footnote-backref']")
    blocks = [block for block in blocks_of(root) if block.kind != "pre"]
    return article_from_blocks(
        blocks,
        what="The Markdown text",
        url=url,
        title=title or fields.get("title"),
        subtitle=subtitle or fields.get("subtitle") or fields.get("description"),
        published=fields.get("date"),
        warnings=warnings,
    )


def _rendered(text: str) -> str:
    """Render Markdown as HTML."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # Indented text is hardly ever code in articles.
    return str(parser.disable("code").use(footnote_plugin).render(_HTML_COMMENT.sub("", text)))


def _front_matter(fence: str, source: str) -> dict[str, str]:
    """Return the fields of front matter as text; what cannot be parsed is ignored."""
    import tomllib

    import yaml

    try:
        fields = tomllib.loads(source) if fence == "+++" else yaml.safe_load(source)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(fields, dict):
        return {}
    return {str(key).lower(): clean(str(value)) for key, value in fields.items() if value}


def drop_elements(root: Any, path: str) -> None:
    """Remove the elements that an XPath finds, such as the marks of notes, but not the text after
    them.
    """
    for element in root.xpath(path):
        _drop(element)


def _drop(element: Any) -> None:
    parent, before = element.getparent(), element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


_FEEDS = frozenset({"rss", "feed", "rdf", "opml", "urlset", "sitemapindex"})
_ENTRIES = frozenset({"item", "entry"})
_TITLES = ("headline", "hl1", "article-title", "title")
_BODIES = ("body", "body.content", "content", "bodytext")


def article_from_xml(
    data: bytes | str,
    *,
    charset: str | None = None,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read an article in XML, of whatever schema; XHTML inside it is kept as text.

    The title is the first element of that name. A feed with one full entry is that entry.

    Raises:
        NoArticle: it is a feed or list of links, or there is hardly any text.
    """
    text, warnings = decode_markup(data, charset)
    root = parse_xml(text.encode("utf-8", "replace"))
    parts: dict[str, Any] = {
        "url": url, "title": title, "subtitle": subtitle, "warnings": warnings,
    }  # fmt: skip
    if _name(root) in _FEEDS:
        return _article_from_feed(root, parts)
    if not title:
        titles = (each for name in _TITLES for each in _named(root, name))
        parts["title"] = next((text for each in titles if (text := _text(each))), None)
    bodies = sorted((each for name in _BODIES for each in _named(root, name)), key=_length)
    body = bodies[-1] if bodies and 2 * _length(bodies[-1]) > _length(root) else root
    return article_from_blocks(_xml_blocks(body), what="The XML document", **parts)


def _article_from_feed(root: "etree._Element", parts: dict[str, Any]) -> Article:
    entries = [each for each in root.iter() if _name(each) in _ENTRIES]
    if len(entries) != 1:
        raise NoArticle(
            f"The input is a feed or list of {len(entries)} articles, not an article. Provide one "
            "of them, or add the feed to a digest: briefing digest sources add."
        )
    names = ("encoded", "content", "description", "summary")
    texts = [each for name in names for each in _named(entries[0], name)]
    longest = max(texts, key=_length, default=None)
    markup = "" if longest is None else "".join(longest.itertext())
    if longest is not None and len(longest):
        blocks = blocks_of(longest)
    else:
        blocks = blocks_of(parse_html(markup))
    headings = _named(entries[0], "title")
    parts = {**parts, "title": parts["title"] or (_text(headings[0]) if headings else None)}
    return article_from_blocks(blocks, what="The feed's entry", **parts)


def _xml_blocks(root: "etree._Element") -> list[TextBlock]:
    """Return the text of each element that has text of its own, with what is inside it."""
    blocks = blocks_of(root)
    if len(blocks) > 2:
        return blocks
    # None of its names is known: an element with text of its own is a block.
    own = [each for each in root.iter() if isinstance(each.tag, str) and (each.text or "").strip()]
    inside = {child for each in own for child in each.iterdescendants()}
    return [TextBlock("p", text) for each in own if each not in inside and (text := _text(each))]


def _named(root: "etree._Element", name: str) -> list[Any]:
    return [each for each in root.iter() if _name(each) == name]


def _text(element: Any) -> str:
    return clean(" ".join(element.itertext()))


def _length(element: Any) -> int:
    return sum(len(text) for text in element.itertext())


_CHARSET = re.compile(
    rb"<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I
)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")


def decode_markup(data: bytes | str, charset: str | None) -> tuple[str, tuple[str, ...]]:
    """Decode markup by the declared charset or the one that it names, and check its size.

    A warning comes with it if the encoding was guessed.

    Raises:
        TooLong: it has more than 10 million characters, or a piece of text that is longer than
        an article may be. NotText: it is binary.
    """
    warnings: tuple[str, ...] = ()
    if isinstance(data, bytes):
        check_bytes(len(data))
        named = _CHARSET.search(data[:4_096])
        decoded = decode(data, charset or (named[1].decode("ascii") if named else None))
        data = decoded.text
        if decoded.guessed:
            warnings = (f"The encoding was guessed as {decoded.encoding}.",)
    if len(data) > MAX_CHARACTERS_OF_MARKUP:
        raise TooLong(
            f"The markup has more than {MAX_CHARACTERS_OF_MARKUP // 1_000_000} MB. Save the "
            "article's text and use that."
        )
    _check_text_nodes(data)
    return _XML_DECLARATION.sub("", data.replace("\x00", ""), count=1), warnings


def _check_text_nodes(html: str) -> None:
    """Raise `TooLong` if one piece of text is longer than an article may be.

    On such pieces parsers would spend their time and memory; scripts are spared.
    """
    most = text_limits.characters
    for match in re.finditer(rf">[^<]{{{most + 1},}}", html):
        before = html[: match.start()].lower()
        script = max(before.rfind("<script"), before.rfind("<style"))
        if script <= max(before.rfind("</script"), before.rfind("</style")):
            raise TooLong(
                f"The markup has a text of more than {most:,} characters without a tag. Save the "
                "article's text and use that."
            )
