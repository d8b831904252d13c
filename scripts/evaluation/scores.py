"""Key points against editors' highlights and headlines against titles, for every system."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from scripts.evaluation.articles import MAIN_SOURCES, PAPERS
from scripts.evaluation.rouge import (
    HEADLINE_KINDS,
    POINT_KINDS,
    Rouge,
    Scores,
    mean_scores,
    paired_difference,
)
from scripts.evaluation.systems import PRODUCT, SYSTEMS, Evaluated

Groups = dict[str, dict[str, list[Scores]]]
MAIN, ALL = "main", "all"


class KeyPoints:
    """ROUGE of key points; ``main`` is the collections whose editors wrote several highlights."""

    def __init__(self) -> None:
        self._rouge = Rouge(POINT_KINDS)
        self._groups: Groups = defaultdict(lambda: defaultdict(list))

    def add(self, one: Evaluated) -> None:
        """Score one article, if it was chosen for its highlights."""
        if "keypoints" not in one.sample.questions:
            return
        groups = [one.sample.collection]
        if one.sample.collection in MAIN_SOURCES and len(one.sample.highlights) > 1:
            groups.append(MAIN)
        if one.sample.collection != PAPERS:
            groups.append(ALL)
        for system in SYSTEMS:
            scores = self._rouge.score(one.outputs[system].points, one.sample.highlights)
            for group in groups:
                self._groups[group][system].append(scores)

    def result(self) -> dict[str, Any]:
        """Means by group and system, and the product against each other system in ``main``."""
        return _result(self._groups, MAIN)


class Headlines:
    """ROUGE of headlines against the titles, which no system was given."""

    def __init__(self) -> None:
        self._rouge = Rouge(HEADLINE_KINDS)
        self._groups: Groups = defaultdict(lambda: defaultdict(list))

    def add(self, one: Evaluated) -> None:
        """Score one article, if it was chosen for its title."""
        title = one.sample.title
        if "headlines" not in one.sample.questions or title is None:
            return
        for system in SYSTEMS:
            scores = self._rouge.score([one.outputs[system].headline], [title])
            for group in (one.sample.title_group, ALL):
                self._groups[group][system].append(scores)

    def result(self) -> dict[str, Any]:
        """Means by group and system, and the product against each other system over all."""
        return _result(self._groups, ALL)


def _result(groups: Groups, main: str) -> dict[str, Any]:
    means = {
        group: {
            "articles": len(systems[PRODUCT]),
            "systems": {system: mean_scores(scores) for system, scores in systems.items()},
        }
        for group, systems in sorted(groups.items(), key=lambda item: _order(main)(item[0]))
    }
    return {"groups": means, "differences": _differences(groups.get(main, {})), "main": main}


def _order(main: str) -> Callable[[str], tuple[bool, bool, bool, str]]:
    """The main figure first, papers last."""
    return lambda group: (group != main, group != ALL, group == PAPERS, group)


def _differences(systems: dict[str, list[Scores]]) -> dict[str, Any]:
    """Product minus each other system, with 95 % intervals."""
    ours = systems.get(PRODUCT, [])
    if not ours:
        return {}
    return {
        system: {
            kind: paired_difference([s[kind] for s in ours], [s[kind] for s in theirs]).as_dict()
            for kind in ours[0]
        }
        for system, theirs in systems.items()
        if system != PRODUCT
    }
