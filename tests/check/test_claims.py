from briefing.check.claims import check_text

ARTICLE = [
    "Dockers in Lisbon walked out on Monday over a plan to close two piers.",
    "The harbour board said the piers lose $3m a year.",
    "Talks will resume in the spring.",
    "Ana Ruiz leads the dockers.",
]


def split(text):
    return [part.strip() + "." for part in text.split(".") if part.strip()]


def test_a_true_summary():
    report = check_text(
        "Lisbon dockers walked out on Monday. The piers lose $3m a year.", ARTICLE, split
    )
    assert report.supported
    assert report.score > 0.8
    assert [c.evidence for c in report.claims if c.kind == "sentence"] == [(0,), (1,)]


def test_a_false_sentence_sinks_it_and_says_why():
    report = check_text(
        "Lisbon dockers walked out on Monday. The piers lose $4m a year.", ARTICLE, split
    )
    assert not report.supported
    wrong = [c for c in report.claims if not c.supported]
    assert {c.kind for c in wrong} == {"sentence", "number"}
    assert any("4" in c.reason for c in wrong if c.kind == "sentence")


def test_a_fact_from_elsewhere_in_the_article_is_found():
    report = check_text(
        "Dockers in Lisbon led by Ana Ruiz walked out on Monday over a plan to close two piers.",
        ARTICLE, split, most=1,
    )  # fmt: skip
    assert report.supported
    assert 3 in report.claims[0].evidence


def test_an_empty_summary_is_not_supported():
    report = check_text("", ARTICLE, split)
    assert (report.supported, report.score, report.claims) == (False, 0.0, ())
