"""Quality against time: what beams, candidates, prompts and the shortlist are worth.

    python scripts/evaluate_decoding.py --data DATA [--articles N] [--lines N] [--only "NAME;NAME"]

Briefs the same unseen articles with each setting of the bundled model and prints a Markdown table:
processor time an article (all threads; it does not depend on what else the machine does), ROUGE of
headlines against titles and of key points against highlights, and what the lines are like. The
intervals hold 95 % of resamples of the difference from the first setting, article by article.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from briefing.briefer import Briefer
from briefing.briefs import Brief
from briefing.models.backend import CTranslate2Backend
from briefing.models.folder import BUNDLED, find_model
from briefing.reading import article_from_text
from briefing.sections import Section
from briefing.writing import Prompts, choose_family
from briefing.writing.prompt_file import SectionPrompt
from scripts.evaluation.articles import Sample, read_samples
from scripts.evaluation.form import fragment
from scripts.evaluation.lines import Language
from scripts.evaluation.rouge import HEADLINE_KINDS, POINT_KINDS, Rouge, paired_difference
from scripts.evaluation.systems import texts

PARTS = frozenset({"keypoints", "headlines", "lines"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One way of decoding: the width of the search for each section (as many candidates), which of
    the prompts of a section is asked (all), whether words are shortlisted, and what it computes in.
    """

    headline: int
    points: int
    context: int
    shortlist: bool = True
    dtype: str = "int8"
    asked: int | None = None

    @property
    def name(self) -> str:
        """For a table: ``6/3/2`` are the widths for headline, key points and context."""
        prompts = "" if self.asked is None else f", prompt {self.asked + 1}"
        words = "" if self.shortlist else ", all words"
        dtype = "" if self.dtype == "int8" else f", {self.dtype}"
        return f"{self.headline}/{self.points}/{self.context}{words}{prompts}{dtype}"

    def change(self, prompts: Prompts) -> Prompts:
        """The shipped prompts, decoded so."""
        widths = {
            Section.HEADLINE: self.headline,
            Section.KEY_POINTS: self.points,
            Section.CONTEXT: self.context,
        }
        sections = {
            section: replace(
                prompt,
                templates=self._templates(prompt),
                decoding=replace(prompt.decoding, beam=width, n_best=width),
            )
            for section, width in widths.items()
            for prompt in (prompts.sections[section],)
        }
        return replace(prompts, sections=sections)

    def _templates(self, prompt: SectionPrompt) -> tuple[str, ...]:
        if self.asked is None:
            return prompt.templates
        return prompt.templates[self.asked : self.asked + 1] or prompt.templates


SETTINGS = (
    Setting(4, 4, 4, shortlist=False),
    Setting(4, 4, 4),
    Setting(8, 8, 4),
    Setting(6, 4, 4),
    Setting(6, 3, 2),
    Setting(6, 3, 2, dtype="float32"),
    Setting(6, 3, 2, shortlist=False),
    Setting(6, 2, 1),
    Setting(4, 2, 2),
    Setting(2, 2, 2),
    Setting(1, 1, 1),
    Setting(6, 3, 2, asked=0),
    Setting(6, 3, 2, asked=1),
)


@dataclass(slots=True)
class Figures:
    """What one setting gave, article by article."""

    headline: list[float] = field(default_factory=list)
    points: list[float] = field(default_factory=list)
    points2: list[float] = field(default_factory=list)
    generated: list[bool] = field(default_factory=list)
    fragments: list[bool] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    milliseconds: float = 0.0


def measure(setting: Setting, samples: Sequence[Sample], language: Language) -> Figures:
    """Brief all samples and score the briefs."""
    with tempfile.TemporaryDirectory() as folder:
        model = _folder(Path(folder) / "bundled", setting.shortlist)
        prompts = setting.change(choose_family("bundled", "bart"))
        backend = CTranslate2Backend(find_model(str(model)), dtype=setting.dtype)
        briefer = Briefer.over(backend, prompts)
        briefer.warm()
        articles = [article_from_text(sample.text, title="") for sample in samples]
        began = time.process_time()
        briefs = list(briefer.brief_many(articles))
        spent = time.process_time() - began
    figures = Figures(milliseconds=1000 * spent / len(articles))
    points, headlines = Rouge(POINT_KINDS), Rouge(HEADLINE_KINDS)
    for sample, brief in zip(samples, briefs, strict=True):
        if isinstance(brief, Brief):
            _score(figures, sample, brief, points, headlines, language)
    return figures


def _folder(to: Path, shortlist: bool) -> Path:
    shutil.copytree(BUNDLED, to)
    if not shortlist:
        (to / "ctranslate2" / "vmap.txt").unlink()
    return to


def _score(
    figures: Figures,
    sample: Sample,
    brief: Brief,
    points: Rouge,
    headlines: Rouge,
    language: Language,
) -> None:
    if "headlines" in sample.questions and sample.title:
        said = [brief.headline.text] if brief.headline else [""]
        figures.headline.append(headlines.score(said, [sample.title])["rouge1"])
    if "keypoints" in sample.questions:
        scores = points.score(texts(brief.key_points), sample.highlights)
        figures.points.append(scores["rouge1"])
        figures.points2.append(scores["rouge2"])
    if "lines" in sample.questions:
        head = [(brief.headline, True)] if brief.headline else []
        for line, is_head in (*head, *((x, False) for x in (*brief.key_points, *brief.context))):
            figures.generated.append(line.origin == "generated")
            figures.fragments.append(bool(fragment(line.text, language.verbs, is_head)))
            figures.words.append(len(line.text.split()))


def rows(found: Sequence[tuple[Setting, Figures]]) -> Iterator[str]:
    """A Markdown table, one row a setting."""
    yield (
        "| setting | ms of processor an article | headlines R1 | key points R1 | key points R2 "
        "| generated | fragments | words a line |"
    )
    yield "|---" * 8 + "|"
    base = found[0][1]
    for setting, figures in found:
        yield (
            f"| {setting.name} | {figures.milliseconds:.0f} "
            f"| {_mean(figures.headline)} {_beside(figures.headline, base.headline)} "
            f"| {_mean(figures.points)} {_beside(figures.points, base.points)} "
            f"| {_mean(figures.points2)} {_beside(figures.points2, base.points2)} "
            f"| {100 * sum(figures.generated) / max(1, len(figures.generated)):.0f} % "
            f"| {100 * sum(figures.fragments) / max(1, len(figures.fragments)):.1f} % "
            f"| {_mean(figures.words)} |"
        )


def _mean(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.1f}" if values else "-"


def _beside(ours: Sequence[float], first: Sequence[float]) -> str:
    if ours is first or not ours or len(ours) != len(first):
        return ""
    difference = paired_difference(ours, first)
    return f"({difference.low:+.1f} to {difference.high:+.1f})"


def main() -> None:
    """Measure the settings one after another and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="dev", choices=("dev", "train"))
    parser.add_argument("--articles", type=int, default=300, help="for each ROUGE column")
    parser.add_argument("--lines", type=int, default=200, help="for the columns about lines")
    parser.add_argument("--only", help="names with ; between them, the one to compare with first")
    options = parser.parse_args()
    named = {setting.name: setting for setting in SETTINGS}
    chosen = options.only.split(";") if options.only else list(named)
    if unknown := set(chosen) - set(named):
        raise SystemExit(f"unknown setting {min(unknown)}; known are {'; '.join(named)}")
    samples, seen = read_samples(
        options.data, options.split, options.articles, options.lines, PARTS
    )
    language = Language.of(seen)
    found = []
    for name in chosen:
        found.append((named[name], measure(named[name], samples, language)))
        print(f"{name}: {found[-1][1].milliseconds:.0f} ms", file=sys.stderr, flush=True)
    print("\n".join(rows(found)))


if __name__ == "__main__":
    main()
