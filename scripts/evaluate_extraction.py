"""Compare the extraction of articles from web pages with trafilatura's, on three public test sets.

Each set is a checkout of its repository: zyte's article-extraction-benchmark, trafilatura (its own
evaluation), and mozilla's readability (its test pages). Both systems read the same bytes. Shingles
of four words are compared as the first set does it; trafilatura's set counts phrases that must and
must not be in the text. A page that Briefing refuses counts as an empty text; pages with fewer
words than any article that it takes are left out.
"""

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from lxml import html as lxml_html

from briefing.errors import InputError
from briefing.reading import article_from_html
from briefing.reading.html import extracted_text
from briefing.reading.text import MIN_WORDS, count_words

_WORD = re.compile(r"\w+")
_SHINGLE = 4


@dataclass(frozen=True, slots=True)
class TestPage:
    """A page, with its whole text, or with phrases that its text has and has not."""

    name: str
    html: bytes
    text: str | None = None
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def is_article(self) -> bool:
        """Whether it has the words of an article at all."""
        return self.text is None or count_words(self.text) >= MIN_WORDS


def scrapinghub_pages(root: Path) -> Iterator[TestPage]:
    """Yield the pages of article-extraction-benchmark."""
    truth = json.loads((root / "ground-truth.json").read_text("utf-8"))
    for name, entry in sorted(truth.items()):
        data = gzip.decompress((root / "html" / f"{name}.html.gz").read_bytes())
        yield TestPage(name, data, text=entry.get("articleBody", ""))


def trafilatura_pages(root: Path) -> Iterator[TestPage]:
    """Yield the pages of trafilatura's evaluation."""
    tests = root / "tests"
    [evaldata] = tests.rglob("evaldata.json")
    for url, entry in sorted(json.loads(evaldata.read_text("utf-8")).items()):
        paths = (tests / folder / entry["file"] for folder in ("cache", "eval"))
        if path := next((each for each in paths if each.is_file()), None):
            present, absent = tuple(entry["with"]), tuple(entry["without"])
            yield TestPage(url, path.read_bytes(), present=present, absent=absent)


def readability_pages(root: Path) -> Iterator[TestPage]:
    """Yield the test pages of readability; the expected text is that of the expected markup."""
    for folder in sorted((root / "test" / "test-pages").iterdir()):
        expected = lxml_html.fromstring((folder / "expected.html").read_text("utf-8"))
        text = " ".join(expected.itertext())
        yield TestPage(folder.name, (folder / "source.html").read_bytes(), text=text)


def briefing_text(data: bytes) -> str:
    """Return the text that Briefing extracts; "" if it refuses the page."""
    try:
        article_from_html(data)
        return extracted_text(data)
    except InputError:
        return ""


def trafilatura_text(data: bytes) -> str:
    """Return the text that trafilatura extracts with the settings of its own evaluation."""
    from trafilatura import extract

    try:
        return extract(data, include_comments=False, include_tables=True) or ""
    except Exception:  # a crash counts as an empty text
        return ""


SYSTEMS: dict[str, Callable[[bytes], str]] = {
    "briefing": briefing_text,
    "trafilatura": trafilatura_text,
}


def f1_of(pages: list[TestPage], texts: list[str]) -> float:
    """Return the F1 of phrases, or that of shingles, averaged over pages."""
    if pages[0].text is None:
        return _phrase_f1(pages, texts)
    parts = [
        _shingle_shares(page.text or "", text) for page, text in zip(pages, texts, strict=True)
    ]
    precision = mean(hit / (hit + extra) for hit, extra, _ in parts if hit + extra)
    recall = mean(hit / (hit + missed) for hit, _, missed in parts if hit + missed)
    return 2 * precision * recall / (precision + recall)


def _phrase_f1(pages: list[TestPage], texts: list[str]) -> float:
    hit = extra = missed = 0
    for page, text in zip(pages, texts, strict=True):
        found = [" ".join(phrase.split()) in " ".join(text.split()) for phrase in page.present]
        hit, missed = hit + sum(found), missed + found.count(False)
        extra += sum(" ".join(phrase.split()) in " ".join(text.split()) for phrase in page.absent)
    return 2 * hit / (2 * hit + extra + missed)


def _shingle_shares(expected: str, text: str) -> tuple[float, float, float]:
    """Return the shares of shingles found, added and missed."""
    wanted, given = _shingles(expected), _shingles(text)
    hit = sum((wanted & given).values())
    extra, missed = given.total() - hit, wanted.total() - hit
    total = hit + extra + missed or 1
    return hit / total, extra / total, missed / total


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return Counter(
        shingle
        for start in range(max(1, len(words) - _SHINGLE + 1))
        if (shingle := tuple(words[start : start + _SHINGLE]))
    )


def _read(job: tuple[str, bytes]) -> str:
    system, data = job
    return SYSTEMS[system](data)


SETS = {
    "scrapinghub": scrapinghub_pages,
    "trafilatura": trafilatura_pages,
    "readability": readability_pages,
}


def main() -> None:
    """Print the table, and with --worst the pages where Briefing loses most."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    for name in SETS:
        parser.add_argument(f"--{name}", type=Path, metavar="CHECKOUT")
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    print("| pages | " + " | ".join(SYSTEMS) + " | refused |\n|---|---|---|---|")
    with ProcessPoolExecutor(args.processes) as pool:
        for name, load in SETS.items():
            if root := getattr(args, name):
                pages = [page for page in load(root) if page.is_article]
                _compare(name, pages, pool, args.worst)


def _compare(name: str, pages: list[TestPage], pool: ProcessPoolExecutor, worst: int) -> None:
    texts = {
        system: list(pool.map(_read, ((system, page.html) for page in pages), chunksize=8))
        for system in SYSTEMS
    }
    scores = [f"{f1_of(pages, texts[system]):.4f}" for system in SYSTEMS]
    refused = sum(not text for text in texts["briefing"])
    print(f"| {name}, {len(pages)} pages | {' | '.join(scores)} | {refused} |", flush=True)
    ours, theirs = texts["briefing"], texts["trafilatura"]
    gains = sorted(
        (_page_f1(page, ours[i]) - _page_f1(page, theirs[i]), page.name, bool(ours[i]))
        for i, page in enumerate(pages)
    )
    for gain, page_name, read in gains[:worst]:
        print(f"    {gain:+.3f} {page_name}{'' if read else ' (refused)'}")


def _page_f1(page: TestPage, text: str) -> float:
    if page.text is None:
        return _phrase_f1([page], [text])
    hit, extra, missed = _shingle_shares(page.text, text)
    return 2 * hit / (2 * hit + extra + missed) if hit else 0.0


if __name__ == "__main__":
    main()
