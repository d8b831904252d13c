"""Which part a sentence plays in the news discourse (Choubey et al. 2020)."""

from functools import cached_property
from pathlib import Path

import numpy as np

from briefing.article import Article
from briefing.brief import Role
from briefing.plan.chain import smooth
from briefing.plan.document import Document, Floats, document
from briefing.plan.features import Features, features
from briefing.plan.network import RoleNetwork
from briefing.plan.ngrams import NgramModel
from briefing.plan.parameters import PATH, load, word_table
from briefing.plan.words import WordTable

ROLES = tuple(Role)
_MAIN = ROLES.index(Role.MAIN_EVENT)
_NONE = ROLES.index(Role.NONE)


class RoleModel:
    """Probabilities of the nine roles. Parameters are read when they are first needed."""

    def __init__(self, path: Path = PATH) -> None:
        self._path = path

    def predict(self, article: Article) -> Floats:
        """(sentences, 9) probabilities in the order of ``Role``; the title is the main event."""
        found = document(article)
        whole = np.zeros((len(article.sentences), len(ROLES)), dtype=np.float32)
        whole[:, _MAIN] = 1
        if found.size:
            whole[list(found.indices)] = self.body(found, self.describe(found))
        return whole

    def describe(self, found: Document) -> Features:
        """The features of a document that has at least one body sentence."""
        return features(found, self._words)

    def body(self, found: Document, described: Features) -> Floats:
        """Role probabilities of the body sentences; furniture is ``Role.NONE`` for certain."""
        linear = smooth(self._ngrams.probabilities(found, described), self._transitions)
        networks = self._network.probabilities(found, described, self._words)
        probabilities: Floats = (linear + networks) * np.float32(0.5)
        probabilities[described.boilerplate] = np.eye(len(ROLES), dtype=np.float32)[_NONE]
        return probabilities

    @cached_property
    def _words(self) -> WordTable:
        return word_table(load(self._path))

    @cached_property
    def _network(self) -> RoleNetwork:
        return RoleNetwork(load(self._path))

    @cached_property
    def _ngrams(self) -> NgramModel:
        return NgramModel(load(self._path))

    @cached_property
    def _transitions(self) -> Floats:
        return load(self._path)["chain"].astype(np.float32)
