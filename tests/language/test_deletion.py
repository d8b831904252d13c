"""What may be left out of a sentence, on sentences of our own: one for each kind of fault."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.checking import licence
from briefing.language import parses_for
from briefing.language.deletion import Deletion
from briefing.language.reference import body
from briefing.language.word_lists import word_class

PARSES = parses_for("en")
HELD_OUT = Path(__file__).with_name("held_out_cuts.jsonl")
LEAST = {"true": 0.58, "false": 0.96, "bad_form": 0.97}
"""Shares that were reached on pairs which no rule was written on; raise them, never lower them."""


def granted(line: str, source: str, *, headline: bool = False) -> bool:
    found = licence(line, [source], PARSES, headline=headline)
    assert found is not None
    return found.granted


SOUND = [
    (
        "The bank will close its branch in Kell.",
        "The bank -- founded in Orlow in 1890 -- will close its branch in Kell.",
    ),
    (
        "The council sold one ferry in May.",
        "The council, which has no money for other ships, sold one ferry in May.",
    ),
    (
        "Residents of Port Alder voted to keep the ferry.",
        "Residents of Port Alder voted on Tuesday to keep the ferry, rejecting a plan to sell it.",
    ),
    (
        "The brewer will buy Lindal Malt for 90 million crowns.",
        "The brewer will buy its oldest supplier Lindal Malt for 90 million crowns.",
    ),
    (
        "The river bursts its banks every spring.",
        "The river bursts its banks every spring, farmers told the board.",
    ),
    (
        "Mayor Ines Calder resigned on Friday.",
        "Mayor Ines Calder, who took office in 2019, resigned on Friday after weeks of protest.",
    ),
    (
        "The gallery bought 12 drawings.",
        "The gallery bought 12 drawings that were found in an attic in 2004.",
    ),
    (
        "Two rowers drowned when their boat sank.",
        "Two rowers from Kell drowned on Sunday when their boat sank in a storm, police said.",
    ),
    (
        "The law bans the sale of fireworks.",
        "The law bans the making, import and sale of fireworks.",
    ),
    (
        "Four sailors died in the storm.",
        "Four sailors died in the storm, according to the coastguard.",
    ),
    (
        "The ferry was sold, the mayor said.",
        "By Monday the ferry was sold, the mayor said.",
    ),
    (
        "A tram hit a bus in Lorne on Monday.",
        "A tram hit a bus in Lorne on Monday, injuring nine passengers, two of them badly.",
    ),
]
FALSE = {
    "participle before its noun": (
        "Rising fuel prices and the crown hit the shipping line",
        "Rising fuel prices and the sinking crown hit the shipping line on Monday.",
    ),
    "speaker taken for a noun": (
        "Norland suffered a weekend of protests against plans to raise fares",
        "Norland suffered a weekend of protests against plans to raise fares, local press reports.",
    ),
    "clause of a relative one": (
        "Ida Wrenn was tired of the talks, sold the ferry.",
        "Ida Wrenn, who friends told the Courier was tired of the talks, sold the ferry.",
    ),
    "particle": (
        "The owners of the old mill came up.",
        "The owners of the old mill came up with a new plan.",
    ),
    "subject of the next clause": (
        "There is a fair way to deal with islanders.",
        "There is a fair way to deal with the ferry and islanders want that done.",
    ),
    "other than what": (
        "The law bans churches and other groups from giving money.",
        "The law bans churches and other tax-exempt groups from giving money.",
    ),
    "office": (
        "Ida Holt today asked for a new ferry.",
        "Senator Ida Holt today asked for a new ferry.",
    ),
    "up to": (
        "The law bans a service that is said to cost up.",
        "The law bans a service that is said to cost up to nearly $2 million a year.",
    ),
    "in effect": (
        "The court ruled that the sale was void.",
        "The court effectively ruled that the sale was void.",
    ),
    "one source": (
        "Ida Wrenn wrote notes on the talks.",
        "Ida Wrenn wrote notes on the talks, a person close to the captain said on Monday.",
    ),
    "participle of a deleted noun": (
        "The weak economy of Norland is the main cause expected to slow to 2 percent.",
        "The weak economy of Norland is the main cause with demand there expected to slow to 2 "
        "percent.",
    ),
    "what its speaker did not say": (
        "Ida Wrenn was born in the port of Kell, says Wrenn.",
        'Ida Wrenn was born in the port of Kell, a town of fishermen -- "the reason why most of us '
        'can swim," says Wrenn.',
    ),
    "first of two times": (
        "Anger has grown among sailors since May, at first over pay.",
        "Anger has grown among sailors since May, at first over pay and then over the new ships.",
    ),
    "one of two verdicts": (
        "Sund was jailed twice, but a court of appeal overturned one verdict.",
        "Sund was jailed twice, but a court of appeal overturned one verdict, and the king lifted "
        "the other.",
    ),
    "contrast behind a semicolon": (
        "The town does not owe money because it has ferries.",
        "The town does not owe money because it has ferries; it owes money because it sold them.",
    ),
    "parts joined over a dash": (
        "The board looks at the problem of old ships given a chart and a crew.",
        "The board looks at the problem of old ships – for example, given a chart and a crew, it "
        "asks which to sell.",
    ),
    "parts joined over a colon": (
        'Visitors saw an enormous banner "KEEP OUT OF KELL".',
        'Visitors saw an enormous banner, hung across the quay, with a plain message: "KEEP OUT OF '
        'KELL".',
    ),
    "indefinite apposition without its clause": (
        "The board voted to spend 4 million, a plan.",
        "The board voted to spend 4 million, a plan that fishermen had asked for.",
    ),
    "speaker between the parts of a claim": (
        "Until the council pays, it risks being seen as weak.",
        "Until the council pays, she said, it risks being seen as weak.",
    ),
    "speaker in a clause with as": (
        "The theft of nets is a serious threat to the town.",
        "As we noted in our letter of May, the theft of nets is a serious threat to the town.",
    ),
    "whose word it is that something goes on": (
        "The firms are letting spies read the mail of sailors.",
        "The firms are letting spies read the mail of sailors, according to an inquiry.",
    ),
    "phrase that opens a clause": (
        "The new ferries reach the island, they will have cost 12 million.",
        "By the time the new ferries reach the island, they will have cost 12 million.",
    ),
    "free relative clause": (
        "The rest of the town calls a gift.",
        "The row began with what the bank calls a loan and the rest of the town calls a gift.",
    ),
    "participle in another form": (
        "Old ferries are often overlooking.",
        "As museums, old ferries are often overlooked.",
    ),
    "joined over a conjunction": (
        'Ben Sund director Ada Holt has called it "a joke".',
        'Lorne have said Kell made a bid for Ben Sund - but director Ada Holt has called it "a '
        'joke".',
    ),
    "clause joined to another noun's": (
        "Kell Media runs the Gazette and whose silence was bought in May.",
        "Kell Media runs the Gazette, which paid two women who say that they knew the mayor and "
        "whose silence was bought in May.",
    ),
    "exception at the end": (
        "The papers were full of shocks that turned out to be anything.",
        "The papers were full of shocks that turned out to be anything but.",
    ),
    "subject taken for an aside": (
        "Facing three scandals on Thursday rejected calls for an inquiry.",
        "Facing three scandals that threaten to swamp his second term, President Ben Sund on "
        "Thursday rejected calls for an inquiry into the port.",
    ),
    "clauses run together": (
        "Lorne held a meeting Holt named three causes.",
        "Lorne held a meeting, during which Holt named three causes.",
    ),
    "hedge": (
        "Lorn led the poll, outspending her rival.",
        "Lorn led the poll, almost certainly outspending her rival.",
    ),
    "adverb under a denial": (
        "Streams that are not linked to the harbour lose their shield.",
        "Streams that are not directly linked to the harbour lose their shield.",
    ),
    "kind of a supposition": (
        "Traders warned that an exit would be a disaster.",
        "Traders warned that a hard exit would be a disaster.",
    ),
    "hedge on a kind": (
        "Lorn sought an end to the policy toward the islands.",
        "Lorn sought an end to the allegedly harsh policy toward the islands.",
    ),
    "whose forecast": (
        "Kell will lose 2,018 jobs.",
        "According to the ministry's new plan, Kell will lose 2,018 jobs.",
    ),
    "premise": (
        "Small streams will lose their shield.",
        "Under the council's new plan, small streams will lose their shield.",
    ),
    "example": (
        "The island had a bank, but it closed.",
        "The island had a bank like this, but it closed.",
    ),
    "limit in time": (
        "The council will pay for the shelters.",
        "The council will pay for the shelters until June.",
    ),
    "one of two senators": (
        "Sens. Ada Holt announced that the island will get a bridge.",
        "Sens. Ada Holt and Ben Sund announced that the island will get a bridge.",
    ),
    "clause of another noun": (
        "Anger at the guards that showed a boy in chains has left the town divided.",
        "Anger at the guards, including in the wake of a film that showed a boy in chains, has left"
        " the town divided.",
    ),
    "schedule": (
        "The lease of the pier runs out and the council has not met the owner.",
        "The lease of the pier runs out on Friday and the council has not met the owner.",
    ),
    "what limits an office": (
        "Mayor Ida Holt sold the ferry in May.",
        "Former Norland town Mayor Ida Holt sold the ferry in May.",
    ),
    "what denies a possibility": (
        "Ida Holt may have talked with the bank about a loan.",
        "Ida Holt may have talked with the bank about a loan, but that never happened.",
    ),
    "degree of a denial": (
        "The mill is not as old as the town.",
        "The mill is not quite as old as the town.",
    ),
    "contrast": (
        "The owner closed the mine not because it lost money.",
        "The owner closed the mine not because it lost money but because the roof was unsafe.",
    ),
    "contrast of times": (
        "The owner closed the mine not in May.",
        "The owner closed the mine not in May but in June.",
    ),
    "time clause": (
        "Ada Lorn takes the chair.",
        "The moment Ada Lorn takes the chair on Monday, the clock starts on her first reform.",
    ),
    "frame": (
        "Masters fined their apprentices in the yards.",
        "In the guild era, masters fined their apprentices in the yards of Kell.",
    ),
    "half a quotation": (
        "Look at your ledgers, Lorn told owners.",
        'Look at your ledgers again," Lorn told owners on Monday.',
    ),
    "negation": (
        "The firm has sold its mines.",
        "The firm has not sold its mines, a spokesman said.",
    ),
    "condition": (
        "The school will close in June.",
        "The school will close in June unless the town finds a buyer.",
    ),
    "exception": (
        "All shops will open on Sunday.",
        "All shops except bakeries will open on Sunday.",
    ),
    "restriction": (
        "The vaccine stops the disease.",
        "The vaccine stops the disease in pigs, the institute said.",
    ),
    "generic subject": (
        "Buses will run on Sunday.",
        "Buses in Lorne will run on Sunday.",
    ),
    "quantifier": (
        "The voters want a bridge.",
        "Hardly any of the voters want a bridge.",
    ),
    "half": (
        "Half of the nurses want to strike.",
        "Less than half of the nurses want to strike.",
    ),
    "privative": (
        "Police questioned the minister of trade.",
        "Police questioned the former minister of trade.",
    ),
    "so-called": (
        "The peace plan would cost 40 lives.",
        "The so-called peace plan would cost 40 lives, its critics fear.",
    ),
    "speaker": (
        "The bank had hidden its losses for years.",
        "Union leader Mia Holt said the bank had hidden its losses for years.",
    ),
    "whose report": (
        "The mayor of Kell has resigned after a long recount.",
        "The mayor of Kell has resigned after a long recount, according to reports.",
    ),
    "attitude": (
        "The clerk had burned the letters.",
        "The clerk denied that she had burned the letters.",
    ),
    "plan": (
        "The club buys a new striker.",
        "The club failed to buy a new striker.",
    ),
    "number role": (
        "The fare rises to 30 crowns.",
        "The fare rises from 30 crowns to 45 crowns in May.",
    ),
    "moved adjunct": (
        "The clerk pleaded guilty in March.",
        "The clerk pleaded guilty on Monday to burning the letters of her rival in March.",
    ),
    "list member": (
        "The prize was shared by Ada Holt.",
        "The prize was shared by Ada Holt, Ben Rye and Cora Lund.",
    ),
    "first since": (
        "The team won its first match.",
        "The team won its first match since March.",
    ),
    "denied time": (
        "The new line is not expected.",
        "The new line is not expected before the autumn.",
    ),
    "possessor": (
        "The senator was fined for fraud.",
        "The senator's brother was fined for fraud.",
    ),
    "comparison": (
        "The firm sold more vans.",
        "The firm sold more vans than its rival in May.",
    ),
    "lifted question": (
        "A toll would cut the traffic.",
        "The mayor was asked whether a toll would cut the traffic.",
    ),
}
BROKEN = [
    (
        "Ada Lorn took strong issue despite the rain.",
        "Ada Lorn took strong issue with the plan of the harbour board, despite the rain.",
    ),
    (
        "The islanders have formed a league of ports -- spanning 13th.",
        "The islanders have formed a league of ports -- spanning 13th Avenue and the old pier.",
    ),
    (
        "The port has won its third case and this time.",
        "The port has won its third case and this time, the bank is likely to pay.",
    ),
    (
        "Around April 2012, the bank began asking Holt about the loans, and starting in July of"
        " that year.",
        "Around April 2012, the bank began asking Holt about the loans, and starting in July of"
        " that year, Holt began taking less.",
    ),
    (
        "Lorn made the statement on the floor of the harbour hall today.",
        "Lorn made the following statement on the floor of the harbour hall today.",
    ),
    (
        "The council's friends have told to save the pier.",
        "Of all the tales the council's friends have told to save the pier, the worst is that it"
        " pays.",
    ),
    (
        "Holt, 80, TV show “The Old Pier,” faces up to ten years in prison.",
        "Holt, 80, best known as the father from the 1980s TV show “The Old Pier,” faces up to ten"
        " years in prison.",
    ),
    (
        "There is a fair way to deal with the ferry and islanders.",
        "There is a fair way to deal with the ferry and islanders want that done.",
    ),
    (
        "The port is full, and several new rules — such as the ban on vans.",
        "The port is full, and several new rules — such as the ban on vans — were unjust.",
    ),
    (
        "The court fined the clerk in part.",
        "The court fined the clerk in part because he had burned the letters.",
    ),
    (
        "The clerk used the pier to store official.",
        "The clerk used the pier to store official — and, as the court heard later, secret — "
        "papers.",
    ),
    (
        "The harbour committee today approves of 2005 by voice vote.",
        "The harbour committee today approved the Pier and Ferry Conservation Act of 2005 by voice"
        " vote.",
    ),
    (
        "A strike has closed the mines of Kell, Lorne and Alder, told the Courier.",
        "A strike has closed the mines of Kell, Lorne and Alder, the pay secretary of the Northern"
        " Miners Federation, Bo Pell, told the Courier.",
    ),
    (
        "Lorn began the week with two reports — by the bank and by the port.",
        "Lorn began the week with two reports — by the bank and by the port — showing a rise.",
    ),
    (
        "Lorn read the list on Friday.",
        "Lorn read the following list on Friday:",
    ),
    ("The court charged the clerk.", "The court charged the clerk with burning 200 letters."),
    ("Eva Holm, accused of theft.", "Eva Holm, accused of theft, was cleared by the court."),
    ("The council is set to remain.", "The council is set to remain in office until May."),
    ("The strike put the shipyard.", "The strike put the shipyard at risk of closure."),
    ("The board decided to.", "The board decided to close the mine in May."),
    ("The price of bread rose, compared.", "The price of bread rose, compared with last year."),
    ("Founded in 1901 by Eli Rye.", "Founded in 1901 by Eli Rye, the club won two cups."),
    ("Whether the founder was ill.", "The question is whether the founder was ill."),
    ("The town continues to pour oil.", "The town continues to pour oil on the flames."),
    ("The witness failed.", "The witness failed to name the driver of the van."),
]


@pytest.mark.parametrize(("line", "source"), SOUND)
def test_a_sound_cut_is_licensed(line: str, source: str) -> None:
    assert granted(line, source)


HEADLINES = {
    "noun joined to the thing given": (
        "The old mills lend the town New Harbour feel",
        "The old mills lend the town a seductive, New Harbour feel.",
    ),
    "one of two senators": (
        "Sens. Ida Holt (D-ME) today announced new ferries",
        "Sens. Ida Holt (D-ME) and Bo Pell (R-ME) today announced new ferries.",
    ),
}


@pytest.mark.parametrize("kind", HEADLINES)
def test_a_headline_that_says_something_else_is_refused(kind: str) -> None:
    assert not granted(*HEADLINES[kind], headline=True)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (
            "Shares were down on Monday.",
            "Shares were down on Monday as Kell Ferries reported a loss of 4 million crowns.",
        ),
        (
            "The repair made the ferry safe.",
            "The repair made the ferry, which had leaked for years, safe.",
        ),
    ],
)
def test_what_only_looks_like_a_speaker_or_a_phrase_may_go(line: str, source: str) -> None:
    found = licence(line, [source], PARSES)
    assert found is not None
    assert not {"lost-speaker", "joined-nouns"} & set(found.faults)


@pytest.mark.parametrize("kind", FALSE)
def test_a_cut_that_says_something_else_is_refused(kind: str) -> None:
    assert not granted(*FALSE[kind])


@pytest.mark.parametrize(("line", "source"), BROKEN)
def test_a_cut_that_breaks_the_sentence_is_refused(line: str, source: str) -> None:
    assert not granted(line, source)


@pytest.mark.parametrize(("line", "source"), SOUND)
def test_the_source_itself_is_licensed(line: str, source: str) -> None:
    assert granted(source, source)
    found = licence(source, [source], PARSES)
    assert found is not None
    assert found.whole


def test_words_that_the_source_has_not_are_refused() -> None:
    assert not granted("The council sold the ferry to Norland.", "The council sold the ferry.")
    assert not granted("The council sold the ferries.", "The council sold the ferry.")


@pytest.mark.parametrize(
    ("line", "source", "fits"),
    [
        ("Council drops plan to sell ferry", "The council dropped a plan to sell the ferry.", True),
        ("Sailors close harbour", "The sailors closed the harbour.", True),
        ("Sailors closes harbour", "The sailors closed the harbour.", False),
        ("Sailor close harbour", "A sailor closed the harbour.", False),
        (
            "Long winters has a way of emptying barns",
            "Long winters have a way of emptying barns.",
            False,
        ),
        ("Winter and war have emptied barns", "Winter and war have emptied the barns.", True),
        ("Winter and war have emptied barns", "Winter and war had emptied the barns.", False),
        ("Holt chokes up and took blame", "Holt choked up and took the blame.", False),
        ("Holt coughs and takes blame", "Holt coughed and took the blame.", True),
    ],
)
def test_a_verb_in_another_form_agrees_with_its_subject_and_with_verbs_beside_it(
    line: str, source: str, fits: bool
) -> None:
    assert granted(line, source, headline=True) is fits


def test_a_headline_may_drop_articles_and_look_ahead() -> None:
    source = "The council will sell the ferry to a rival of the port on Monday."
    assert granted("Council to sell ferry to a rival of the port", source, headline=True)
    assert not granted("Council to sell ferry to a rival of the port.", source)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (
            "Actor Mark Ellis left his wife on Friday.",
            "According to the Sun, actor Mark Ellis left his wife on Friday.",
        ),
        (
            "The coach quit on Friday.",
            "The coach quit on Friday, although the club called the report false.",
        ),
        (
            "Holt said the ferry had been sold.",
            "Holt said the ferry had been sold, but the port said it still owned it.",
        ),
        (
            "The bank would close ten branches.",
            "The bank would close ten branches and cut 900 jobs unless the state paid more.",
        ),
        (
            "The firm announced a battery and costs 4,990 euros.",
            "The firm announced a battery that stores 14 units and costs 4,990 euros.",
        ),
        (
            "Minister Paul Reyes said on Thursday.",
            "Norland will not ban the drug, minister Paul Reyes said on Thursday, citing a report.",
        ),
    ],
)
def test_who_says_it_who_denies_it_and_on_what_terms_is_kept(line: str, source: str) -> None:
    assert not granted(line, source)
    assert not granted(line, source, headline=True)


UNDONE = [
    (
        "The lawmakers would boycott the session.",
        "The lawmakers would boycott the session, call a strike and march on the capital, unless "
        "the votes were counted again.",
    ),
    (
        "The federation will ban the rower for four years.",
        "The federation will ban the rower for four years, strip her of two medals and make her "
        "pay if a second test finds the drug.",
    ),
    (
        "Mayor Ida Holt wants to turn the prison into a hotel.",
        "Mayor Ida Holt wants to turn the prison into a hotel, should the government ever decide "
        "to close it.",
    ),
    (
        "Lorne planned to pull down the theatre.",
        "Lorne planned to pull down the theatre and sell the land before a petition forced the "
        "mayor to drop the plan.",
    ),
    (
        "Officials told people to boil their water.",
        "Officials told people to boil their water and keep away from the river, then said that "
        "the tests had been mixed up.",
    ),
    (
        "A judge considered ordering the airline to pay 12,000 passengers.",
        "A judge considered ordering the airline to pay 12,000 passengers, but ruled that the "
        "storm had been to blame.",
    ),
    (
        "The inventor has built a motor.",
        "The inventor has built a motor, a claim that engineers at the yard called nonsense.",
    ),
    (
        "The council promised to rebuild the pool.",
        "The council promised to rebuild the pool, a pledge that its new leader said she would "
        "not keep.",
    ),
    (
        "Volunteers had cleared the beach.",
        "Volunteers had cleared the beach and moved the seals when the coastguard sent them home.",
    ),
    (
        "Volunteers cleared the beach, moved the seals.",
        "Volunteers cleared the beach, moved the seals and pumped out the oil.",
    ),
    (
        "The ministry said on Thursday, blaming speed.",
        "Almost as many people were killed on the roads last year as in 1979, when belts were not "
        "required, the ministry said on Thursday, blaming speed.",
    ),
    (
        "Prosecutors dropped all charges against Bo Pell on Friday.",
        "Prosecutors dropped all charges against Bo Pell on Friday, apart from the six counts of "
        "murder.",
    ),
    (
        "The champion won the race in Kell.",
        "The champion won the race in Kell, only to be disqualified an hour later.",
    ),
    (
        "Thieves stole the crown from the cathedral.",
        "Thieves stole the crown from the cathedral, or so the staff believed when they called "
        "the police.",
    ),
    (
        "The pilots returned to work on Friday.",
        "The pilots returned to work on Friday, or at least forty of them did.",
    ),
    (
        "The general ordered the killing of 340 villagers.",
        "The general ordered the killing of 340 villagers, witnesses testified at his trial, two "
        "of whom were paid for it.",
    ),
    (
        "Premier Marsh appointed his rival on Thursday.",
        "Premier Marsh appointed his rival as minister on Thursday.",
    ),
    (
        "Minister Ulla Pell took bribes from an importer.",
        "Minister Ulla Pell took bribes from an importer, a pamphlet claimed last week, but the "
        "court found no sign of them.",
    ),
    (
        "His wife agrees to move.",
        "The striker will join Lorne for 30 million, as long as he is fit and his wife agrees to "
        "move.",
    ),
    (
        "The staff will keep their jobs.",
        "If the court approves the plan, the grocer will sell 90 shops and the staff will keep "
        "their jobs.",
    ),
    (
        "It has said that the antenna will be replaced.",
        "The agency has not ruled out a launch, nor has it said that the antenna will be replaced.",
    ),
    (
        "The singer is to marry the driver.",
        "The singer is to marry the driver, fans read in a letter that her manager called a hoax.",
    ),
    (
        "A fungus destroys plastic bags.",
        "A fungus destroys plastic bags, but only at temperatures that no field reaches.",
    ),
    (
        "The navy will scrap the frigate than sell her.",
        "The navy will scrap the frigate rather than sell her.",
    ),
    (
        "The brewer will buy its Goldach for 2 billion.",
        "The brewer will buy its smaller rival Goldach for 2 billion.",
    ),
    (
        "The seals found dead on the coast, biologists said.",
        "The seals found dead on the coast were killed by a virus, biologists said.",
    ),
    (
        "Doctors should stop giving the drug.",
        "Doctors should stop giving the drug, the regulator advised on Monday, but patients "
        "should not give it up on their own.",
    ),
    (
        "Eating the wild mushroom could harm the liver.",
        "Eating the wild mushroom known as false parasol could harm the liver.",
    ),
]


@pytest.mark.parametrize(("line", "source"), UNDONE)
def test_what_holds_for_all_of_a_sentence_is_kept(line: str, source: str) -> None:
    assert not granted(line, source)
    assert not granted(line, source, headline=True)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (
            "Male seals fed on herring grew faster.",
            "Male seals fed on herring grew faster, a finding of a study in Lorne.",
        ),
        (
            "The jury acquitted the owner of arson.",
            "The jury acquitted the owner of arson, but found him guilty of fraud.",
        ),
        (
            "The bank kept its rate on Wednesday.",
            "The bank kept its rate at 4 percent on Wednesday.",
        ),
    ],
)
def test_what_says_something_else_may_go(line: str, source: str) -> None:
    assert granted(line, source)


def test_what_a_speaker_adds_with_but_may_go() -> None:
    source = "The service expects snow in the hills by Sunday, but says that the coast stays dry."
    assert granted("The service expects snow in the hills by Sunday.", source)


def test_what_tells_apart_two_of_a_kind_is_kept() -> None:
    source = "Holt gave three reasons, not the two that she named on Sunday."
    assert not granted("Holt gave three reasons, not the two that she named.", source)


@pytest.mark.slow
def test_pairs_that_no_rule_was_written_on() -> None:
    counts = {kind: [0, 0] for kind in LEAST}
    for row in map(json.loads, HELD_OUT.read_text(encoding="utf-8").splitlines()):
        for kind, count in counts.items():
            for line in row[kind]:
                count[0] += granted(line, body(row["source"])) is (kind == "true")
                count[1] += 1
    shares = {kind: right / total for kind, (right, total) in counts.items()}
    assert all(shares[kind] >= least for kind, least in LEAST.items()), shares


SOURCES = [source for _, source in (*SOUND, *FALSE.values(), *BROKEN)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SOURCES), st.data())
def test_a_licensed_cut_keeps_what_turns_the_claim(source: str, data: st.DataObject) -> None:
    """Whatever words are kept: no denial, condition or complement of a kept verb is lost."""
    parse = PARSES.one(source)
    assert parse is not None
    words = [at for at in range(len(parse)) if parse.is_word[at]]
    kept = data.draw(st.sets(st.sampled_from(words), min_size=3))
    if any(True for _ in Deletion(parse, kept).faults()):
        return
    gone = set(words) - kept
    for at in gone:
        head = parse.heads[at]
        if head not in kept or head == at:
            continue
        assert parse.lower[at] not in word_class("negators")
        assert parse.relations[at] not in ("pobj", "neg", "aux", "auxpass", "attr", "acomp", "prt")
        if parse.relations[at] == "advcl":
            assert not parse.markers(at) & word_class("conditions")


PAST = [
    ("The mill is bankrupt, an audit found.", "The mill was bankrupt in 2011, an audit found."),
    ("The singer is living in Kell.", "The singer was living in Kell when she wrote the song."),
    ("The caves are a refuge.", "The caves were a refuge during the siege."),
    (
        "The auditor said the bank is insolvent in 2011.",
        "The auditor said that the bank was insolvent in 2011.",
    ),
]
"""What was so and is told as what is so."""


@pytest.mark.parametrize(("line", "source"), PAST)
def test_what_was_so_is_not_told_as_what_is(line: str, source: str) -> None:
    assert not granted(line, source)
    assert not granted(line, source, headline=True)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("Three men are arrested in Kell", "Three men were arrested in Kell on Friday."),
        ("Inspector says the pier is unsafe", "The inspector said the pier was unsafe."),
    ],
)
def test_an_event_and_what_somebody_said_may_be_told_in_the_present(line: str, source: str) -> None:
    assert granted(line, source, headline=True)
