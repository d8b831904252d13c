"""Learn which phrase a reference stands for, from proposals that readers judged.

    python -m scripts.train.language.antecedents propose --data DATA --to rows.jsonl --lines 1500
    python -m scripts.train.language.antecedents add rows.jsonl answers.jsonl
    python -m scripts.train.language.antecedents fit --data DATA --to briefing/language/data/en

``propose`` draws references of sentences that a brief may show, each with the phrases that
`briefing.language.antecedents` proposes for it and the sentences that they are from. A reader
answers a row with {"id", "right": [...], "idle": [...]}, the numbers of the phrases that are true,
and of those that are true but no clearer; all others are wrong. ``add`` files the answers without
the text that they are of: under article, sentence and the hash of reference and phrase. ``fit``
prints by cross-validation over articles how well both models do and writes them: true (right or
idle) and right.
"""

import argparse
import json
import lzma
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from briefing.briefs import Article
from briefing.candidates import CandidateLines
from briefing.drafts import draft
from briefing.errors import BriefingError
from briefing.language import Parse, parses_for
from briefing.language.antecedent_model import antecedent_features
from briefing.language.antecedents import Antecedents, Proposal
from briefing.language.reference import dangling
from briefing.planning import Planner
from briefing.reading import article_from_text
from scripts.train.corpus import read_lines
from scripts.train.files import ARTICLES, data_folder, replacing, write_rows
from scripts.train.quality.labels import hashed
from scripts.train.verifier.structure import packed

FILE = Path(__file__).with_name("antecedents.jsonl.xz")
_SENTENCES = 14
"""Sentences of an article that are asked about: the most salient ones."""
_CHARACTERS = 12_000
_SHARES = {"name": 0.6, "noun": 0.9, "pronoun": 0.56}
"""How often a reference of each kind is taken from an article that has one."""
_OPTIONS = 8
_FOLDS = 8
Labels = dict[str, dict[str, str]]
"""Labels ("right", "idle", "wrong") by "sentence:hash", by article ("3-120", "3-120t" if the
sentences were read with its title)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of a sentence with the phrases proposed for it."""

    index: int
    parse: Parse
    rivals: list[Proposal]

    @property
    def kind(self) -> str:
        """What is replaced: a name, a noun or a pronoun."""
        return self.rivals[0].kind.partition(":")[0]

    def key(self, proposal: Proposal) -> str:
        """What a proposal's label is filed under."""
        reference = self.parse.span_text(proposal.first, proposal.last)
        return f"{self.index}:{hashed(f'{reference}|{proposal.text}')}"


def references(article: Article, planner: Planner) -> tuple[Antecedents, list[Reference]]:
    """Return the references of the sentences that a brief of the article may show."""
    plan = planner.plan(article)
    lines = CandidateLines(draft(article, plan, None), {}, None)
    indices = sorted(range(1, len(article.sentences)), key=lambda at: -plan.salience[at])
    indices = indices[:_SENTENCES]
    lines.prepare(indices)
    parses = parses_for("en")
    assert parses is not None
    texts = [lines.source(at).text for at in range(len(article.sentences))]
    antecedents = Antecedents(texts, parses, plan.denied, plan.title_sources)
    found = []
    for index in indices:
        parse = lines.completed(index).parse
        signs = list(dangling(parse)) if parse is not None else ["unread"]
        if parse is None or any(not sign.startswith("pronoun:") for sign in signs):
            continue
        for rivals in antecedents.proposals(parse, index).values():
            reference = Reference(index, parse, rivals[:_OPTIONS])
            if not signs or reference.kind == "pronoun":
                found.append(reference)
    return antecedents, found


def read_article(row: dict[str, str], *, titled: bool) -> Article | None:
    """Return an article of the corpus as it was read for the labels; None if it cannot be read."""
    try:
        title = row["title"] or "" if titled else ""
        return article_from_text(row["text"][:_CHARACTERS], title=title)
    except BriefingError:
        return None


def rows(data: Path, lines: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield rows for readers."""
    chance, planner = random.Random(seed), Planner()
    paths = sorted((data / "articles").glob("articles-[0-5].jsonl.xz"))
    corpus = [(path, at, row) for path in paths for at, row in enumerate(read_lines(path))]
    chance.shuffle(corpus)
    made = 0
    for path, at, row in corpus:
        titled = chance.random() < 0.6
        if made >= lines:
            return
        if row["split"] != "train" or not (article := read_article(row, titled=titled)):
            continue
        name = path.name.removeprefix("articles-").partition(".")[0]
        antecedents, found = references(article, planner)
        chance.shuffle(found)
        for kind, share in _SHARES.items():
            one = next((one for one in found if one.kind == kind), None)
            if one is not None and chance.random() < share:
                made += 1
                yield _row(f"{name}-{at}{'t' if titled else ''}", antecedents.texts, one)


def _row(article: str, texts: Sequence[str], one: Reference) -> dict[str, object]:
    parse, first, last = one.parse, one.rivals[0].first, one.rivals[0].last
    start, end = parse.starts[first], parse.ends[last]
    near = {0, 1, 2, *range(one.index - 3, one.index), *(p.source for p in one.rivals)}
    return {
        "id": f"{article}:{one.index}:{first}",
        "context": [f"[{at}] {texts[at]}" for at in sorted(near) if 0 <= at < one.index],
        "line": f"{parse.text[:start]}«{parse.text[start:end]}»{parse.text[end:]}",
        "options": [f"{n}: {p.text} (from {p.source})" for n, p in enumerate(one.rivals)],
        "keys": [one.key(p) for p in one.rivals],
    }


def add(labels: Labels, asked: Path, answered: Path) -> int:
    """File the answers to rows; return the number of phrases labelled."""
    with asked.open(encoding="utf-8") as lines:
        keys = {row["id"]: row["keys"] for row in map(json.loads, lines)}
    with answered.open(encoding="utf-8") as lines:
        answers = [json.loads(line) for line in lines]
    count = 0
    for answer in answers:
        own = labels.setdefault(answer["id"].partition(":")[0], {})
        for number, key in enumerate(keys[answer["id"]]):
            right, idle = number in answer["right"], number in answer.get("idle", ())
            own[key] = "right" if right else "idle" if idle else "wrong"
            count += 1
    return count


def read_labels() -> Labels:
    """Read the labels that were filed."""
    if not FILE.exists():
        return {}
    with lzma.open(FILE, "rt", encoding="utf-8") as file:
        return {row.pop("article"): row for row in map(json.loads, file)}


def write_labels(labels: Labels) -> None:
    """Write the labels, the articles in order."""
    with lzma.open(FILE, "wt", encoding="utf-8", preset=9) as file:
        for article in sorted(labels):
            row = {"article": article, **labels[article]}
            file.write(json.dumps(row, sort_keys=True, separators=(",", ":")) + "\n")


def examples(data: Path) -> tuple[np.ndarray, list[str], list[str], list[str]]:
    """Return features, labels, kinds and articles of the labelled phrases."""
    labels, planner = read_labels(), Planner()
    table, said, kinds, groups = [], [], [], []
    for path in sorted((data / "articles").glob("*.jsonl.xz")):
        name = path.name.removeprefix("articles-").partition(".")[0]
        for at, row in enumerate(read_lines(path)):
            for titled in (False, True):
                own = labels.get(f"{name}-{at}{'t' if titled else ''}")
                article = read_article(row, titled=titled) if own else None
                if own is None or article is None:
                    continue
                antecedents, found = references(article, planner)
                for one in found:
                    for proposal in one.rivals:
                        if label := own.get(one.key(proposal)):
                            made = antecedent_features(
                                antecedents, one.parse, one.index, proposal, one.rivals
                            )
                            table.append(made)
                            said.append(label)
                            kinds.append(one.kind)
                            groups.append(f"{name}-{at}")
    total = sum(map(len, labels.values()))
    print(f"{len(said)} of {total} labelled phrases are proposed still")
    return np.array(table, float), said, kinds, groups


def grown(table: np.ndarray, truth: np.ndarray) -> HistGradientBoostingClassifier:
    """Fit trees; the sizes were chosen by cross-validation."""
    model = HistGradientBoostingClassifier(
        max_iter=220,
        learning_rate=0.05,
        max_leaf_nodes=12,
        min_samples_leaf=12,
        max_features=0.25,
        l2_regularization=3.0,
        random_state=1,
    )
    return model.fit(table, truth)


def fit(data: Path, folder: Path) -> None:
    """Measure by cross-validation, print, and write what ships."""
    table, said, kinds, groups = examples(data)
    names = np.array(kinds)
    for which, labels in (("true", ("right", "idle")), ("right", ("right",))):
        truth = np.array([label in labels for label in said])
        chance = np.zeros(len(truth))
        for seen, held in GroupKFold(_FOLDS).split(table, truth, groups):
            chance[held] = grown(table[seen], truth[seen]).predict_proba(table[held])[:, 1]
        for kind in sorted(_SHARES):
            part = names == kind
            sure = [
                f"{bound}: {truth[part & (chance >= bound)].mean():.3f}"
                f" of {(part & (chance >= bound)).sum()}"
                for bound in (0.5, 0.7, 0.8, 0.9)
                if (part & (chance >= bound)).any()
            ]
            auc = roc_auc_score(truth[part], chance[part])
            print(f"{which}, {kind}: {part.sum()}, AUC {auc:.3f}; from {'; '.join(sure)}")
        arrays = packed(grown(table, truth))
        with replacing(folder / f"antecedent_{which}.npz", "wb") as out:
            np.savez_compressed(out, **arrays)


def main() -> None:
    """Draw rows, file answers, or fit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    stages = parser.add_subparsers(dest="stage", required=True)
    propose = stages.add_parser("propose")
    propose.add_argument("--lines", type=int, required=True)
    propose.add_argument("--seed", type=int, default=1)
    adding = stages.add_parser("add")
    adding.add_argument("rows", type=Path)
    adding.add_argument("answers", type=Path)
    for stage in (propose, stages.add_parser("fit")):
        stage.add_argument("--data", type=data_folder(ARTICLES), required=True)
        stage.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    if options.stage == "propose":
        drawn = rows(options.data, options.lines, options.seed)
        write_rows(options.to, drawn, "no article holds a reference")
    elif options.stage == "add":
        labels = read_labels()
        print(add(labels, options.rows, options.answers), "phrases filed")
        write_labels(labels)
    else:
        fit(options.data, options.to)


if __name__ == "__main__":
    main()
