"""Tell pages that hold no article: walls, errors, empty shells and lists of articles.

A wall speaks to its visitor about the visit; an article tells of the world. A sentence is about
the visit where it addresses the visitor, or calls the page by name, and is about things of a visit
(browser, account, cookies); so is one with a cue, which is what walls of a kind say ("verify that
you are human"). A page is a wall where nearly all of its text is about the visit, and cues say of
which kind it is. So is a short English page that speaks to its visitor throughout and tells of
nothing that happened, as long as it names a thing of a visit. The words are in walls.toml, by
language. A list of articles is told by its markup.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from briefing.briefs import Article
from briefing.errors import NoArticle
from briefing.language.tokens import count_words, tokens
from briefing.language.word_lists import irregular

MAX_WORDS = 350
"""A page with more words is no wall: terms of use and instructions speak to their reader too."""
_ABOUT, _CUED = 0.65, 0.25
"""Least shares of a wall's words in sentences about the visit, and in those with a cue."""
_ABOUT_TITLED, _CUED_TITLED = 0.4, 0.15
"""The same where the title has a cue; the second does not count in a short text."""
_ABOUT_ALONE = 0.9
"""The share from which on a brief text is a wall of an unknown kind. Of 449 short articles of the
web none has more than 0.77."""
_BRIEF = 60
"""Words of a brief text."""
_SHORT = 80
"""Words of a short text."""
_TITLE_WORDS = 14
_STATUS_WORDS = 12
"""A cue counts in a sentence that addresses nobody only where it is as short as a status line."""

_SAVE = "Open it in a browser, save the page or its text, and use that"
_MEANING = {
    "consent": ("asks for consent to cookies instead of showing an article", _SAVE),
    "robot": ("asks for proof that no program is reading it", _SAVE),
    "script": ("shows nothing without JavaScript or a newer browser", _SAVE),
    "missing": ("says that the article was not found", "Check the address"),
    "redirect": ("only leads on to another", "Use the address that it leads to"),
    "paywall": ("shows the article to those alone who subscribe or log in",
                "Log in with a browser, save the page or its text, and use that"),
    "offer": ("asks for a subscription, a login or an address instead of showing an article",
              "Log in with a browser, save the page or its text, and use that"),
    "denied": ("refuses access", _SAVE),
    "error": ("reports an error", "Try again later, or check the address"),
    "visit": ("speaks to its visitor and tells nothing", _SAVE),
    "index": ("lists articles and is none itself", "Use the address of one of them"),
    "empty": ("has no running text", _SAVE),
}  # fmt: skip


def refuse_wall(html: str, article: Article) -> None:
    """Raise `NoArticle` if the page holds no article; the message says what it is and what to do.

    ``article`` is what was extracted from ``html``.
    """
    from lxml.etree import strip_elements
    from lxml.html import HTMLParser, document_fromstring

    try:
        root = document_fromstring(html, parser=HTMLParser(remove_comments=True, no_network=True))
    except (ValueError, AssertionError):  # no element
        return
    strip_elements(root, "script", "style", "template", with_tail=False)
    titles = [article.title or "", *_texts(root, ("title", "h1"))]
    texts = _texts_of(root, article)
    teasers = _shown_teasers(root, article)
    own = [text for text in texts if not _within(text, teasers)]
    kind = (
        wall_kind(own or texts, article.language, titles)
        or _shell_kind(root, article, texts)
        or _speaking_kind(root, article.language, own or texts)
        or _foreign_kind(root, article, own or texts, titles)
        or ("index" if _is_index(root, article, teasers) else None)
    )
    if kind is not None:
        meaning, advice = _MEANING[kind]
        raise NoArticle(f"The page {meaning}. {advice}.")


def wall_kind(texts: Sequence[str], language: str, titles: Sequence[str] = ()) -> str | None:
    """The kind of wall that the text of a page is; None for an article.

    ``texts`` are its sentences, ``titles`` the page's titles and first headings.
    """
    words = _Words.of(language)
    body = [(len(text.split()), *words.read(text)) for text in texts]
    total = sum(count for count, *_ in body)
    if not 0 < total <= MAX_WORDS:
        return None
    about = sum(count for count, visit, _ in body if visit) / total
    cued = sum(count for count, _, kinds in body if kinds) / total
    short = (title for title in titles if len(title.split()) <= _TITLE_WORDS)
    titled = [kind for title in short for kind in words.read(title)[1]]
    found = [*titled, *(kind for *_, kinds in body for kind in kinds)]
    if titled:
        wall = about >= _ABOUT_TITLED and (cued >= _CUED_TITLED or total <= _SHORT)
    else:
        wall = about >= _ABOUT and cued >= _CUED
    if not found or not wall:
        # In other languages the words for "you" are those for "she" or "their" too.
        alone = language == "en" and about >= _ABOUT_ALONE and total <= _BRIEF
        alone = alone and not any(map(_tells, map(_plain, texts)))
        return "visit" if alone else None
    return max(found, key=found.count)


def _speaking_kind(root: Any, language: str, texts: Sequence[str]) -> str | None:
    """The kind of a short page that speaks to its visitor and tells nothing, whatever it wants.

    An article has something that happened, be it in a brief, a guide or a letter to readers: one
    sentence of it is enough. Where the page has buttons beside its text, less of it need speak to
    the visitor.
    """
    words = _Words.of(language)
    read = [_Spoken.of(text, words) for text in texts]
    counted = [each for each in read if each.addressed or each.length > _FRAGMENT]
    total = sum(each.length for each in counted)
    if language != "en" or not 0 < total <= _SPOKEN or any(each.tells for each in read):
        return None
    spoken = sum(each.length for each in counted if each.addressed)
    least = _ADDRESSED_BUTTONS if _has_controls(root) else _ADDRESSED
    things = sum(each.length for each in counted if each.visit)
    return "visit" if spoken >= least * total and things >= _THINGS * total else None


_SPOKEN, _FRAGMENT = 120, 5
"""Words of the longest page that only speaks, and of a label or an answer, which does not count."""
_ADDRESSED, _ADDRESSED_BUTTONS = 0.6, 0.4
"""Least share of its words in sentences that speak to the visitor."""
_THINGS = 0.3
"""Least share in sentences that name a thing of a visit: guides name them too, but seldom."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A sentence: its words, whether it addresses the visitor, names a thing of a visit, tells."""

    length: int
    addressed: bool
    visit: bool
    tells: bool

    @staticmethod
    def of(sentence: str, words: "_Words") -> "_Spoken":
        """Read a sentence: "we" speaks to the visitor where it is about the visit."""
        text = _plain(sentence)
        visit = bool(words.site.search(text)) or bool(words.read(sentence)[1])
        addressed = bool(_YOU.search(text)) or (visit and bool(_WE.search(text)))
        return _Spoken(len(text.split()), addressed or words.orders(text), visit, _tells(text))


_YOU = re.compile(r"\b(?:you(?:rs?|'re|'ve|'ll|'d)?|yourself|please)\b")
_WE = re.compile(r"\b(?:we(?:'re|'ve|'ll)?|us|our)\b")


def _tells(text: str) -> bool:
    """Whether a sentence has a verb in the past, or a perfect, that is not the visitor's own."""
    keys = [token.key for token in tokens(text)]
    return not _VISITED.search(text) and any(
        (key in _past() or (key.endswith("ed") and len(key) > _PAST_LETTERS))
        and keys[at - 1 if at else 0] not in _PRESENT
        for at, key in enumerate(keys)
    )


_VISITED = re.compile(r"\byou(?:'ve| have|'d)\b|\bhave you\b")


@cache
def _past() -> frozenset[str]:
    """Irregular forms of the past that are no present, with those of "be" and "have"."""
    forms = {form for form, base in irregular().items() if form != base}
    ongoing = {form for form in forms if form.endswith(("ing", "s"))}
    return frozenset(forms - ongoing) | {"was", "were", "had", "did", "has", "have"}


_PAST_LETTERS = 4
_PRESENT = frozenset("is are be being am 's 're get gets not".split())
"""Words that a participle after them is of the present with: "is closed", "being improved"."""


def _has_controls(root: Any) -> bool:
    """Whether the page has a button or a field beside its text, outside of what is around it."""
    return any(
        not any(_is_around(each) for each in control.iterancestors())
        for control in root.iter("button", "input", "select")
    )


def _foreign_kind(
    root: Any, article: Article, texts: Sequence[str], titles: Sequence[str]
) -> str | None:
    """The kind of wall in a language without a table.

    Nothing of such a page can be read but a few words that are the same everywhere ("JavaScript"),
    whether it has a button or field beside its text, and whether that tells what the title says.
    What the page declares to be an article is one.
    """
    data = _data()
    if article.language in data or sum(map(count_words, texts)) > _FOREIGN:
        return None
    if _declares_article(root) or next(root.iter("article"), None) is not None:
        return None
    cues: dict[str, re.Pattern[str]] = {
        kind: re.compile("|".join(each)) for kind, each in data["foreign"]["cues"].items()
    }
    cued = Counter[str]()
    for text in texts:
        for kind in (kind for kind, cue in cues.items() if cue.search(text.lower())):
            cued[kind] += len(text)
    titled = [kind for each in titles for kind, cue in cues.items() if cue.search(each.lower())]
    if cued and max(cued.values()) >= _CUED_FOREIGN * sum(map(len, texts)):
        return max(cued, key=lambda kind: cued[kind])
    asks = _has_controls(root)
    if titled and asks:
        return titled[0]
    stems = {word[:_STEM] for word in _bag(" ".join(texts))}
    title = {word[:_STEM] for word in _bag(article.title or "") if len(word) >= _TITLE_LETTERS}
    return "visit" if asks and len(title) >= _TITLE_LEAST and not title & stems else None


def _is_around(element: Any) -> bool:
    """Whether an element is what stands around the content of a page."""
    return element.tag in {"nav", "header", "footer", "aside"}


_FOREIGN, _CUED_FOREIGN = 120, 0.4
"""Words of the longest wall in a language without a table; the least share of its sentences, by
their length, with a cue."""
_STEM, _TITLE_LETTERS, _TITLE_LEAST = 5, 4, 3
"""A title of three words of four letters says something; words with one beginning are forms of one
word."""


def _texts_of(root: Any, article: Article) -> list[str]:
    """The sentences of the body.

    Where the extraction found nothing better than the page as a whole, menus and all, the texts of
    the blocks outside of menus.
    """
    texts = [each.text for each in article.sentences if each.part == "body"]
    menus = [_shingles(" ".join(each.itertext())) for each in root.iter("nav", "footer")]
    body = _shingles(article.body)
    around = set[tuple[str, str]]().union(*menus)
    if len(body & around) > _MENUS * len(body) or any(menu and menu <= body for menu in menus):
        return list(_lines(root)) or texts
    return texts


_MENUS = 0.2
"""Share of menus in the body from which on it is the page as a whole."""


def _lines(root: Any) -> Iterator[str]:
    """The texts of blocks outside of menus, forms and headings."""
    from lxml.etree import iterwalk

    inline: list[str] = []
    skipped = 0
    for event, element in iterwalk(root, events=("start", "end")):
        if element.tag in _NO_TEXT:
            skipped += 1 if event == "start" else -1
        if element.tag in _BLOCKS or element.tag == "br":
            if line := " ".join("".join(inline).split()):
                yield line
            inline = []
        text = element.text if event == "start" else element.tail
        if text and not skipped:
            inline.append(text)


_NO_TEXT = frozenset("title nav header footer aside form button noscript h1".split())


def invites(sentence: str, language: str) -> bool:
    """Whether a short sentence that quotes nobody asks its reader to subscribe or to log in."""
    kinds = _Words.of(language).read(sentence)[1]
    asks = not _INVITING.isdisjoint(kinds) and count_words(sentence) <= _INVITATION
    return asks and _MARKED.search(sentence) is None


_INVITING = frozenset({"paywall", "offer"})
_INVITATION = 25
"""Words of the longest invitation in one sentence."""
_MARKED = re.compile(r"[\"“”„«»]")
PARTIAL = "The page shows only the beginning of the article; the rest is for subscribers."
"""The warning of an article that a paywall cuts off."""
_CUT = re.compile(r"(?:\[\s*(?:…|\.{2,}|&hellip;)\s*\]|…|\.{3,})[\s\"'”’»)>→]*$")
_END = 400
"""Characters at the end of a text that are searched for an invitation to subscribe."""


def is_cut_off(text: str) -> bool:
    """Whether ``text`` is truncated, or ends with an invitation to subscribe."""
    end = _plain(text[-_END:])
    return bool(_CUT.search(text[-20:]) or _Words.of(None).paywall.search(end))


_LEAST = 15
"""Words of the shortest beginning of an article."""


def without_invitation(text: str) -> str:
    """``text`` without the paragraphs at its end that ask for a subscription to read on."""
    words = _Words.of(None)
    lines = text.rstrip().splitlines(keepends=True)
    kept = len(lines)
    for number in range(len(lines) - 1, 0, -1):
        about, kinds = words.read(lines[number])
        if lines[number].strip() and not about:
            break
        if "paywall" in kinds:
            kept = number
    rest = "".join(lines[:kept]).rstrip()
    return rest if _TERMINAL.search(rest) and count_words(rest) >= _LEAST else text


@cache
def _data() -> dict[str, Any]:
    text: str = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a language's walls, as patterns; a cue has its kind."""

    visitor: "re.Pattern[str]"
    order: "re.Pattern[str]"
    site: "re.Pattern[str]"
    cues: "tuple[tuple[str, re.Pattern[str]], ...]"

    @staticmethod
    @cache
    def of(language: str | None) -> "_Words":
        """The words of ``language`` and of English, which many servers speak; None: of all."""
        data = _data()
        tables = [
            data[name]
            for name in data
            if name != "foreign" and (name in {"en", language} or language is None)
        ]
        orders = [order for table in tables for order in table["orders"]]
        addresses = [word for table in tables for word in (*table["visitor"], *table["here"])]
        kinds = tables[0]["cues"]
        return _Words(
            re.compile(rf"\b(?:{'|'.join(addresses)})\b|^(?:{'|'.join(orders)})\b"),
            re.compile(rf"(?:{'|'.join(orders)})\b"),
            re.compile(rf"\b(?:{'|'.join(site for table in tables for site in table['site'])})\b"),
            tuple(
                (
                    kind,
                    re.compile(
                        "|".join(cue for table in tables for cue in table["cues"].get(kind, ()))
                    ),
                )
                for kind in kinds
            ),
        )

    def orders(self, text: str) -> bool:
        """Whether a sentence, in lower case, begins with an order."""
        return self.order.match(text) is not None

    @property
    def paywall(self) -> "re.Pattern[str]":
        """What asks for a subscription to read on."""
        return dict(self.cues)["paywall"]

    def read(self, sentence: str) -> tuple[bool, list[str]]:
        """Whether a sentence is about the visit, and the kinds of its cues."""
        text = _plain(sentence)
        addressed = bool(self.visitor.search(text))
        if not addressed and len(text.split()) > _STATUS_WORDS:
            return False, []
        kinds = [kind for kind, cue in self.cues if cue.search(text)]
        return bool(kinds) or (addressed and bool(self.site.search(text))), kinds


def _plain(text: str) -> str:
    return _QUOTED.sub(" ", text.lower().replace("’", "'")).strip()


_QUOTED = re.compile(r"[\"“”„«»][^\"“”„«»]{0,300}[\"“”„«»]")


def _texts(root: Any, names: Sequence[str]) -> list[str]:
    """The texts of the first element of each name."""
    found = (next(root.iter(name), None) for name in names)
    return [" ".join(each.text_content().split()) for each in found if each is not None]


_TERMINAL = re.compile(r"(?:[.!?…][\"“'”’»)\]]*(?=\s|$)|[。！？।؟။])")
_FULL = 5
"""Words of the shortest full sentence."""
_FEW = 25
"""Words of a text that is too short to be verse or a table."""


def _shell_kind(root: Any, article: Article, texts: Sequence[str]) -> str | None:
    """Whether the text is that of a shell: of ``noscript``, or without a full sentence."""
    words = _bag(article.body)
    unscripted = {word for each in root.iter("noscript") for word in _bag(each.text_content())}
    if words and len(words) < 60 and len(words & unscripted) > 0.6 * len(words):
        return "script"
    few = sum(map(count_words, texts)) < _FEW
    full = any(_TERMINAL.search(text) and count_words(text) >= _FULL for text in texts)
    return "empty" if few and not full else None


def _bag(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


MIN_TEASERS = 4
_TEASER_WORDS = 80
_TITLE_LINK = 12
"""Least characters of a link that is a title."""
_SLACK = 24
"""Characters beside the link in a block that is one, such as a label or a time."""
_COVERED = 0.7
_COVERED_DECLARED = 0.9
"""Share of the text in teasers from which on a page is a list; more if it declares an article."""
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup li main nav ol p pre section table tbody td tfoot "
    "th thead tr ul".split()
)


_Shingles = set[tuple[str, str]]


def _shown_teasers(root: Any, article: Article) -> list[_Shingles]:
    """What of the body are teasers: short texts, each with a title that links to a page.

    None where they are few, or one of them is most of the body: an article whose own title is a
    link is no list, whatever stands beside it.
    """
    body = _pairs(article.body)
    known = set(body)
    teasers = (_pairs(text) for text in _teasers(root, _sites(root, article.url)))
    # Teasers that say nearly the same are counted each: no one of them is most of the body.
    shown = [shared for teaser in teasers if (shared := [pair for pair in teaser if pair in known])]
    several = len(shown) >= MIN_TEASERS and max(map(len, shown)) < len(body) / 2
    return list(map(set, shown)) if several else []


def _is_index(root: Any, article: Article, teasers: Sequence[_Shingles]) -> bool:
    """Whether most of the body is teasers."""
    body = _shingles(article.body)
    least = (_COVERED_DECLARED if _declares_article(root) else _COVERED) * len(body)
    return bool(teasers) and len(set().union(*teasers)) >= least


def _within(text: str, teasers: Sequence[_Shingles]) -> bool:
    """Whether a sentence is in a teaser."""
    words = _shingles(text)
    return bool(words) and any(len(words & teaser) >= 0.8 * len(words) for teaser in teasers)


def _shingles(text: str) -> _Shingles:
    """The different pairs of neighbouring words."""
    return set(_pairs(text))


def _pairs(text: str) -> list[tuple[str, str]]:
    return list(pairwise(re.findall(r"\w+", text.casefold())))


def _declares_article(root: Any) -> bool:
    """Whether the page says to other programs that it is an article (Open Graph)."""
    return any(
        meta.get("property") == "og:type" and meta.get("content", "").strip().lower() == "article"
        for meta in root.iter("meta")
    )


def _sites(root: Any, url: str | None) -> set[str]:
    """The hosts of the page, by its address and by what it declares; empty for a relative link."""
    canonical = (each.get("href") for each in root.iter("link") if each.get("rel") == "canonical")
    return {"", _host(url or ""), _host(next(canonical, None) or "")}


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _teasers(root: Any, sites: set[str]) -> Iterator[str]:
    """The texts of the teasers that link to pages of ``sites``."""
    titles = list(_title_links(root, sites))
    holders = Counter(each for block in titles for each in (block, *block.iterancestors()))
    for block in titles:
        holder = block
        while (parent := holder.getparent()) is not None and holders[parent] == 1:
            holder = parent
        words = " ".join(holder.itertext()).split()
        if len(words) <= _TEASER_WORDS:
            yield " ".join(words)


def _title_links(root: Any, sites: set[str]) -> Iterator[Any]:
    """The first block that is a link to another page of the sites, for each such page."""
    seen: set[str] = set()
    for link in root.iter("a"):
        href = (link.get("href") or "").strip()
        if not href or href in seen or href.startswith(("#", "javascript:", "mailto:")):
            continue
        if _host(href) in sites and (block := _title_block(link)) is not None:
            seen.add(href)
            yield block


def _title_block(link: Any) -> Any | None:
    """The block that is nothing but the link; the link itself if it has blocks in it."""
    text = " ".join(link.text_content().split())
    if len(text) < _TITLE_LINK:
        return None
    if any(each.tag in _BLOCKS for each in link.iterdescendants()):
        return link
    block = next((each for each in link.iterancestors() if each.tag in _BLOCKS), None)
    if block is None or len(" ".join(block.text_content().split())) > len(text) + _SLACK:
        return None
    return block
