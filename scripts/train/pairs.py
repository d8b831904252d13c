"""Compare lines with the sentences they were made from, and clean titles, for the training data."""

import re
from collections import Counter

from scripts.train.corpus import Record

WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['.-][A-Za-zÀ-ÿ]+)*\.?|\d+(?:[.,:]\d+)*")
STOP = frozenset(
    "a an the and or but nor for of in on at to from by with as is are was were be been being "
    "has have had do does did will would can could may might shall should must it its he she "
    "they them his her their this that these those who whom which what when where why how not "
    "no than then so if into over after before about up out off down said says say i you we us "
    "our your my me".split()
)
_LABEL = re.compile(
    r"^(?:live|opinion|watch|video|exclusive|breaking|analysis|editorial|commentary|report|photos?|"
    r"update[d]?|poll|fact check|the note|transcript|review|column|podcast|letter)\b\s*[:|-]\s*",
    re.IGNORECASE,
)
_SITE = re.compile(r"\s+[|–—-]\s+[A-Z][\w.&' ]{2,30}$")
_LENGTHS = (5, 8, 11, 14, 18, 23, 29)


def length_token(words: int) -> str:
    """The control token for a line of ``words`` words."""
    return f"<l{sum(words > limit for limit in _LENGTHS)}>"


def words(text: str) -> list[str]:
    """Words and numbers of ``text``, as written."""
    return WORD.findall(text)


def stem(word: str) -> str:
    """A crude stem, enough to match inflections of one word."""
    word = word.lower().rstrip(".")
    word = word.removesuffix("'s")
    for suffix in ("ing", "ed", "es", "s"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)].rstrip("e")
    return word.rstrip("e") if len(word) > 3 else word


def content(text: str) -> set[str]:
    """Stems of the content words of ``text``."""
    return {stem(w) for w in words(text) if w.lower() not in STOP}


def marked(text: str) -> set[str]:
    """Stems of the words that need support: with a digit, or capitalised inside the sentence."""
    found = words(text)
    return {
        stem(w)
        for i, w in enumerate(found)
        if w[0].isdigit() or (w[0].isupper() and (i > 0 or w.isupper()) and w.lower() not in STOP)
    }


def truecase(title: str, body: Counter[str], corpus: dict[str, str]) -> str:
    """Undo Title Case: each word as the article's sentences, else the corpus, write it inside."""
    found = [w for w in words(title) if len(w) > 3]
    if not found or sum(w[0].isupper() for w in found) < 0.75 * len(found):
        return title

    def natural(match: re.Match[str]) -> str:
        word = match.group()
        if match.start() == 0 or word[0].isdigit() or (word.isupper() and not title.isupper()):
            return word
        lower = word.lower()
        if body[lower] > body[word] or (not body[word] and corpus.get(lower) == lower):
            return lower
        return word if body[word] else corpus.get(lower, word)

    return WORD.sub(natural, title)


def clean_title(title: str) -> str | None:
    """The title without labels and site names; None where it is no plain statement."""
    title = _SITE.sub("", _LABEL.sub("", title)).strip(" .")
    count = len(words(title))
    if not 4 <= count <= 15 or title.endswith(("?", "!", ":")) or title.isupper():
        return None
    if re.match(r"^\d+ \w+", title) and re.search(r"\b(things|ways|reasons|facts)\b", title, re.I):
        return None
    return title


def best_sources(sentences: list[str], target: str, most: int = 2) -> tuple[list[int], float]:
    """Greedy choice of at most ``most`` sentences that hold the target's content words."""
    want = content(target)
    if not want:
        return [], 0.0
    have = [content(s) for s in sentences]
    chosen: list[int] = []
    covered: set[str] = set()
    for _ in range(most):
        scored = [(len(want & (h | covered)) - 0.01 * i, -i) for i, h in enumerate(have)]
        if not scored:
            break
        _, index = max(scored)
        index = -index
        added = (want & have[index]) - covered
        if len(added) < (1 if not chosen else 2):
            break
        chosen.append(index)
        covered |= added
    return sorted(chosen), len(covered) / len(want)


def in_order(target: str, sources: list[str]) -> float:
    """Share of the target's words that stand in the sources in the target's order."""
    wanted = [stem(word) for word in words(target)]
    held = [stem(word) for source in sources for word in words(source)]
    row = [0] * (len(held) + 1)
    for word in wanted:
        above = row
        row = [0] * (len(held) + 1)
        for at, other in enumerate(held, 1):
            row[at] = above[at - 1] + 1 if word == other else max(above[at], row[at - 1])
    return row[-1] / max(1, len(wanted))


def corpus_casing(records: list[Record]) -> dict[str, str]:
    """For each word its commonest writing inside sentences (first words left out)."""
    counts: Counter[str] = Counter()
    for record in records:
        for sentence in record.sentences:
            counts.update(words(sentence)[1:])
    best: dict[str, str] = {}
    for word, _ in counts.most_common():
        best.setdefault(word.lower(), word)
    return best
