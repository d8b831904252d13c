"""The gate's own reading of facts finds what was put wrong, and nothing else."""

import pytest

from tests.quality.samples import ORDINARY, SAMPLES, Sample
from tests.quality.stated import unsupported

CASES = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


def kinds(line: str, *sources: str) -> list[str]:
    return [kind for kind, _ in unsupported(line, sources, " ".join(sources), ORDINARY)]


@CASES
def test_a_sentence_supports_itself(sample: Sample) -> None:
    for sentence in sample.article.sentences:
        assert unsupported(sentence.text, [sentence.text], sample.whole, ORDINARY) == []


@CASES
def test_each_trap_is_seen_in_each_sentence(sample: Sample) -> None:
    for truth, lie in sample.traps.items():
        held = [s.text for s in sample.article.sentences if truth in s.text]
        assert held, truth
        for text in held:
            wrong = text.replace(truth, lie)
            assert unsupported(wrong, [text], sample.whole, ORDINARY), wrong


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("Mayor Calder won 61% of the vote", "Mayor Ines Calder won 61 per cent of the vote."),
        ("Five ferries cost $3.5m", "The 5 ferries cost 3.5 million dollars."),
        ("It closes on October 25", "The port closes on 25 October."),
        ('Calder called it "a good day"', "“This is a good day,” said Calder."),
        ("Ferries sail in May", "In May the ferries sail."),
        ("Residents may vote", "Many residents may vote in May."),
        ("The Port of Alder closes", "Calder said the Port of Alder closes."),
        ("Twenty-two ships sank", "22 ships sank."),
    ],
)
def test_the_same_fact_in_another_form_is_supported(line: str, source: str) -> None:
    assert kinds(line, source) == []


@pytest.mark.parametrize(
    ("line", "source", "kind"),
    [
        ("Ines Lindqvist won", "Ines Calder beat Hugh Lindqvist.", "name"),
        ("Quillfeather won", "The mayor won.", "name"),
        ("It fell 61 percent", "It fell by 61 people.", "number"),
        ("It cost $5 million", "It cost $5.", "number"),
        ("They won 3-2", "They won 2-3.", "number"),
        ("They lost twelve ships", "They lost twenty ships.", "number"),
        ("It opened in 1931", "It opened in 1913.", "date"),
        ("It opens on 3 May", "It opens on 2 May.", "date"),
        ("It opens on Monday", "It opens on Sunday.", "date"),
        ('She called it "bad"', "She called it bad.", "quotation"),
        ('She said "we lost all"', '"We lost," she said.', "quotation"),
    ],
)
def test_another_fact_is_not(line: str, source: str, kind: str) -> None:
    assert kinds(line, source) == [kind]


def test_a_short_form_is_a_name_where_the_article_introduces_it() -> None:
    sources = ["The union met on Monday."]
    whole = "The Union of Tram Drivers (UTD) met. The union met on Monday."
    assert unsupported("UTD met on Monday", sources, whole, ORDINARY) == []
    assert unsupported("UTC met on Monday", sources, whole, ORDINARY) == [("name", ("UTC"))]
