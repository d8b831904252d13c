from typing import Any

from scripts.evaluation.goals import Goal
from scripts.evaluation.report import render
from scripts.evaluation.systems import PRODUCT, SYSTEMS, WRITERS

RUN = {"date": "2031-05-04", "machine": "a machine", "versions": {"sumy": "9.9"}}
GOAL = Goal("loops", "0", "0.10 %", met=False)


def scores() -> dict[str, Any]:
    means = {name: {"rouge1": 31.5, "rouge2": 11.25} for name in SYSTEMS}
    gain = {"rouge1": {"mean": 2.5, "low": -0.5, "high": 5.5}}
    return {
        "groups": {"main": {"articles": 7, "systems": means}},
        "differences": {name: gain for name in SYSTEMS if name != PRODUCT},
        "main": "main",
    }


def test_what_was_not_run_is_not_shown() -> None:
    text = render({"run": RUN}, [GOAL])
    assert "Key points" not in text
    assert "Checker" not in text
    assert text.splitlines()[-1].split() == ["loops", "0", "0.10", "%", "MISSED"]


def test_scores_stand_beside_their_interval() -> None:
    text = render({"run": RUN, "keypoints": scores()}, [])
    (lead,) = (line for line in text.splitlines() if line.strip().startswith("lead "))
    assert lead.split()[1:3] == ["31.50", "11.25"]
    assert lead.endswith("product +2.50 R1 [-0.50, +5.50]")


def test_lines_have_a_column_for_each_system_and_section() -> None:
    cell = {
        "lines": 12,
        "shares": {"generated": 75.0},
        "words": {"mean": 10.5, "median": 10},
        "novel": {"1": 0.0, "2": 1.5, "3": 3.0},
    }
    part = {
        "briefs": 3,
        "without_context": 33.3,
        "systems": {system: {"headline": cell} for system in WRITERS},
    }
    rows = render({"run": RUN, "lines": part}, []).splitlines()
    (generated,) = (row for row in rows if row.startswith("generated"))
    assert generated.split()[1:] == ["75.00"] * len(WRITERS)
    assert max(map(len, rows)) <= 112


def test_planner_and_checker_figures() -> None:
    one = {"recall_at_3": 40.0}
    planner = {
        "roles": {"macro": 57.0, "micro": 61.0},
        "context_at_3": 88.0,
        "salience": {"abp": {"articles": 5, "planner": one, "lead": one}, "xsum": {"articles": 0}},
    }
    system = {"balanced_accuracy": 0.7, "auc": 0.75, "within_auc": 0.65}
    found = {
        "run": RUN,
        "planner": planner,
        "context": {"context_role": 91.0, "lines": 50},
        "checker": {"claims": 9, "checker": system, "overlap": system},
    }
    text = render(found, [])
    assert "roles F1: macro 57.0, micro 61.0" in text
    assert "context lines of a context role: 91.0 % of 50 lines" in text
    assert "salience recall@3, abp: planner 40.0, lead 40.0" in text
    assert "balanced accuracy 0.700, AUC 0.750, AUC inside collections 0.650" in text
