import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.check.claims import check_text, examine
from briefing.check.judgement import BAR

ARTICLE = [
    "Dockers in Lisbon walked out on Monday over a plan to close two piers.",
    "The harbour board said the piers lose $3m a year.",
    "Talks will resume in the spring.",
    "Ana Ruiz leads the dockers.",
]


def split(text):
    return [part.strip() + "." for part in text.split(".") if part.strip()]


def check(summary, **options):
    return check_text(summary, ARTICLE, split, **options)


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
    assert report.score < BAR
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


def test_what_the_article_does_not_say_is_refused_with_a_reason():
    report = check("Ministers praised the fishing fleet for rescuing stranded whales.")
    assert not report.supported
    assert sentences(report)[0].reason


def test_an_invented_number_never_raises_the_score():
    for line in ARTICLE:
        more = line.replace("piers", "17 piers").replace("spring", "spring of 1987")
        more = more.replace("leads the", "leads the 90")
        assert more != line
        assert check(more).score < check(line).score


def test_a_fact_from_elsewhere_in_the_article_is_found():
    report = check(
        "Dockers in Lisbon led by Ana Ruiz walked out on Monday over a plan to close two piers.",
        most=1,
    )
    assert report.supported
    assert 3 in report.claims[0].evidence


def test_spelling_of_a_tokeniser_is_no_difference():
    rough = "dockers in lisbon walked out on monday . the piers lose $ 3m a year ."
    assert check(rough).supported
    assert [line.verdict.supported for line in examine(rough, ARTICLE, split)] == [True, True]


@pytest.mark.parametrize("summary", ["", " ", "...", "!"])
def test_an_empty_summary_is_not_supported(summary):
    report = check(summary)
    assert (report.supported, report.score, report.claims) == (False, 0.0, ())


def test_without_an_article_nothing_is_supported():
    assert not check_text("Dockers walked out.", [], split).supported


@given(st.text(max_size=120))
def test_the_verdict_is_the_one_of_its_sentences(summary):
    report = check(summary)
    assert 0 <= report.score <= 1
    assert report.supported == (report.score >= BAR)
    assert report.supported == (bool(report.claims) and all(c.supported for c in sentences(report)))
    assert all(bool(c.reason) != c.supported for c in sentences(report))
    assert check(summary) == report
