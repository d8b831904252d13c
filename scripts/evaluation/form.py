"""What is wrong with the form of a line: garbled words, loops, fragments, pronouns, repetition."""

import re
from collections.abc import Callable, Sequence

from scripts.evaluation.names import Source
from scripts.evaluation.verbs import Verbs
from scripts.evaluation.words import GRAMMAR, content, key, keys, ngrams, plain, root, written

_ENDS = frozenset(
    "a an the and or but nor of for from with at by as into onto than because although while "
    "whether if that which who whose his her its their our my your is are was were be been has "
    "have had will would could may might should must to in on after before between against "
    "during under".split()
)
_MAY_END = frozenset("in on to after before under that is are was were has have had will".split())
_CONJUNCTIONS = frozenset("and but or nor so because although while whereas which who that".split())
_PRONOUNS = frozenset(
    "he she it they him her them his hers its their theirs this that these those".split()
)
_EXPLETIVE = re.compile(
    r"it (?:is|was|has been|had been|will be|would be|remains|became|seems|appears|emerged|took|"
    r"comes|came)\b.*\b(?:to|that|if|how|why|when|whether|as|for)\b"
    r"|(?:this|these|that) (?:year|month|week|weekend|morning|afternoon|evening|spring|summer|"
    r"autumn|fall|winter|season|time|days)\b|that said\b|those (?:of|who|with|in)\b",
    re.IGNORECASE,
)
_REPEATED = frozenset("had that very no so far new york bye ha".split())
_NEAR_JACCARD, _NEAR_HELD, _NEAR_LEAST = 0.6, 0.8, 4
_AT_ONCE = 4
_LOOP, _LOOP_CONTENT = 3, 2


def garbled(line: str, source: Source, ordinary: Callable[[str], bool]) -> list[str]:
    """The words of ``line`` that are neither in ``source`` nor ordinary."""
    found = []
    for word in written(line):
        low = key(word)
        short = word.isupper() and len(low) > 1 and low in source.initials
        known = low in source.keys or root(low) in source.roots or short or not low.isalpha()
        if not known and not ordinary(low) and not _beside_digits(word, source):
            found.append(word)
    return found


def _beside_digits(word: str, source: Source) -> bool:
    """Whether the source has the word with digits at it: "FY2007", "1.44MB"."""
    whole = re.compile(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])")
    return whole.search(source.text) is not None


def loops(line: str, sources: Sequence[str]) -> bool:
    """True for a word or phrase said twice at once, or a run of three words said twice.

    What one of the source sentences repeats itself ("that that", a refrain) is no loop.
    """
    found = _repetitions(keys(line))
    return bool(found) and not found <= set().union(*(_repetitions(keys(s)) for s in sources))


def _repetitions(words: Sequence[str]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for size in range(1, _AT_ONCE + 1):
        for at in range(len(words) - 2 * size + 1):
            run = tuple(words[at : at + size])
            again = run == tuple(words[at + size : at + 2 * size])
            if again and not set(run) <= _REPEATED and not all(w.isdigit() for w in run):
                found.add(run)
    runs = ngrams(words, _LOOP)
    found |= {run for run in runs if runs.count(run) > 1 and _heavy(run)}
    return found


def _heavy(run: Sequence[str]) -> bool:
    """True for a run that English does not repeat by itself, as it does "one of the"."""
    return sum(word not in GRAMMAR for word in run) >= _LOOP_CONTENT


def fragment(line: str, verbs: Verbs, headline: bool = False) -> str:
    """Why ``line`` is no full sentence, in a word; empty where it is one."""
    words = written(line)
    if not words:
        return "empty"
    text = plain(line).strip()
    last = words[-1].lower()
    if text.rstrip(".").endswith((",", ";", ":", "-", "—")):
        return "cut"
    bare = not text.endswith((".", "!", "?", '"', "'", ")"))
    if last in _ENDS and words[-1].islower() and (last not in _MAY_END or bare):
        return "cut"
    if unbalanced(text):
        return "unbalanced"
    if words[0].lower() in _CONJUNCTIONS and not _opens_clause(words, verbs):
        return "conjunction"
    if not verbs.in_line(line, headline):
        return "no verb"
    return ""


def unbalanced(text: str) -> bool:
    """True where a double quotation mark or a bracket has no partner."""
    if text.count('"') % 2:
        return True
    depth = 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if depth < 0:
            return True
    return depth > 0


def _opens_clause(words: Sequence[str], verbs: Verbs) -> bool:
    """True for "While ..., ..." before a main clause; never for "And ..."."""
    if words[0].lower() not in ("because", "although", "while", "whereas", "that"):
        return False
    return sum(verbs.in_line(f"x {word}") for word in words[1:]) > 1


def dangling(line: str) -> bool:
    """True where the line starts with a pronoun for something outside it."""
    words = written(line)
    text = plain(line).lstrip(" \"'")
    return bool(words) and words[0].lower() in _PRONOUNS and not _EXPLETIVE.match(text)


def near_duplicates(lines: Sequence[str]) -> int:
    """How many lines say, in the main, what an earlier one says: their content words agree."""
    bags = [content(line) for line in lines]
    return sum(any(_near(bag, other) for other in bags[:at]) for at, bag in enumerate(bags))


def _near(one: frozenset[str], other: frozenset[str]) -> bool:
    smaller = min(len(one), len(other))
    if not smaller:
        return one == other
    shared = len(one & other)
    held = smaller >= _NEAR_LEAST and shared >= _NEAR_HELD * smaller
    return held or shared >= _NEAR_JACCARD * len(one | other)
