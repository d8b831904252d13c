"""Furniture is told from story."""

import pytest

from briefing.plan.boilerplate import furniture


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
    ],
)
def test_story(text: str) -> None:
    assert furniture([text]) == [False]
