"""Fit the models that tell whose view a line or a title states (`briefing.attribution`).

    python -m scripts.train.holder fit --data ../shared/data \
        --to briefing/language/data/en/holder.npz
    python -m scripts.train.holder add rows.jsonl

Readers saw sentences of training articles with title, opening and end of the article and the
sentence before, and said of each whether it tells a fact, a view of the article's author, or a view
of somebody else whom it does not name; and of the article, what kind it is. The labels are kept
without the text that they are of: a line is filed under its article (file and row of the corpus)
and its hash. Other readers saw the titles of other articles with their first sentences, and said
whether an editor would sign each as a headline, or it claims too much, or is poor: no sentence, no
news, or not to be understood. ``add`` files rows of {"article", "kind", "lines": {line: label}} or
{"article", "title": label}.

``fit`` prints, by cross-validation over articles, how well views, opinion pieces and titles are
told, then fits on all labels: logistic models over the vectors of a line that names no speaker, or
of a title, and of its article's most salient sentences, and over the latter alone. Five minutes.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from briefing.attribution import Views, names_speaker
from briefing.candidates import dressed, salient_lines
from briefing.checking import published_title
from briefing.checking.quality import quality_model
from briefing.drafts import draft
from briefing.language import parses_for
from briefing.language.reference import body
from briefing.planning import Planner
from briefing.reading import article_from_text
from scripts.train.files import ARTICLES, data_folder, replacing
from scripts.train.quality.labels import articles, hashed, read_labels, write_labels

FILE = Path(__file__).with_name("holders.jsonl.xz")
LABELS = ("author", "nobody", "other")
TITLES = ("claim", "poor", "sound")
KINDS = ("report", "opinion", "statement", "guide", "other")
_MOST_CHARACTERS = 15_000
"""Of an article, as readers' lines were drawn from."""
_STRENGTH, _PIECE_STRENGTH = 0.003, 0.01
"""Inverse strengths of regularisation, chosen among 0.001, 0.003 and 0.01 by cross-validation; that
of titles is as of lines."""
_REPORT = 0.3
"""Probability of an opinion piece below which titles that claim too much are left out: most are
true, but the first sentences, all that readers saw of the article, do not say so."""
_FOLDS = 8
Labels = dict[str, dict[str, Any]]
Floats = NDArray[np.float32]


class Examples(NamedTuple):
    """Labelled articles, their labelled lines that name no speaker, and labelled titles.

    ``salient`` is the vector of each article, ``kinds`` its kind; ``lines`` the vector of each
    line, ``labels`` its label and ``article`` the row of its article. ``titles`` are the vectors
    of each title and its article, ``title_labels`` their labels.
    """

    salient: Floats
    kinds: NDArray[np.str_]
    lines: Floats
    labels: NDArray[np.str_]
    article: NDArray[np.int64]
    titles: Floats
    title_labels: NDArray[np.str_]


def add(labels: Labels, rows: Iterator[dict[str, Any]]) -> int:
    """File rows; return how many lines they have.

    Raises:
        ValueError: a row has an unknown kind or label.
    """
    count = 0
    for row in rows:
        if "title" in row:
            if row["title"] not in TITLES:
                raise ValueError(f"no such label: {row}")
            labels.setdefault(row["article"], {})["title"] = row["title"]
            count += 1
            continue
        if row["kind"] not in KINDS or not set(row["lines"].values()) <= set(LABELS):
            raise ValueError(f"no such kind or label: {row}")
        own = labels.setdefault(row["article"], {})
        own["kind"] = row["kind"]
        own.setdefault("lines", {}).update(
            {hashed(line): label for line, label in row["lines"].items()}
        )
        count += len(row["lines"])
    return count


def examples(labels: Labels, data: Path) -> Examples:
    """Make the articles and lines of the labels again, and read their vectors."""
    quality, parses, planner = quality_model("en"), parses_for("en"), Planner()
    assert quality is not None
    assert parses is not None
    salient, kinds, lines, found, rows = [], [], [], [], []
    titles, title_labels = [], []
    for name, title, text in articles(labels, data):
        article = article_from_text(text[:_MOST_CHARACTERS], title=title)
        made = draft(article, planner.plan(article), None)
        vector = Views("en", salient_lines(made)).article
        assert vector is not None
        own = labels[name]
        if "title" in own:
            sentences = [s.text for s in article.sentences if s.part != "title"]
            if shown_title := published_title(article.title or "", sentences):
                (read,) = quality.of([shown_title])
                titles.append(np.concatenate([read.vector.astype(float), vector]))
                title_labels.append(own["title"])
        if "kind" not in own:
            continue
        wanted = [s.text for s in article.sentences if hashed(s.text) in own["lines"]]
        parsed = zip(wanted, parses.of(wanted), strict=True)
        wanted = [sentence for sentence, parse in parsed if names_speaker(parse) is False]
        shown = [dressed(body(sentence)) for sentence in wanted]
        salient.append(vector)
        kinds.append(own["kind"])
        lines += [read.vector.astype(float) for read in quality.of(shown)]
        found += [own["lines"][hashed(sentence)] for sentence in wanted]
        rows += [len(salient) - 1] * len(wanted)
    columns = (salient, kinds, lines, found, rows, titles, title_labels)
    return Examples(*map(np.array, columns))


def _model(strength: float) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=3000))


def _held_out(
    table: Floats, truth: NDArray[np.generic], groups: NDArray[np.int64], strength: float
) -> Floats:
    """The probabilities of each class, sorted, of rows whose articles were not learned from."""
    chances = np.zeros((len(truth), len(np.unique(truth))), dtype=np.float32)
    for train, test in GroupKFold(_FOLDS).split(table, truth, groups):
        chances[test] = _model(strength).fit(table[train], truth[train]).predict_proba(table[test])
    return chances


def _weights(model: Pipeline) -> tuple[Floats, Floats]:
    """Weights and biases over the features as they are, without the scaling."""
    scaler, regression = model[0], model[-1]
    weights = regression.coef_ / scaler.scale_
    return weights.astype(np.float16), regression.intercept_ - weights @ scaler.mean_


def clear_titles(found: Examples) -> NDArray[np.int64]:
    """Return the rows of the titles whose labels can be learned from."""
    piece = _model(_PIECE_STRENGTH).fit(found.salient, found.kinds == "opinion")
    chances = piece.predict_proba(found.titles[:, -found.salient.shape[1] :])[:, 1]
    rows: NDArray[np.int64] = np.flatnonzero((found.title_labels != "claim") | (chances >= _REPORT))
    return rows


def report(found: Examples, table: Floats, titles: NDArray[np.int64]) -> None:
    """Print how well views and opinion pieces are told in articles not learned from."""
    chances = _held_out(table, found.labels, found.article, _STRENGTH)
    for label, column in zip(LABELS, chances.T, strict=True):
        area = roc_auc_score(found.labels == label, column)
        print(f"{label}: {(found.labels == label).sum()} of {len(column)} lines, AUC {area:.3f}")
    for bound in (0.35, 0.45, 0.55):
        over = found.labels[(chances[:, 0] >= bound) & (chances[:, 0] >= chances[:, 2])]
        counts = {label: int((over == label).sum()) for label in LABELS}
        print(f"   author's from {bound} on: {counts}")
    labels = found.title_labels[titles]
    chances = _held_out(found.titles[titles], labels, titles, _STRENGTH)
    for label, column in zip(TITLES, chances.T, strict=True):
        of_label = labels == label
        area = roc_auc_score(of_label, column)
        print(f"titles, {label}: {of_label.sum()} of {len(column)}, AUC {area:.3f}")
    opinion = found.kinds == "opinion"
    rows = np.arange(len(opinion))
    piece = _held_out(found.salient, opinion, rows, _PIECE_STRENGTH)[:, 1]
    print(
        f"{opinion.sum()} opinion pieces of {len(piece)}: AUC {roc_auc_score(opinion, piece):.3f}"
    )
    for bound in (0.3, 0.5, 0.7):
        over = piece >= bound
        told = f"{over[opinion].mean():.2f} of them, {over[~opinion].mean():.3f} of others"
        print(f"   over {bound}: {told}")


def main() -> None:
    """Fit, or file more labels."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    stages = parser.add_subparsers(dest="stage", required=True)
    fit = stages.add_parser("fit")
    fit.add_argument("--data", type=data_folder(ARTICLES), required=True)
    fit.add_argument("--to", type=Path, required=True)
    more = stages.add_parser("add")
    more.add_argument("rows", type=Path)
    options = parser.parse_args()
    labels: Labels = read_labels(FILE) if FILE.exists() else {}
    if options.stage == "add":
        with options.rows.open(encoding="utf-8") as rows:
            print(add(labels, map(json.loads, rows)), "labels filed")
        write_labels(labels, FILE)
        return
    found = examples(labels, options.data)
    table = np.concatenate([found.lines, found.salient[found.article]], axis=1)
    clear = clear_titles(found)
    report(found, table, clear)
    lines, bias = _weights(_model(_STRENGTH).fit(table, found.labels))
    opinion = found.kinds == "opinion"
    (piece,), (piece_bias,) = _weights(_model(_PIECE_STRENGTH).fit(found.salient, opinion))
    titles = _model(_STRENGTH).fit(found.titles[clear], found.title_labels[clear])
    title, title_bias = _weights(titles)
    models = {"lines": lines, "bias": bias, "piece": piece, "piece_bias": piece_bias}
    with replacing(options.to, "wb") as out:
        np.savez_compressed(out, **models, title=title, title_bias=title_bias)
    print(options.to.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
