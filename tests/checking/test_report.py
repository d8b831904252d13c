import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.checking.judge import SUPPORTED
from briefing.checking.report import check_text
from tests.checking.fakes import WordVerifier

ARTICLE = [
    "Dockers in Lisbon walked out on Monday over a plan to close two piers.",
    "The harbour board said the piers lose $3m a year.",
    "Talks will resume in the spring.",
    "Ana Ruiz leads the dockers.",
]


def split(text):
    return [part.strip() + "." for part in text.split(".") if part.strip()]


def check(summary, article=ARTICLE):
    return check_text(summary, article, split, WordVerifier())


def sentences(report):
    return [c for c in report.claims if c.kind == "sentence"]


def test_a_true_summary():
    report = check("Lisbon dockers walked out on Monday. The piers lose $3m a year.")
    assert report.supported
    assert report.score > 0.6
    assert [c.evidence for c in sentences(report)] == [(0,), (1,)]


def test_a_false_sentence_sinks_it_and_says_why():
    report = check("Lisbon dockers walked out on Monday. The piers lose $4m a year.")
    assert not report.supported
    assert report.score < SUPPORTED
    wrong = [c for c in report.claims if not c.supported]
    assert {c.kind for c in wrong} == {"sentence", "number"}
    assert any("4" in c.reason for c in wrong if c.kind == "sentence")
    assert [c.supported for c in sentences(report)] == [True, False]


@pytest.mark.parametrize(
    "line",
    [
        "Dockers in Lisbon walked out on Friday over a plan to close two piers.",
        "Dockers in Madrid walked out on Monday over a plan to close two piers.",
        "Dockers in Lisbon walked out on Monday over a plan to close nine piers.",
        'The harbour board said the piers "bleed $3m a year".',
    ],
)
def test_an_invented_fact_is_refused_however_much_is_copied(line):
    assert not check(line).supported


def test_what_the_article_does_not_say_is_not_found_with_a_reason():
    report = check("Ministers praised the fishing fleet for rescuing stranded whales.")
    assert not report.supported
    (sentence,) = sentences(report)
    assert sentence.finding == "not found"
    assert sentence.reason


def test_a_refuted_part_refutes_the_whole():
    report = check("Talks will resume in the spring. Three piers lose $3m a year.")
    assert not report.supported
    assert {c.finding for c in report.claims if not c.supported} <= {"refuted", "not found"}


def test_an_article_is_supported_by_itself():
    report = check(" ".join(ARTICLE))
    assert report.supported
    assert report.score == 1.0


def test_claims_that_join_sentences():
    line = "Dockers in Lisbon led by Ana Ruiz walked out on Monday over a plan to close two piers."
    report = check(line)
    assert report.supported
    assert report.claims[0].evidence == (0, 3)


def test_spelling_of_a_tokeniser_is_no_difference():
    rough = "dockers in lisbon walked out on monday . the piers lose $ 3m a year ."
    assert check(rough).supported


@pytest.mark.parametrize(
    "summary",
    [
        "Ana Ruiz leads the dockers - 40 of them. 30 boats sail at night - most are old.",
        "dockers in lisbon walked out on monday . the piers lose $ 3m a year .",
        "Some 5, 214 dockers left `` angry '' . They did n't return .",
    ],
)
def test_claims_are_returned_as_they_were_given(summary):
    told = [claim.text for claim in sentences(check(summary))]
    assert " ".join(told) == summary
    assert len(told) == 2


def test_a_fact_has_the_sentences_that_hold_it():
    line = "Dockers in Lisbon led by Ana Ruiz walked out on Monday over a plan to close two piers."
    report = check(line)
    held = {claim.text: claim.evidence for claim in report.claims if claim.kind != "sentence"}
    assert held["Ana Ruiz"] == (3,)
    assert held["Lisbon"] == held["Monday"] == (0,)
    (lost,) = (c for c in check("Talks in Oslo will resume.").claims if c.kind == "name")
    assert (lost.finding, lost.evidence) == ("not found", ())


def test_every_claim_has_the_score_of_its_sentence():
    told = check("Talks will resume in the spring. The piers lose $4m a year.").to_dict()["claims"]
    assert all(0 <= claim["score"] <= 1 for claim in told)
    assert told[0]["score"] == 1.0


def test_a_dateline_is_asked_of_those_lines_alone_that_rest_on_it():
    verifier = WordVerifier()
    dated = ["FARO, June 3 " + ARTICLE[0], *ARTICLE[1:]]
    lines = "Dockers in Faro walked out on Monday. Ministers praised whales. Ana Ruiz slept well."
    check_text(lines, ARTICLE, split, verifier, "en", dated)
    assert len(verifier.asked) == len(set(verifier.asked))


@pytest.mark.parametrize("summary", ["", " ", "...", "!"])
def test_an_empty_summary_is_not_supported(summary):
    report = check(summary)
    assert (report.supported, report.score, report.claims) == (False, 0.0, ())


def test_without_an_article_nothing_is_supported():
    assert not check("Dockers walked out.", []).supported


@given(st.text(max_size=120))
def test_the_verdict_is_the_one_of_its_sentences(summary):
    report = check(summary)
    assert 0 <= report.score <= 1
    assert report.supported == (report.score >= SUPPORTED)
    assert report.supported == (bool(report.claims) and all(c.supported for c in sentences(report)))
    for claim in report.claims:
        assert claim.supported == (claim.finding == "supported")
    assert all(bool(c.reason) != c.supported for c in sentences(report))
    assert check(summary) == report


def test_a_sum_is_of_amounts_of_one_unit():
    texts = ["The roof took 40 hours to mend and cost 20 euros, the warden said."]
    assert not check("The roof cost 60 euros.", texts).supported


@pytest.mark.parametrize("text", ["`", "``", " -- ", "...\n`"])
def test_marks_alone_are_no_claim(text):
    report = check(text)
    assert (report.supported, report.claims) == (False, ())
