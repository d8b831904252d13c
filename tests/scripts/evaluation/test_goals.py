from typing import Any

from scripts.evaluation.goals import goals
from scripts.evaluation.systems import LEAD, PRODUCT


def section(lines: int, **shares: float) -> dict[str, Any]:
    return {"lines": lines, "shares": {name.replace("_", " "): v for name, v in shares.items()}}


def judged(**found: Any) -> dict[str, bool]:
    return {goal.name: goal.met for goal in goals(found)}


def test_parts_that_were_not_run_have_no_goals() -> None:
    assert goals({"run": {}}) == []


def test_overlap_and_the_share_of_the_model_are_no_goals() -> None:
    assert goals({"keypoints": {"differences": {}}, "headlines": {"differences": {}}}) == []
    ours = {"headline": section(1, generated=0)}
    assert not [n for n in judged(lines={"systems": {PRODUCT: ours, LEAD: ours}}) if "gener" in n]


def test_lines_are_never_worse_than_the_lead() -> None:
    ours = {
        "headline": section(10, fragment=0, loop=0, dangling_pronoun=10),
        "key-points": section(30, fragment=2, loop=0),
        "context": section(60, fragment=0, loop=1),
    }
    lead = {"headline": section(10, fragment=1), "key-points": section(30, fragment=0.5)}
    found = {g.name: g for g in goals({"lines": {"systems": {PRODUCT: ours, LEAD: lead}}})}
    fragments = found["fragments, beside lead sentences"]
    assert (fragments.goal, fragments.measured, fragments.met) == ("<= 0.625 %", "0.60 %", True)
    assert not found["dangling pronouns, beside lead sentences"].met
    assert found["loops"].measured == "0.60 %"
    assert not found["loops"].met
    assert found["garbled words"].met


def test_planner_context_and_checker() -> None:
    found = judged(
        planner={"roles": {"macro": 56.0}},
        context={"context_role": 89.9},
        checker={"checker": {"balanced_accuracy": 0.76}},
    )
    assert list(found.values()) == [True, False, True]
