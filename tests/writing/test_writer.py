"""The writer: one call for all sections that decode alike, results in order, duplicates gone."""

import pickle
from dataclasses import replace

import pytest

from briefing.errors import ModelError
from briefing.models import Decoding, Failed
from briefing.sections import Section
from briefing.writing import LineRequest, Writer, choose_family
from tests.fakes import FakeBackend, every_section


def requests() -> list[LineRequest]:
    return [
        LineRequest(Section.CONTEXT, ("The third.",), 20),
        LineRequest(Section.HEADLINE, ("The first.",), 10),
        LineRequest(Section.KEY_POINTS, ("The second.", "And more."), 20),
    ]


def test_sections_that_decode_alike_go_to_the_model_in_one_call() -> None:
    backend = FakeBackend(lambda prompt: [prompt])
    family = every_section()
    alike = {s: replace(p, decoding=Decoding()) for s, p in family.sections.items()}
    found = Writer(backend, replace(family, sections=alike)).write(requests())
    assert len(backend.asked) == 1
    assert [line[0].text for line in found] == [
        "<context><clean><l5>The third.",
        "<headline><l2>The first.",
        "<point><l5>The second.<sep>And more.",
    ]


def test_a_section_of_an_article_is_a_batch() -> None:
    class Batches(FakeBackend):
        def generate(self, batches, decoding):
            sizes.append([len(batch) for batch in batches])
            return super().generate(batches, decoding)

    sizes: list[list[int]] = []
    asked = [LineRequest(Section.CONTEXT, (f"Sentence {n}.",), 20, n // 3) for n in range(5)]
    found = Writer(Batches(lambda prompt: [prompt]), every_section()).write(asked)
    assert sizes == [[3, 2]]
    assert [f"Sentence {n}." in lines[0].text for n, lines in enumerate(found)] == [True] * 5


def test_families_with_different_decoding_still_answer_in_order() -> None:
    backend = FakeBackend(lambda prompt: [prompt])
    found = Writer(backend, choose_family("google/flan-t5-small", "t5")).write(requests())
    assert len(backend.asked) == 2
    assert ["third" in found[0][0].text, "first" in found[1][0].text] == [True, True]


def test_the_same_line_counts_once_and_empty_lines_not_at_all() -> None:
    backend = FakeBackend(lambda prompt: ["A  line.", "A line.", "", " \n", "Another."])
    (found, *_) = Writer(backend, every_section()).write(requests())
    assert [hypothesis.text for hypothesis in found] == ["A line.", "Another."][: len(found)]
    assert found[0].score > found[-1].score or len(found) == 1


def test_no_jobs_no_call() -> None:
    backend = FakeBackend(lambda prompt: [prompt])
    assert Writer(backend, every_section()).write([]) == []
    assert backend.asked == []


class Failing(FakeBackend):
    """Fails on the prompts that have ``word`` in them."""

    def __init__(self, word: str, error: ModelError | None) -> None:
        super().__init__(lambda prompt: [prompt])
        self.word = word
        self.error = error

    def generate(self, batches, decoding):
        prompts = [prompt for batch in batches for prompt in batch]
        found = super().generate(batches, decoding)
        failed = Failed((), "too warm", self.error)
        return [failed if self.word in p else f for p, f in zip(prompts, found, strict=True)]


def test_a_request_of_which_a_prompt_failed_keeps_its_lines_and_the_reason() -> None:
    found = Writer(Failing("<clean>", None), every_section()).write(requests())
    context, headline, points = found
    assert isinstance(context, Failed)
    assert not context
    assert not isinstance(headline, Failed)
    assert isinstance(points, Failed)
    assert [line.text for line in points] == ["<point><l5>The second.<sep>And more."]
    assert points.reason == "too warm"


def test_a_writer_that_has_no_answer_at_all_raises_what_its_back_end_says() -> None:
    with pytest.raises(ModelError, match="refused"):
        Writer(Failing("<", ModelError("refused")), every_section()).write(requests())
    found = Writer(Failing("<", None), every_section()).write(requests())
    assert [len(lines) for lines in found] == [0, 0, 0]
    assert Writer(Failing("<", ModelError("refused")), every_section()).write([]) == []


def test_a_failure_can_be_pickled() -> None:
    again = pickle.loads(pickle.dumps(Failed((), "too warm", ModelError("refused"))))
    assert (again, again.reason, str(again.error)) == ((), "too warm", "refused")
