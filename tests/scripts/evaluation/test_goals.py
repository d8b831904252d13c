from typing import Any

from scripts.evaluation.baselines import SUMY
from scripts.evaluation.goals import goals
from scripts.evaluation.systems import LEAD, PRODUCT


def part(gain: float, over_sumy: float = 1.0) -> dict[str, Any]:
    gains = {LEAD: gain} | dict.fromkeys(SUMY, over_sumy)
    return {"differences": {name: {"rouge1": {"mean": value}} for name, value in gains.items()}}


def section(lines: int, **shares: float) -> dict[str, Any]:
    return {"lines": lines, "shares": {name.replace("_", " "): v for name, v in shares.items()}}


def judged(**found: Any) -> dict[str, bool]:
    return {goal.name: goal.met for goal in goals(found)}


def test_parts_that_were_not_run_have_no_goals() -> None:
    assert goals({"run": {}}) == []


def test_key_points_must_beat_the_lead_by_three_and_all_of_sumy() -> None:
    assert all(judged(keypoints=part(3.0)).values())
    assert not judged(keypoints=part(2.99))["key points, ROUGE-1 over lead-3"]
    assert not judged(keypoints=part(9, 0.0))["key points, ROUGE-1 over the best of sumy"]


def test_headlines_must_beat_the_lead_by_eight() -> None:
    assert judged(headlines=part(8.1)) == {"headlines, ROUGE-1 over lead-1": True}
    assert judged(headlines=part(7.9)) == {"headlines, ROUGE-1 over lead-1": False}


def test_line_shares_are_pooled_over_sections() -> None:
    ours = {
        "headline": section(10, generated=30, fragment=0, loop=0),
        "key-points": section(30, generated=60, fragment=2, loop=0),
        "context": section(60, generated=0, fragment=0, loop=1),
    }
    ours["headline"]["shares"]["8 to 12 words"] = 70.0
    found = {goal.name: goal for goal in goals({"lines": {"systems": {PRODUCT: ours}}})}
    assert found["headline and key-point lines generated"].measured == "52.50 %"
    assert found["headline and key-point lines generated"].met
    assert found["fragments"].measured == "0.60 %"
    assert found["fragments"].met
    assert found["loops"].measured == "0.60 %"
    assert not found["loops"].met
    assert found["garbled words"].met
    assert found["headlines of 8 to 12 words"].met


def test_planner_context_and_checker() -> None:
    found = judged(
        planner={"roles": {"macro": 56.0}},
        context={"context_role": 89.9},
        checker={"checker": {"balanced_accuracy": 0.76}},
    )
    assert list(found.values()) == [True, False, True]
