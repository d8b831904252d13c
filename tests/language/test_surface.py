import pytest

from briefing.language.parse import surface

CASES = [
    (
        "The mayor, who was elected in May, resigned on Friday.",
        {"who", "was", "elected", "in", "May"},
        "The mayor resigned on Friday",
    ),
    (
        "A bright evening in the harbour ended early, police said.",
        {"bright", "police", "said"},
        "An evening in the harbour ended early",
    ),
    (
        "The Northern Harbour Union (NHU), a trade arm of that party, will keep its boats.",
        {"a", "trade", "arm", "of", "that", "party"},
        "The Northern Harbour Union (NHU) will keep its boats",
    ),
    (
        "Dr Ben Sund, senior surgeon at Kell, who was 60, has left the clinic.",
        {"senior", "who", "was", "60"},
        "Dr Ben Sund, surgeon at Kell, has left the clinic",
    ),
    (
        "The firm paid $3 million, or 4 % of its sales, to the union.",
        {"or", "4", "of", "its", "sales"},
        "The firm paid $3 million to the union",
    ),
    (
        "In March, the court in Lorne freed the clerk.",
        {"in", "Lorne"},
        "In March, the court freed the clerk",
    ),
    (
        'Holt called the plan "slow and dear," citing figures, editors said.',
        {"citing", "figures", "editors", "said"},
        'Holt called the plan "slow and dear"',
    ),
    (
        "The reason is a “new sailing model,” she said.",
        {"she", "said"},
        "The reason is a “new sailing model”",
    ),
    (
        "When asked about the bleach, Holt said “It would not be through injection.",
        {"When", "asked", "about", "the", "bleach"},
        "Holt said “It would not be through injection”",
    ),
    (
        'The plan has failed," Holt said on Monday.',
        {"on", "Monday"},
        "The plan has failed, Holt said",
    ),
]


@pytest.mark.parametrize(("source", "gone", "line"), CASES)
def test_punctuation_is_put_right(parse, source: str, gone: set[str], line: str) -> None:
    found = parse(source)
    left = list(gone)
    kept = []
    for at, word in enumerate(found.words):
        if word in left and not (word == "in" and at < 2):
            left.remove(word)
        else:
            kept.append(at)
    assert surface(found, [at for at in kept if found.is_word[at]]) == line
