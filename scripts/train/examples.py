"""Collect what a writer learns from: (section, manner, source, line) of every corpus.

    python -m scripts.train.examples --data DATA --records build/train/train/records.jsonl \
        --parser briefing/language/data/en/parser --out build/train/train/examples.jsonl

A line is kept only where its source holds most of its words and all of its names and numbers
(Nan et al. 2021, "Entity-level factual consistency of abstractive text summarization"); titles are
cleaned of labels and site names, and Title Case is undone.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.train.corpus import Record, plain, read_lines, read_records, split_sentences
from scripts.train.files import data_folder, file_of, folder_with, write_rows
from scripts.train.pairs import (
    best_sources,
    clean_title,
    content,
    corpus_casing,
    in_order,
    marked,
    stem,
    truecase,
    words,
)

HEADLINE, POINT, CONTEXT = "headline", "key point", "context"
CUT, REWORD = "cut", "reword"
_READ = tuple(
    f"{name}.jsonl.xz"
    for name in ("headlines_rss", "leads_guardian", "fusions", "simplifications", "compressions")
)
_UNUSED = ("ner", "senter", "lemmatizer", "attribute_ruler")
"""Parts of a spaCy model that the parse of a title does not need; the one that ships lacks some."""
_spacy_model = folder_with("config.cfg", remedy="briefing/language/data/en/parser is one")
_LEAD = 480
"""Characters of an article's beginning that a headline is written from."""
_CAPS = {"moxie.foxnews.com": 9000, "www.dailymail.co.uk": 6000, "reuters21578": 2500}
"""Most pairs of one source, so that no house style wins."""
_SUPPORT = {HEADLINE: 0.6, POINT: 0.65, CONTEXT: 0.65}
"""Least share of a line's content words that its source holds."""
_CUT_ORDER = 0.99
_TALK = re.compile(r"\b(?:i|i'm|i've|my|me|you|your|you're|we|our|us|here's|here are)\b", re.I)
_SPEAKER = re.compile(r"^[A-Z][A-Z .'-]{4,}: ")
_OPINION = re.compile(r"\|| - live\b|^live\b|\blive updates?\b|\bas it happened\b", re.IGNORECASE)


@dataclass(frozen=True)
class Example:
    """One line and what it was written from."""

    section: str
    manner: str
    source: str
    line: str
    origin: str


def supported(source: str, line: str, least: float) -> bool:
    """Whether ``source`` holds all names and numbers of ``line`` and most of its words."""
    want = content(line)
    held = {stem(word) for word in words(source)}
    return bool(want) and not marked(line) - held and len(want & held) >= least * len(want)


def manner(source: str, line: str) -> str:
    """``cut`` where the line only leaves words out, else ``reword``."""
    return CUT if in_order(line, [source]) >= _CUT_ORDER else REWORD


def example(section: str, source: str, line: str, origin: str) -> Example | None:
    """The example, or None where the source does not carry the line."""
    line = plain(line)
    source = plain(source)
    if not supported(source, line, _SUPPORT[section]) or len(source) < len(line) + 10:
        return None
    return Example(section, manner(source, line), source, line, origin)


def lead(sentences: Iterable[str]) -> str:
    """The first sentences, at most ``_LEAD`` characters, at least one."""
    chosen: list[str] = []
    size = 0
    for sentence in sentences:
        if chosen and size + len(sentence) > _LEAD:
            break
        chosen.append(sentence)
        size += len(sentence) + 1
    return " ".join(chosen)


def sound_title(title: str, text: str, casing: dict[str, str]) -> str | None:
    """The title as a plain, sentence-case statement, or None where it is none."""
    if _OPINION.search(title) or _SPEAKER.match(title) or "?" in title:
        return None
    title = plain(title)
    unquoted = re.sub(r"(?<!\w)['\"].+?['\"](?!\w)", "", title)
    if _TALK.search(unquoted):
        return None
    cleaned = clean_title(title)
    if cleaned is None:
        return None
    body: Counter[str] = Counter(words(text))
    return truecase(cleaned, body, casing)


def planned(sentences: list[str], line: str, most: int, rng: random.Random) -> str | None:
    """The sentences that hold the line, as a planner would give them, at times with one more."""
    usable = [s for s in sentences if 5 <= len(s.split()) <= 60]
    chosen, _ = best_sources(usable, line, most)
    if not chosen:
        return None
    if rng.random() < 0.5 and 0 not in chosen and len(chosen) < most:
        chosen = [0, *chosen]
    elif rng.random() < 0.3 and len(chosen) < most:
        beside = chosen[-1] + 1
        chosen = [*chosen, beside] if beside < len(usable) else chosen
    return " ".join(usable[i] for i in sorted(set(chosen)))


def of_articles(
    records: list[Record], casing: dict[str, str], rng: random.Random
) -> Iterator[Example]:
    """Titles, and editors' key points, of whole articles."""
    for record in records:
        paper = record.source.startswith("scitldr")
        if not paper and record.title:
            opening = lead(record.sentences)
            title = sound_title(record.title, " ".join(record.sentences[:12]), casing)
            if title:
                source = opening
                if rng.random() < 0.5:
                    source = planned(record.sentences[:10], title, 3, rng) or opening
                if found := example(HEADLINE, source, title, record.source):
                    yield found
        for line in record.highlights:
            if not 6 <= len(words(line)) <= 34 or line.endswith("?") or (paper and len(line) < 40):
                continue
            if not line.endswith((".", '"', "!")):
                line += "."
            source = planned(record.sentences, line, 3, rng)
            if source and (found := example(POINT, source, line, record.source)):
                yield found


def of_feeds(data: Path, split: str, casing: dict[str, str]) -> Iterator[Example]:
    """Titles of feeds and of the Guardian's leads; standfirsts where the lead holds them."""
    for row in read_lines(data / "headlines_rss.jsonl.xz"):
        if row["split"] == split and (title := sound_title(row["title"], row["text"], casing)):
            if found := example(HEADLINE, lead(split_sentences(row["text"])), title, row["feed"]):
                yield found
    for row in read_lines(data / "leads_guardian.jsonl.xz"):
        if row["split"] != split or row["opinion"]:
            continue
        text = lead(split_sentences(row["text"]))
        if title := sound_title(row["title"], row["text"], casing):
            if found := example(HEADLINE, text, title, "guardian"):
                yield found
        for line in row["standfirst"]:
            line = plain(line)
            if 8 <= len(words(line)) <= 30 and not line.endswith(("?", ":")):
                line = line if line.endswith((".", '"', "!")) else line + "."
                if found := example(POINT, text, line, "guardian/standfirst"):
                    yield found


def of_sentences(data: Path, rng: random.Random) -> Iterator[Example]:
    """Fusions, simplifications and hand-made compressions of single sentences."""
    for row in read_lines(data / "fusions.jsonl.xz"):
        if 6 <= len(words(row["summary"])) <= 34:
            if found := example(POINT, row["text"], row["summary"], "fusions"):
                yield found
    for row in read_lines(data / "simplifications.jsonl.xz"):
        line = " ".join(row["simple"])
        if re.search(r"[\x00-\x1f]", row["text"] + line) or not 6 <= len(words(line)) <= 40:
            continue
        if plain(line) != plain(row["text"]):
            if found := example(CONTEXT, row["text"], line, row["source"]):
                yield found
    for row in read_lines(data / "compressions.jsonl.xz"):
        if row["source"] not in ("comp_bnc", "comp_broadcast", "comp_newsroom"):
            continue
        line = rng.choice(row["compressions"])
        if 6 <= len(words(line)) <= 40 and plain(line) != plain(row["text"]):
            section = rng.choice((POINT, CONTEXT))
            if found := example(section, row["text"], line, row["source"]):
                yield found


def tells(tokens: Any) -> bool:
    """Whether a parsed title says that something happens: a clause with a subject."""
    return any(
        token.dep_ in ("nsubj", "nsubjpass", "csubj", "expl")
        and token.head.tag_[0] in "VM"
        and token.head.dep_ in ("ROOT", "ccomp", "conj", "parataxis")
        for token in tokens
    )


def clauses_only(examples: list[Example], parser: Path) -> Iterator[Example]:
    """Without headlines that only name a topic ("The fight over the budget, explained")."""
    import spacy

    pipe = spacy.load(parser, exclude=list(_UNUSED))
    parsed = pipe.pipe((row.line for row in examples), batch_size=256)
    for row, tokens in zip(examples, parsed, strict=True):
        if row.section != HEADLINE or tells(tokens):
            yield row


def capped(examples: Iterable[Example], rng: random.Random) -> list[Example]:
    """Without repetitions, shuffled, at most as many of one source as ``_CAPS`` allows."""
    unique = {(e.section, e.source, e.line): e for e in examples}
    rows = sorted(unique.values(), key=lambda e: (e.source, e.line))
    rng.shuffle(rows)
    seen: Counter[str] = Counter()
    kept = []
    for row in rows:
        seen[row.origin] += 1
        if seen[row.origin] <= _CAPS.get(row.origin, 20_000):
            kept.append(row)
    return kept


def main() -> None:
    """Write the examples of one split as JSON Lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=data_folder(*_READ), required=True)
    parser.add_argument("--records", type=file_of("scripts.train.prepare"), required=True)
    parser.add_argument(
        "--parser", type=_spacy_model, required=True, help="folder of a spaCy model"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", default="train", choices=["train", "dev"])
    options = parser.parse_args()
    rng = random.Random(7)
    records = list(read_records(options.records))
    casing = corpus_casing(records)
    found: list[Example] = [
        *of_articles(records, casing, rng),
        *of_feeds(options.data, options.split, casing),
    ]
    if options.split == "train":
        found += of_sentences(options.data, rng)
    kept = capped(clauses_only(found, options.parser), rng)
    nothing = f"no line of {options.data} stands in its source"
    count = write_rows(options.out, map(asdict, kept), nothing)
    print(count, Counter((row.section, row.manner) for row in kept))
    print(Counter(row.origin.split("/")[0] for row in kept).most_common(30))


if __name__ == "__main__":
    main()
