"""Measure how well articles are grouped into stories, and what it costs as the store grows.

python scripts/evaluate_grouping.py --data DATA [--growth 1000 10000 100000]

``DATA/roundups.jsonl.xz`` holds articles of several outlets; those that share a ``roundup`` text
tell one event. Constants were chosen on the rows of the train split; the table shows both parts.
The measure is B-cubed (Bagga and Baldwin 1998); the baseline in the same run links an article to
every one whose TF-IDF cosine reaches a threshold (single link), with and without the grouper's
horizon, at the threshold that is best for it on the train rows. Rows without a date get that of the
event's other rows, as an aggregator that sees them the same day would date them; those of events
without any date are left out. "One day" dates all rows alike: the years that the collection covers
no longer help.
"""

import argparse
import json
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from briefing.digest import Item, StoredArticle
from briefing.digest.grouping import HORIZON, Grouper, Known, in_order, signature
from scripts.train.corpus import read_lines

ONE_DAY = datetime(2020, 1, 1, tzinfo=UTC)
THRESHOLDS = tuple(round(0.1 + 0.02 * step, 2) for step in range(31))
ADDED = 500
Groups = dict[int, int]


@dataclass(frozen=True)
class Labelled:
    """Articles, the event of each by id, and the ids of the train rows."""

    articles: tuple[StoredArticle, ...]
    events: Groups
    train: frozenset[int]

    def part(self, *, train: bool) -> list[StoredArticle]:
        """The rows that constants were chosen on, or the rest."""
        return [a for a in self.articles if (a.id in self.train) is train]


def labelled(data: Path) -> Labelled:
    """The rows of ``roundups`` as articles with their events."""
    rows = list(read_lines(data / "roundups.jsonl.xz"))
    events: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        events[row["roundup"]].append(number)
    articles: list[StoredArticle] = []
    of: Groups = {}
    for event, numbers in enumerate(events.values()):
        times = {n: _time(rows[n]["date"]) for n in numbers}
        first = min((t for t in times.values() if t), default=None)
        for number in numbers if first else ():
            articles.append(_article(number, rows[number], times[number] or first or ONE_DAY))
            of[number] = event
    train = frozenset(n for n in of if rows[n]["split"] == "train")
    return Labelled(tuple(articles), of, train)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _article(number: int, row: Mapping[str, Any], when: datetime) -> StoredArticle:
    item = Item(str(number), None, row["title"], row["subtitle"], row["text"], when)
    return StoredArticle(number, row["source"], row["source"], item, when, when, f"{number:07d}")


def grouped(articles: Iterable[StoredArticle], signed: Mapping[int, bytes]) -> Groups:
    """The story of each article, by the product's grouper."""
    grouper = Grouper()
    found: Groups = {}
    for article in in_order(articles):
        placement = grouper.add(article, signed[article.id])
        if placement.story is None:
            grouper.place(article.id, article.id)
        found[article.id] = article.id if placement.story is None else placement.story
    return found


class SingleLink:
    """The baseline: TF-IDF cosines of whole articles, connected from a threshold on."""

    def __init__(self, articles: Sequence[StoredArticle], *, horizon: bool) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._ids = [a.id for a in articles]
        texts = [f"{a.item.title or ''}\n{a.item.body}" for a in articles]
        vectors = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(texts)
        self._cosines = (vectors @ vectors.T).toarray().astype(np.float32)
        if horizon:
            days = np.array([a.time.timestamp() for a in articles]) / 86_400
            apart = np.abs(days[:, None] - days) > HORIZON / timedelta(days=1)
            self._cosines[apart] = 0

    def groups(self, threshold: float) -> Groups:
        """The connected components from ``threshold`` on."""
        from scipy.sparse.csgraph import connected_components

        _, labels = connected_components(self._cosines >= threshold, directed=False)
        return dict(zip(self._ids, labels.tolist(), strict=True))


def b_cubed(found: Groups, truth: Groups) -> tuple[float, float, float]:
    """Precision, recall and F1 in percent, the mean over articles."""
    stories, events = _members(found), _members({a: truth[a] for a in found})
    precision = recall = 0.0
    for article, story in found.items():
        same = len(stories[story] & events[truth[article]])
        precision += same / len(stories[story])
        recall += same / len(events[truth[article]])
    p, r = 100 * precision / len(found), 100 * recall / len(found)
    return p, r, 2 * p * r / (p + r)


def _members(groups: Groups) -> dict[int, set[int]]:
    members: dict[int, set[int]] = defaultdict(set)
    for article, group in groups.items():
        members[group].add(article)
    return members


def measure(data: Path) -> dict[str, dict[str, tuple[float, float, float]]]:
    """The table: row of method and dates, then part, then precision, recall and F1."""
    known = labelled(data)
    signed = {a.id: signature(a.item) for a in known.articles}
    table: dict[str, dict[str, tuple[float, float, float]]] = {}
    for dates in ("dated", "one day"):
        parts = {
            name: [a if dates == "dated" else replace(a, time=ONE_DAY) for a in part]
            for name, part in (("train", known.part(train=True)), ("rest", known.part(train=False)))
        }
        table[f"stories, {dates}"] = {
            name: b_cubed(grouped(part, signed), known.events) for name, part in parts.items()
        }
        for horizon in (False, True) if dates == "dated" else (False,):
            links = {name: SingleLink(part, horizon=horizon) for name, part in parts.items()}
            best = max(THRESHOLDS, key=lambda t: b_cubed(links["train"].groups(t), known.events)[2])
            label = f"TF-IDF single link >= {best}, " + ("horizon" if horizon else dates)
            table[label] = {
                name: b_cubed(link.groups(best), known.events) for name, link in links.items()
            }
    return table


def growth(data: Path, sizes: Sequence[int]) -> Iterator[dict[str, float]]:
    """Seconds to load so many known articles, and milliseconds for each one added after them.

    All of them are within the horizon, which is the worst case. Their texts are those of
    ``articles`` and ``roundups``; where these are fewer, two halves of different ones are joined.
    """
    texts = list(_texts(data, max(sizes) + ADDED))
    signed = [signature(item) for item in texts]
    for size in sizes:
        known = [
            Known(n, n, ONE_DAY + HORIZON * (n / size) / 2, "p", signed[n]) for n in range(size)
        ]
        start = time.perf_counter()
        grouper = Grouper(known)
        loaded = time.perf_counter() - start
        start = time.perf_counter()
        for n in range(len(signed) - ADDED, len(signed)):
            when = ONE_DAY + HORIZON / 2
            article = StoredArticle(10**9 + n, "p", "p", texts[n], when, when, str(n))
            if grouper.add(article, signed[n]).story is None:
                grouper.place(article.id, article.id)
        spent = (time.perf_counter() - start) / ADDED * 1000
        yield {"known": size, "load_s": round(loaded, 2), "add_ms": round(spent, 3)}


def _texts(data: Path, count: int) -> Iterator[Item]:
    """So many articles, joined from halves where the data has fewer."""
    found: list[Item] = []
    for path in sorted((data / "articles").glob("articles-*.jsonl.xz")):
        for row in read_lines(path):
            if len(found) == count:
                break
            found.append(Item(str(len(found)), None, row["title"], None, row["text"][:5000]))
    draw = random.Random(0)
    yield from found
    for number in range(len(found), count):
        one, other = draw.sample(found, 2)
        body = one.body[: len(one.body) // 2] + "\n" + other.body[len(other.body) // 2 :]
        yield Item(str(number), None, one.title, None, body)


def main() -> None:
    """Print the table and the curve, or write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--growth", type=int, nargs="*", default=[], metavar="ARTICLES")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    table = measure(given.data)
    print(f"{'':44}{'train: P':>9}{'R':>7}{'F1':>7}{'rest: P':>10}{'R':>7}{'F1':>7}")
    for name, parts in table.items():
        (a, b, c), (d, e, f) = parts["train"], parts["rest"]
        print(f"{name:44}{a:9.1f}{b:7.1f}{c:7.1f}{d:10.1f}{e:7.1f}{f:7.1f}", flush=True)
    curve = []
    for row in growth(given.data, given.growth) if given.growth else ():
        curve.append(row)
        print(f"{row['known']:9,} known: {row['load_s']} s to load, {row['add_ms']} ms to add one")
    if given.out:
        given.out.write_text(json.dumps({"b_cubed": table, "growth": curve}, indent=1) + "\n")


if __name__ == "__main__":
    main()
