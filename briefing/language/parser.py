"""Parsers by language, and a bounded cache of parses.

English is parsed by spaCy's en_core_web_sm, vendored beside this file without its NER. Importing
spaCy also imports torch if that is installed (through thinc), and always its command line: more
than a second and 180 MB that this small parser does not need. Both are blocked during the import.
"""

import sys
import threading
import types
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from briefing.errors import ModelError
from briefing.language.parse import Parse

_BLOCKED = ("torch", "tensorflow", "mxnet", "cupy")
_EXCLUDED = ("ner", "lemmatizer", "attribute_ruler", "senter")
_BATCH = 64
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'"})
_BE = frozenset("'s is are was were be am been being 're 'm ain".split())
_HAVE = frozenset("has have had having 've".split())
_importing = threading.Lock()


class _ImportBlocker:
    """Meta path finder that blocks modules in one thread only."""

    def __init__(self, names: Collection[str]) -> None:
        self._blocked = frozenset(names)
        self._thread = threading.get_ident()

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Raise for blocked modules; leave all others to the other finders."""
        if name in self._blocked and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


@contextmanager
def _light_imports() -> Iterator[None]:
    """Block tensor libraries that are not imported yet, and spaCy's command line."""
    blocker = _ImportBlocker([name for name in _BLOCKED if name not in sys.modules])
    cli, info = types.ModuleType("spacy.cli"), types.ModuleType("spacy.cli.info")
    cli.__path__ = []
    info.info = cli.info = lambda: None  # type: ignore[attr-defined]
    stubs = {"spacy.cli": cli, "spacy.cli.info": info}
    stubs = {name: module for name, module in stubs.items() if name not in sys.modules}
    sys.meta_path.insert(0, blocker)
    sys.modules.update(stubs)
    try:
        yield
    finally:
        sys.meta_path.remove(blocker)
        for name in stubs:
            sys.modules.pop(name, None)


class SpacyParser:
    """Parses sentences of one language with a spaCy pipeline. Thread-safe."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Lemmatizer] | None = None

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        """Parse ``texts``, one sentence each, in batches.

        Raises:
            ModelError: spaCy or the parser's files are missing or damaged.
        """
        pipe, lemmatizer = self._load()
        with self._lock:
            documents = list(pipe.pipe(texts, batch_size=_BATCH))
        return [_parse(document, lemmatizer) for document in documents]

    def tokenize(self, text: str) -> tuple[tuple[str, int], ...]:
        """Return the tokens of a text and their offsets, as in a parse."""
        pipe, _ = self._load()
        with self._lock:
            return tuple((token.text, token.idx) for token in pipe.make_doc(text))

    def _load(self) -> "tuple[Any, Lemmatizer]":
        if self._loaded is None:
            with _importing:
                if self._loaded is None:
                    self._loaded = self._read()
        return self._loaded

    def _read(self) -> "tuple[Any, Lemmatizer]":
        data = resources.files("briefing.language") / "data" / self.language
        folder = Path(str(data / "parser"))
        try:
            with _light_imports():
                import spacy

                pipe = spacy.load(folder, exclude=list(_EXCLUDED))
                tables = spacy.lookups.Lookups().from_disk(folder / "lemmatizer" / "lookups")
        except (OSError, ImportError, ValueError, KeyError) as error:
            raise ModelError(
                f"cannot load the parser for '{self.language}' from {folder}: {error}; "
                "reinstall the package"
            ) from error
        return pipe, Lemmatizer({name: tables.get_table(name) for name in tables.tables})


class Lemmatizer:
    """The rules and exceptions of the model's lemmatizer, by tag instead of part of speech."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._exceptions = tables.get("lemma_exc", {})
        self._rules = tables.get("lemma_rules", {})
        index = tables.get("lemma_index", {})
        self._known = {kind: frozenset(index.get(kind, ())) for kind in ("verb", "noun", "adj")}

    @lru_cache(maxsize=1 << 16)  # noqa: B019 - one instance a process
    def lemma(self, lower: str, tag: str) -> str:
        """Return the dictionary form of a lower-case word with this Penn tag."""
        if tag[0] == "V" or tag == "MD":
            kind = "verb"
            if lower in _BE:
                return "be"
            if lower in _HAVE:
                return "have"
        elif tag in ("NN", "NNS"):
            kind = "noun"
        elif tag[:2] == "JJ":
            kind = "adj"
        else:
            return lower
        exceptions = self._exceptions.get(kind, {})
        if lower in exceptions:
            return str(exceptions[lower][0])
        known = self._known[kind]
        if lower in known:
            return lower
        for old, new in self._rules.get(kind, ()):
            if lower.endswith(old):
                form = lower[: len(lower) - len(old)] + new
                if form in known:
                    return str(form)
        return lower


def _parse(document: Any, lemmatizer: Lemmatizer) -> Parse:
    tokens = [token for token in document if not token.is_space]
    place = {token.i: at for at, token in enumerate(tokens)}
    words = tuple(token.text for token in tokens)
    lower = tuple(word.lower().translate(_APOSTROPHES) for word in words)
    tags = tuple(token.tag_ or "XX" for token in tokens)
    starts = tuple(token.idx for token in tokens)
    return Parse(
        text=document.text,
        words=words,
        starts=starts,
        ends=tuple(start + len(word) for start, word in zip(starts, words, strict=True)),
        lower=lower,
        lemmas=tuple(map(lemmatizer.lemma, lower, tags)),
        tags=tags,
        relations=tuple(token.dep_ for token in tokens),
        heads=tuple(place.get(token.head.i, at) for at, token in enumerate(tokens)),
    )


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Memory(Generic[_Key, _Value]):
    """LRU cache that computes missing values in one batch. Thread-safe."""

    def __init__(self, make: Callable[[Sequence[_Key]], Sequence[_Value]], most: int) -> None:
        """Set ``make``, which returns the values of keys in order, and the size ``most``."""
        self._make = make
        self._most = most
        self._cache: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, keys: Sequence[_Key]) -> list[_Value]:
        """Return the value of each key, in order."""
        with self._lock:
            values = {key: self._cache[key] for key in keys if key in self._cache}
        missing = [key for key in dict.fromkeys(keys) if key not in values]
        if missing:
            values.update(zip(missing, self._make(missing), strict=True))
        with self._lock:
            for key, value in values.items():
                self._cache[key] = value
                self._cache.move_to_end(key)
            while len(self._cache) > self._most:
                self._cache.popitem(last=False)
        return [values[key] for key in keys]


LONGEST = 120
"""Most words of a parsed sentence; longer ones are lists or run-ons, and never cut."""
_KEPT = 4096
"""Cached parses."""


class Parser(Protocol):
    """Interface of a parser of one language."""

    language: str

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        """Return one parse for each text, in order; each text is one sentence."""
        ...

    def tokenize(self, text: str) -> tuple[tuple[str, int], ...]:
        """Return the tokens of a text and their offsets, as in a parse."""
        ...


class Parses:
    """A parser with a cache; missing sentences are parsed in one batch."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._memory = Memory(parser.parse, _KEPT)

    @property
    def language(self) -> str:
        """The language of the parser (ISO 639-1)."""
        return self._parser.language

    def of(self, texts: Sequence[str]) -> list[Parse | None]:
        """Return the parses of ``texts``; None for one that is empty or too long."""
        parsable = [text for text in texts if text.strip() and text.count(" ") + 1 <= LONGEST]
        parses = dict(zip(parsable, self._memory.of(parsable), strict=True))
        return [parses.get(text) for text in texts]

    def one(self, text: str) -> Parse | None:
        """Return the parse of one sentence."""
        return self.of([text])[0]

    def tokenize(self, text: str) -> tuple[tuple[str, int], ...]:
        """Return the tokens of a text and their offsets, as in a parse."""
        return self._parser.tokenize(text)


@cache
def parses_for(language: str) -> Parses | None:
    """Return the parser of a language, with its cache; None if there is none."""
    if language != "en":
        return None
    return Parses(SpacyParser(language))
