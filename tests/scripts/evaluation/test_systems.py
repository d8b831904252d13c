from pathlib import Path

import pytest

from briefing.sections import Section
from scripts.evaluation.articles import Sample
from scripts.evaluation.baselines import SUMY
from scripts.evaluation.lines import Language, Lines
from scripts.evaluation.scores import Headlines, KeyPoints
from scripts.evaluation.systems import LEAD, PLAIN, PRODUCT, Evaluated, Systems
from tests.fakes import FakeBackend, Say, echo, every_section, liar

PROMPTS = every_section()
QUESTIONS = frozenset({"keypoints", "headlines", "lines"})


def sample(text: str) -> Sample:
    highlights = ("Residents voted to keep the ferry.", "Fares may rise to $4.")
    return Sample(
        "abp/Port News", text, "A title", "Town votes to keep ferry", highlights, QUESTIONS
    )


@pytest.fixture
def article(ferry: Path) -> str:
    return "\n\n".join(ferry.read_text(encoding="utf-8").split("\n\n")[2:])


def evaluated(text: str, say: Say) -> Evaluated:
    backend = FakeBackend(say)
    (one,) = Systems(backend, PROMPTS).run([sample(text)])
    return one


def test_every_system_answers(article: str) -> None:
    one = evaluated(article, echo)
    assert list(one.outputs) == [PRODUCT, PLAIN, LEAD, *SUMY]
    assert all(output.headline and output.points for output in one.outputs.values())
    assert one.outputs[LEAD].headline == one.outputs[LEAD].points[0]
    assert one.outputs[PLAIN].points[:3] == one.outputs[LEAD].points


def test_an_unreadable_article_is_left_out_and_named(article: str) -> None:
    systems = Systems(FakeBackend(echo), PROMPTS)
    found = list(systems.run([sample(""), sample(article)]))
    assert [one.sample.text for one in found] == [article]
    assert len(systems.failures) == 1
    assert systems.clock.articles == 1


def test_the_product_is_given_no_title(article: str) -> None:
    assert evaluated(article, echo).article.title is None


def test_line_figures_tell_a_liar_from_the_source(article: str) -> None:
    lines = Lines(Language.of([article] * 3))
    lines.add(evaluated(article, liar))
    found = lines.result()["systems"]
    invented = found[PLAIN]["key-points"]["shares"]
    assert invented["unsupported, own checker"] == 100
    assert invented["unsupported, second reading"] == 100
    for section in (Section.HEADLINE, Section.KEY_POINTS):
        ours = found[PRODUCT][section]["shares"]
        assert ours.get("unsupported, own checker", 0) == 0
        assert ours.get("unsupported, second reading", 0) == 0
    assert found[LEAD]["key-points"]["shares"]["compressed or rewritten"] == 0


def test_scores_compare_the_product_with_each_rival(article: str) -> None:
    points, headlines = KeyPoints(), Headlines()
    one = evaluated(article, echo)
    points.add(one)
    headlines.add(one)
    found = points.result()
    assert list(found["groups"]) == ["main", "all", "abp"]
    assert found["groups"]["main"]["articles"] == 1
    ours = found["groups"]["main"]["systems"][PRODUCT]["rouge1"]
    lead = found["groups"]["main"]["systems"][LEAD]["rouge1"]
    assert found["differences"][LEAD]["rouge1"]["mean"] == pytest.approx(ours - lead)
    assert set(headlines.result()["groups"]) == {"all", "abp"}
