import pytest

from briefing.checking import borne_out, plain_title, published_title, title_rank

BODY = [
    "Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island.",
    "Some 5,214 people backed the ferry, the returning officer said.",
]


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Harbour town votes to keep its ferry", "Harbour town votes to keep its ferry"),
        ("Live: Harbour town votes to keep its ferry", "Harbour town votes to keep its ferry"),
        ("Town votes to keep its ferry | The Alder Post", "Town votes to keep its ferry"),
        ("town votes to keep its ferry.", "Town votes to keep its ferry"),
        ("Will the town keep its ferry?", None),
        ("TOWN VOTES TO KEEP ITS FERRY", None),
        ("You won't believe what this town voted for", None),
        ("7 reasons why the ferry stays in town", None),
        ("The ferry", None),
        ("The ferry vote, explained", None),
        ("Ferry stays after vote!", None),
        ("Ferry may be old – but it stays", "Ferry may be old – but it stays"),
        ("Ferry May Be Aging — But It Stays", "Ferry May Be Aging — But It Stays"),
        ("Town votes to keep its ferry — The Alder Post", "Town votes to keep its ferry"),
        ("Town votes to keep its ferry: latest updates", "Town votes to keep its ferry"),
        ("Town votes to keep its ferry (+video)", "Town votes to keep its ferry"),
        ("Town could keep its ferry. Here’s how.", "Town could keep its ferry"),
        ("Here’s why the town keeps its ferry", None),
        ("Town Keeps Its Ferry For Immediate Release: May 3, 2024", "Town Keeps Its Ferry"),
        ("Town sells its ferry to the U.S.", "Town sells its ferry to the U.S."),
        ("Main findings of the inquiry into the ferry", None),
        (
            "Main findings back the ferry, the town says",
            "Main findings back the ferry, the town says",
        ),
    ],
)
def test_plain_titles(title: str, plain: str | None) -> None:
    assert plain_title(title) == plain


def test_a_title_in_capitals_is_one_where_its_article_is_in_capitals_too() -> None:
    title, loud = "TOWN VOTES TO KEEP ITS FERRY", [text.upper() for text in BODY]
    assert published_title(title, loud) == title
    assert published_title(title, BODY) is None
    assert published_title("WILL THE TOWN KEEP ITS FERRY?", loud) is None


@pytest.mark.parametrize(
    ("title", "held"),
    [
        ("Port Alder votes to keep its ferry", True),
        ("Harbour town votes to keep its ferry", True),
        ("Port Elm votes to keep its ferry", False),
        ("6,000 people vote to keep the ferry", False),
        ("Ministers quarrel over the price of milk", False),
    ],
)
def test_a_title_is_borne_out_by_the_article(title: str, held: bool) -> None:
    assert borne_out(title, BODY) is held


@pytest.mark.parametrize(
    ("title", "rank"),
    [
        ("Port Alder votes to keep its ferry", 2),
        ("Port Alder votes on Tuesday to keep the old ferry that sails to Grey Island each day", 1),
        ("Port Elm votes to keep its ferry", 1),
        ("How Port Alder kept its ferry", 1),
        ("3 key moments in Port Alder's ferry vote", 1),
        ("Will Port Alder keep its ferry?", 0),
        ("Ministers quarrel over the price of milk", 0),
    ],
)
def test_titles_that_tell_the_news_come_first(title: str, rank: int) -> None:
    assert title_rank(title, BODY) == rank
