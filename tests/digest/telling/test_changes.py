"""What a new version of an article says: updates of many kinds, and changes that say nothing."""

import pytest

from briefing.digest import Item
from briefing.digest.telling.changes import compare, furniture_of, is_notice, key_of

REST = (
    "Wendholm lies at the mouth of the Arne, forty kilometres from the capital. It has two "
    "shipyards and a brewery. The mayor has been in office since 2019. Fog delayed trains on "
    "Monday. The old theatre is being rebuilt with money from a lottery."
)
NEWS = [
    (
        "Two workers were taken to hospital with burns.",
        "Two workers died of their burns in hospital.",
    ),
    ("Police say the cause is unknown.", "Police say the cause was arson."),
    (
        "The yard employs 900 people.",
        "The yard employs 900 people.\n\nIts owner filed for bankruptcy on Tuesday evening.",
    ),
    ("The vote is expected on Thursday.", "The vote was postponed until next week."),
    ("The minister will not attend.", "The minister will attend."),
    ("Shares closed 3.2 percent lower.", "Shares closed 3.2 percent higher."),
    ("A 34-year-old woman was detained.", "A 43-year-old woman was detained."),
    ("The agreement covers most of the staff.", "The agreement covers all of the staff."),
    ("The storm could reach the coast by noon.", "The storm reached the coast at noon."),
    ("The bank raised its rate to 4 percent.", "The bank kept its rate at 3.75 percent."),
    ("Officials in Georgia confirmed the case.", "Officials in Florida confirmed the case."),
    ("The court acquitted Mr Bram of fraud.", "The court convicted Mr Bram of fraud."),
    (
        "The trial lasted eight weeks.",
        "The trial lasted eight weeks. CORRECTION: This story misstated the dose.",
    ),
    (
        "The film was shot in Norway.",
        "The film was shot in Norway.\n\nEditor's note: A previous version of this was wrong.",
    ),
    ("The company said it is in talks.", "The company said talks had collapsed."),
    ("Le maire a démissionné lundi.", "Le maire a démissionné mardi."),
    ("El incendio dejó tres heridos.", "El incendio dejó tres muertos."),
    ("De brand is nog niet onder controle.", "De brand is onder controle."),
    ("Rescue teams are searching for five hikers.", "Rescue teams found all five hikers safe."),
    (
        "Anna Vries, the finance minister, proposed the levy.",
        "Anna Vries, the former finance minister, proposed the levy.",
    ),
    ("One person was injured in the blaze.", "Three people were injured in the blaze."),
    ("The council voted to close the ferry.", "The council voted to keep the ferry."),
    ("Hale allegedly took the money.", "Hale took the money."),
    ("Turnout was 61 percent.", "Turnout was 65 percent."),
    ("Troops crossed into Iran.", "Troops crossed into Iraq."),
    ("Harl beat Sunde 2-0 in the semi-final.", "Sunde beat Harl 2-0 in the semi-final."),
    ("The union sued the shipyard over pay.", "The shipyard sued the union over pay."),
    ("The thief fled in a blue van.", "The thief fled in a red van."),
    ("A guard saw a dog in the yard.", "A guard saw a cat in the yard."),
    ("The strike was legal, a court ruled.", "The strike was illegal, a court ruled."),
    ("The bridge was closed at noon.", "The bridge was reopened at noon."),
    ("The council met in the evening.", "The council met in the afternoon."),
    ("The depot burned.", "The depot burned. A watchman shot at the thieves, and hit a car."),
    ("The road was closed.", "The army closed the road."),
    ("The mayor was sued.", "Trains sued the brewery."),
]
NO_NEWS = [
    ("The yard employs about 900 people.", "The yard employs about 900 people ."),
    ("“It was over in minutes,” she said.", '"It was over in minutes", she said.'),
    ("The 34-year-old was detained.", "The 34 year old was detained."),
    ("The meetting was cancelled.", "The meeting was cancelled."),
    (
        "Published 10:20 CET. Last updated 11:45 CET.",
        "Published 10:20 CET. Last updated 15:05 CET.",
    ),
    (
        "The committee which met on Monday rejected it.",
        "The committee that met on Monday rejected it.",
    ),
    ("The council bought a new car.", "The council purchased a new car."),
    ("The labour party backed it.", "The Labour Party backed it."),
    ("Five hundred people came.", "500 people came."),
    ("The U.K. government agreed.", "The UK government agreed."),
    ("The mayor, Ilse Brandt, spoke.", "Mayor Ilse Brandt spoke."),
    ("He can not come.", "He cannot come."),
    ("It rained, it snowed.", "It rained; it snowed."),
    ("Read more: Shipyard closes", "Read more: Brewery opens"),
    (
        "The driver was not hurt.\n\nTwo cars burned.",
        "Two cars burned.\n\nThe driver was not hurt.",
    ),
    ("They met on 3 March.", "They met on March 3."),
    ("She earned $5m.", "She earned $5 million."),
    ("Gordon Hensley was there.", "Gordon Hensly was there."),
    ("It begins at 5 pm.", "It begins at 5pm."),
    ("The defence minister resigned.", "The defense minister resigned."),
    ("Guards left.", "Guards left. Sign up for our letter to get such stories every day."),
    ("Guards left.", "Guards left. This is a developing story. Please check back for more."),
    ("Guards left.", "Guards left. Photo: Mia Torp/Alder Press."),
    ("Guards left.", "Guards left. Subscribe to read the full story in our app."),
    ("Guards left.", "Guards left. More details to follow."),
    ("The old mill was sold by auction.", "By auction the old mill was sold."),
    (
        "The quay was shut for six hours on Friday.",
        "The mayor shut the quay for six hours on Friday.",
    ),
    ("Harl and Sunde met twice.", "Sunde and Harl met twice."),
]
TITLES = [
    ("Shipyard fire in Wendholm", "Fire at Wendholm shipyard", False),
    ("Shipyard fire in Wendholm: two dead", "Shipyard fire in Wendholm: four dead", True),
    ("Shipyard fire in Wendholm", "BREAKING: Shipyard fire in Wendholm", False),
    ("Yard owner arrested", "Yard owner released without charge", True),
    ("Wendholm mayor under pressure", "Wendholm mayor resigns over shipyard deal", True),
    ("Two burned in fire at Wendholm shipyard", "Wendholm shipyard fire leaves two burned", False),
    ("Minister and two aides under fire", "Minister leaves after two aides resign", True),
    ("Harl beats Sunde 2-0", "Sunde beats Harl 2-0", True),
]


def item(body: str, title: str = "Shipyard fire in Wendholm") -> Item:
    return Item("1", None, title, None, f"{body}\n\n{REST}")


@pytest.mark.parametrize(("before", "after"), NEWS)
def test_what_says_something_new(before: str, after: str) -> None:
    found = compare(item(before), item(after))
    assert found.said
    assert not found.rewritten
    # A line that cites it is new, and nothing else is.
    assert set(found.texts.values()).isdisjoint(REST.split(". "))


@pytest.mark.parametrize(("before", "after"), NO_NEWS)
def test_what_says_nothing_new(before: str, after: str) -> None:
    assert compare(item(before), item(after)).said == {}


@pytest.mark.parametrize(("before", "after", "new"), TITLES)
def test_titles_are_often_rewritten(before: str, after: str, new: bool) -> None:
    found = compare(item("Text stays.", before), item("Text stays.", after))
    assert found.said == ({0: before} if new else {})


TEASER = "The story of the day in Wendholm, as far as it is known so far."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Two held over theft", "Two charged over theft"),
        ("Strike begins", "Strike ends"),
        ("Minister under fire", "Minister resigns"),
        ("Rovers face United in final", "Rovers beat United in final"),
        ("Ferry to be saved", "Ferry to be sold"),
    ],
)
def test_a_word_of_a_title_above_a_teaser_is_news(before: str, after: str) -> None:
    old, new = (Item("1", None, title, None, TEASER, extent="teaser") for title in (before, after))
    assert compare(old, new).said == {0: before}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Two held over theft", "Two Held Over Theft"),
        ("Strike begins at shipyard", "Strike begins at shipyrad"),
        ("Strike at shipyard begins", "Shipyard strike begins"),
        ("Mayor quits after row", "Mayor quit after a row"),
        ("Strike begins", "LIVE: Strike begins"),
    ],
)
def test_case_typos_and_order_of_a_title_are_not(before: str, after: str) -> None:
    old, new = (Item("1", None, title, None, TEASER, extent="teaser") for title in (before, after))
    assert compare(old, new).said == {}


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("Correction: the ship was built in 1988.", True),
        ("This article was amended to correct the age of the captain.", True),
        ("An earlier version of this report said that two had died.", True),
        ("In einer früheren Version hieß es, zwei Menschen seien gestorben.", True),
        ("Berichtigung: Das Schiff wurde 1988 gebaut.", True),
        ("The prison is a house of correction: it holds 80 men.", False),
        ("CORRECTED-Shipyard fire kills two", True),
        ("Correction, 30 November: the ship was built in 1988.", True),
        ("Corrections, courts and police: three departments face cuts.", False),
    ],
)
def test_corrections_are_known_by_their_words(text: str, notice: bool) -> None:
    assert is_notice(text) is notice


def test_passages_begin_with_what_was_said_otherwise() -> None:
    more = " ".join(f"Inspector {name} will look into it." for name in ("Ahlers", "Brix", "Cruse"))
    change = compare(item("Two men died."), item(f"{more} Four men died.")).change(7)
    assert [passage.before for passage in change.passages] == ["Two men died.", None, None]
    assert {passage.after.article for passage in change.passages} == {7}


def test_what_was_said_before_stands_before_one_passage_only() -> None:
    after = (
        "Two men died in the fire in the yard on Monday, police said. "
        "A third man died in the fire in the yard on Tuesday, doctors said."
    )
    former = "One man died in the fire in the yard on Monday, police said."
    found = compare(item(former), item(after))
    said = {found.texts[at]: before for at, before in found.said.items()}
    first, second = after.split(". ")
    assert said[f"{first}."] == former
    assert said[second] is None


def test_a_sentence_that_several_articles_get_at_once_is_of_the_site() -> None:
    new = "Our newsroom has an app with which readers follow stories."
    pairs = [(item(f"{name} sank."), item(f"{name} sank. {new}")) for name in ("A", "B", "C")]
    furniture = furniture_of(pairs)
    assert furniture == {key_of(new)}
    assert furniture_of(pairs[:2]) == frozenset()
    assert compare(*pairs[0]).said
    assert not compare(*pairs[0], furniture).said


def test_a_page_that_tells_something_else_is_rewritten() -> None:
    other = " ".join(f"Quartet number {n} opened its season in Halle with Haydn." for n in range(9))
    other += " Critics praised the cellist, the hall, the programme, the encore and the tempo. "
    other += "Tickets, recordings, scores, souvenirs, posters, brochures sold quickly everywhere."
    found = compare(item("Two men died."), Item("1", None, "A quartet", None, other))
    assert found.rewritten


@pytest.mark.parametrize("body", ["", "…", "<", "\n"])
def test_versions_without_a_sentence_can_be_compared(body: str) -> None:
    empty = Item("1", None, None, None, body)
    assert compare(empty, empty).said == {}
    assert compare(item("Two men died."), empty).said == {}
    assert compare(empty, item("Two men died.")).said
