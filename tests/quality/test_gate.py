"""The quality gate: what the bundled model's briefs of twenty self-written articles must be."""

from collections.abc import Callable, Sequence
from statistics import mean

import pytest

from tests.quality.fakes import LIES, LOOP, briefed, says_first, slips, switch_checker_off
from tests.quality.measures import (
    Finding,
    Pair,
    background_share,
    dangling,
    facts_told,
    foreign_words,
    fragments,
    furniture,
    inventions,
    loops,
    repeats,
    rouge1,
    trapped,
    ungrounded,
)

pytestmark = pytest.mark.slow

# Thresholds stand somewhat below what the bundled model and planner reached when they were set:
# raise them with the model, never lower them to let one pass.
FRAGMENTS = 0.02
"""Most of the lines in which the heuristics, which are no parser, may see a fragment."""
FOREIGN = 0.02
"""Most of the lines that may hold a word in no form of their evidence."""
LONG = 0.3
"""Most of the key points that may be whole sentences of more than 30 words. It was 0.25 while such
sentences were shortened: of shortened lines readers found one in five false or broken."""
BESIDE_LEAD = 0.03
"""Most that whole, understandable lines may lose in ROUGE beside the first three sentences."""
ROUGE = 0.44
"""Least mean ROUGE-1 F of the key points, whatever the lead-3 baseline has."""
FACTS = 0.23
"""Least mean share of the marked facts in headline and key points. It was 0.24 while a third key
point was shown that readers accepted one time in five."""
WITH_CONTEXT = 6
"""Least number of the articles, all of which have background, that get a context: of most, no
sentence of it can be understood by itself. It was 12 while lines were shown that the quality model
doubts: of 24 such lines readers accepted 5."""
BACKGROUND = 0.75
"""Least share of context lines that stand on a marked background sentence."""


def found(measure: Callable[[Pair], list[Finding]], pairs: Sequence[Pair]) -> list[Finding]:
    return [finding for pair in pairs for finding in measure(pair)]


def report(findings: Sequence[object]) -> str:
    return "\n" + "\n".join(str(finding) for finding in findings)


def lines(pairs: Sequence[Pair]) -> int:
    return sum(len(pair.brief.lines) for pair in pairs)


@pytest.mark.parametrize(
    "measure", [inventions, trapped, loops, ungrounded, repeats, dangling, furniture]
)
def test_no_line_has_this_fault(
    measure: Callable[[Pair], list[Finding]], pairs: tuple[Pair, ...]
) -> None:
    findings = found(measure, pairs)
    assert not findings, report(findings)


@pytest.mark.parametrize(("measure", "most"), [(fragments, FRAGMENTS), (foreign_words, FOREIGN)])
def test_few_lines_have_this_fault(
    measure: Callable[[Pair], list[Finding]], most: float, pairs: tuple[Pair, ...]
) -> None:
    findings = found(measure, pairs)
    faulty = {(finding.article, finding.line) for finding in findings}
    assert len(faulty) <= most * lines(pairs), report(findings)


def test_every_headline_is_one(pairs: tuple[Pair, ...]) -> None:
    heads = {p.sample.name: p.brief.headline.text if p.brief.headline else "" for p in pairs}
    sizes = {name: len(text.split()) for name, text in heads.items()}
    wrong = [(name, heads[name]) for name, size in sizes.items() if not 4 <= size <= 14]
    assert not wrong, report(wrong)
    assert 7 <= mean(sizes.values()) <= 12, sizes


def test_key_points_are_as_many_as_the_article_bears(pairs: tuple[Pair, ...]) -> None:
    counts = {p.sample.name: (p.brief.article.words, len(p.brief.key_points)) for p in pairs}
    wrong = [(name, words, count) for name, (words, count) in counts.items() if not 2 <= count <= 5]
    assert not wrong, report(wrong)


def test_few_key_points_are_long(pairs: tuple[Pair, ...]) -> None:
    points = [(p.sample.name, line.text) for p in pairs for line in p.brief.key_points]
    wrong = [(name, text) for name, text in points if len(text.split()) > 45]
    assert not wrong, report(wrong)
    long = [(name, text) for name, text in points if len(text.split()) > 30]
    assert len(long) <= LONG * len(points), report(long)


def test_key_points_say_what_an_editor_says(pairs: tuple[Pair, ...]) -> None:
    ours = {p.sample.name: rouge1([i.text for i in p.brief.key_points], p.sample) for p in pairs}
    lead = {p.sample.name: rouge1(p.sample.lead, p.sample) for p in pairs}
    table = report([f"{n}: {ours[n]:.3f}, lead-3 {lead[n]:.3f}" for n in ours])
    assert mean(ours.values()) >= mean(lead.values()) - BESIDE_LEAD, table
    assert mean(ours.values()) >= ROUGE, table


def test_the_marked_facts_are_told(pairs: tuple[Pair, ...]) -> None:
    told = {pair.sample.name: facts_told(pair) for pair in pairs}
    assert mean(told.values()) >= FACTS, told
    assert sum(not share for share in told.values()) <= 1, told


def test_background_becomes_context(pairs: tuple[Pair, ...]) -> None:
    without = [pair.sample.name for pair in pairs if not pair.brief.context]
    assert len(pairs) - len(without) >= WITH_CONTEXT, without
    strange = [
        Finding(pair.sample.name, line.text, "stands on no marked background")
        for pair in pairs
        for line in pair.brief.context
        if not set(pair.sources(line)) & set(pair.sample.background)
    ]
    assert background_share(pairs) >= BACKGROUND, report(strange)


@pytest.mark.parametrize("kind", LIES)
def test_the_gate_sees_each_lie_when_the_checker_is_off(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_checker_off(monkeypatch)
    for pair in briefed(lambda _: says_first(LIES[kind])):
        assert any(what.startswith(kind) for _, _, what in inventions(pair)), pair.brief.lines


def test_the_gate_sees_each_slip_when_the_checker_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    switch_checker_off(monkeypatch)
    for pair in briefed(slips):
        caught = {finding.line for finding in inventions(pair)}
        wrong = {finding.line for finding in trapped(pair)}
        assert wrong, pair.sample.name
        assert wrong <= caught, report(sorted(wrong - caught))


def test_the_gate_sees_loops_when_the_checker_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    switch_checker_off(monkeypatch)
    for pair in briefed(lambda _: says_first(LOOP)):
        written = {line.text for line in pair.brief.lines if line.origin == "generated"}
        assert written
        assert written == {finding.line for finding in loops(pair)}


@pytest.mark.parametrize("say", [lambda _: says_first(0), slips], ids=["liar", "slips"])
def test_no_lie_passes_the_checker(say: Callable[..., Callable[[str], Sequence[str]]]) -> None:
    made = briefed(say)
    findings = [
        finding
        for measure in (inventions, trapped, loops, ungrounded, furniture)
        for finding in found(measure, made)
    ]
    assert not findings, report(findings)
    assert all(pair.brief.headline and pair.brief.key_points for pair in made)
