"""Furniture is told from story."""

import pytest

from briefing.planning.lexicon import asked, furniture, headings, mid_quotation


@pytest.mark.parametrize(
    "text",
    [
        "Read more: How the harbour was built",
        "READ MORE",
        "Sign up for our morning newsletter.",
        "Advertisement",
        "Story continues below",
        "By Ada Lindqvist and Tom Brandt",
        "FILE PHOTO: A crane at the harbour, May 2, 2019.",
        "Photo: Ada Lindqvist/Getty Images",
        "REUTERS/Ada Lindqvist",
        "(Reporting by Ada Lindqvist; Editing by Tom Brandt)",
        "Follow us on Twitter for more.",
        "January 12, 2018",
        "Tuesday, 4 March 2014 10:30 GMT",
        "https://example.org/a/b",
        "***",
        "Harbour reopens | Ferry delayed again | Council meets in June",
        "Copyright 2018 The Harwick Post. All rights reserved.",
        "Mayor Ines Calder speaks to reporters in Harwick, January 12, 2018.",
        "The harbour at dawn (Photo: AP)",
        "Ferries at the quay (Harwick Post photo: Ada Lindqvist)",
        "Mayor Ines Calder (Ada Lindqvist/Reuters)",
        "Image copyright Harwick Museum",
        "Pictured: the old terminal",
        "More: How the ferry was saved",
        "Harwick votes to close its last coal terminal Read more",
        "Click to subscribe!",
        "— Ines Calder (@inescalder) May 2, 2018",
        "Ada Lindqvist reported from Harwick.",
        "For more information, visit the harbour office.",
        "Editor's note: this is the second of three parts.",
    ],
)
def test_furniture(text: str) -> None:
    assert furniture([text]) == [True]


@pytest.mark.parametrize(
    "text",
    [
        "The council voted to close the terminal.",
        "HARWICK (Reuters) - The council voted to close the terminal.",
        "By Monday, the strike had spread to three ports.",
        "Readers more often borrow novels than histories.",
        "The Reuters/Ipsos poll asked 1,200 adults.",
        '"We share the blame," Calder said.',
        "May will meet the mayor on Friday.",
        "More than 300 people came.",
        "The vote (see the table below) was close.",
        "The council issued notes due March 1, 1999.",
        "She offered her thanks on March 5, 2018.",
    ],
)
def test_story(text: str) -> None:
    assert furniture([text]) == [False]


NOTE = "Ada Lindqvist is a reporter at the Harwick Post."


def test_who_wrote_it_is_furniture_at_the_end_only() -> None:
    story = [f"The council met {count} times." for count in range(8)]
    assert furniture([*story, NOTE])[-1]
    assert not any(furniture([NOTE, *story]))


def test_lines_in_capitals_are_headings_unless_everything_is_written_so() -> None:
    story = [f"The council met {count} times." for count in range(8)]
    assert headings([*story, "COUNCIL CLOSES TERMINAL"]) == [False] * 8 + [True]
    assert not any(headings([line.upper() for line in story]))


@pytest.mark.parametrize(
    ("note", "furnished"),
    [
        (
            'Ida Holt, the Post’s chief, is the author of "The Last Ferry," out in May.',
            True,
        ),
        ('Ida Holt is the author of the novel "The Last Ferry."', True),
        ('Ida Holt is the author of several books, including "The Last Ferry."', True),
        ('Bo Pell was the host of "Morning Kell," which the strike took off the air.', False),
        ('Ada Pell is the author of "Tides," and says the town "should have known."', False),
        (
            'Ida Holt, director of works, is an author of "sad fees," she said.',
            False,
        ),
    ],
)
def test_a_note_on_the_author_may_name_a_book(note: str, furnished: bool) -> None:
    body = ["The town kept its ferry.", "It is old.", "It runs daily."]
    assert furniture([*body, note])[-1] is furnished


def test_the_middle_of_a_quotation_is_speech() -> None:
    texts = [
        "The mayor spoke on Monday.",
        '"We must act.',
        "The people want the lake.",
        'It is theirs," she said.',
        "The council meets in May.",
        '"It will vote then.',
        "The outcome is open.",
        "Nobody else spoke.",
    ]
    flags = mid_quotation(texts, [0, 1, 1, 1, 1, 2, 2, 3])
    assert [text for text, flag in zip(texts, flags, strict=True) if flag] == [
        "The people want the lake.",
        "The outcome is open.",
    ]


def test_a_missing_mark_makes_no_speech_of_a_text() -> None:
    texts = ['It is a 5" pipe.', *("The council met." for _ in range(20))]
    assert not any(mid_quotation(texts, [0] * 21))


def test_the_mark_of_inches_opens_no_quotation() -> None:
    texts = [
        "The bridge is 12' 6\" high.",
        "A lorry hit it.",
        '"We must act.',
        "The people want it.",
        'It is theirs," Holt said.',
        "The council meets in May.",
    ]
    assert mid_quotation(texts, [0] * 6) == [False, False, False, True, False, False]


def test_what_an_interviewer_claims_is_a_question() -> None:
    turns = [
        ["Ida Moss steers the ferry of Kell.", "We met her on the quay."],
        ["The pilots say that they are worn out.", "Are they wrong?"],
        ["They are right.", "We are six and should be nine."],
        ["How many crossings are there?"],
        ["Eleven a day."],
        ["The council has no money.", "Who should pay?"],
        ["The islands."],
    ]
    plain = asked_of(turns)
    assert plain == [False, False, True, True, False, False, True, False, True, True, False]
    named = [
        [f"{'The Post' if at % 2 else 'Moss'}: {own[0]}", *own[1:]]
        for at, own in enumerate(turns[1:], 1)
    ]
    named += [["The Post: The council disagrees."], ["Moss: It has not seen our logbook."]]
    assert asked_of(named)[-2:] == [True, False]
    essay = [["Who pays?"], *([["The town does.", "It always did."]] * 9)]
    assert not any(asked_of(essay))


def asked_of(turns: list[list[str]]) -> list[bool]:
    """Whether each sentence of these paragraphs is an interviewer's."""
    numbered = [(text, at) for at, own in enumerate(turns) for text in own]
    return asked([text for text, _ in numbered], [at for _, at in numbered])
