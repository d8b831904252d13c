import pytest

from briefing.language.chain import Chain

INTRODUCED = [
    "Returning officer Hugh Lind opened the last box at midnight.",
    "Mara Holt, head of the dockers' union, called the result a warning to the council.",
    "Captain Ana Voss told reporters that the ship was safe.",
    "She said the crew had practised the drill in May.",
    "Lind will publish the full count on Friday.",
    "Holt asked the council for a second vote.",
    "The mayor met the captain and the owner on Sunday.",
    "He said the talks would go on.",
    "Norland sold the port in 2004.",
]


@pytest.fixture
def chain(parses) -> Chain:
    return Chain(INTRODUCED, parses)


def test_a_pronoun_becomes_the_one_person_of_the_sentence_before(chain: Chain) -> None:
    found = chain.complete(3)
    assert found is not None
    assert found.text == "Captain Ana Voss said the crew had practised the drill in May."
    assert found.text[found.parts[0].start : found.parts[0].end] == "Captain Ana Voss"
    assert found.parts[0].source == 2


def test_a_surname_becomes_the_name_with_its_office(chain: Chain) -> None:
    found = chain.complete(4)
    assert found is not None
    assert found.text.endswith("Hugh Lind will publish the full count on Friday.")
    assert found.parts[0].source == 0


@pytest.mark.parametrize("index", [0, 1, 2, 6, 8])
def test_what_needs_no_name_is_left(chain: Chain, index: int) -> None:
    assert chain.complete(index) is None


def test_two_readings_give_no_name(chain: Chain) -> None:
    assert chain.complete(7) is None


def test_two_people_of_one_surname_give_no_name(parses) -> None:
    texts = [
        "Minister Ada Holt met her rival in Lorne.",
        "Banker Ben Holt watched from the gallery.",
        "Holt left before noon.",
    ]
    assert Chain(texts, parses).complete(2) is None
