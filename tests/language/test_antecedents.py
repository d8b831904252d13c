"""Phrases proposed for a reference, and which of them the model prints."""

import pytest

from briefing.language.antecedents import (
    Antecedents,
    definites,
    introductions,
    is_shared,
    name_runs,
)
from briefing.language.chain import Chain


def proposed(texts: list[str], parses, titles: tuple[int, ...] = ()) -> set[str]:
    """The phrases proposed for the references of the last sentence."""
    article = Antecedents(texts, parses, titles=titles)
    parse = parses.one(texts[-1])
    found = article.proposals(parse, len(texts) - 1)
    return {one.text for rivals in found.values() for one in rivals if one.fits}


def resolved(texts: list[str], parses) -> str:
    """The last sentence, its references resolved as far as the model is sure."""
    chain = Chain(texts, parses)
    index = len(texts) - 1
    completed = chain.complete(index)
    parse = parses.one(completed.text if completed else texts[index])
    found = chain.resolve(index, parse, completed).completion or completed
    return found.text if found else texts[index]


@pytest.mark.parametrize(
    ("introduced", "phrase"),
    [
        ("Harbour board chief Ada Holt opened the lock.", "Harbour board chief Ada Holt"),
        ("Ada Holt, head of the dockers' union, spoke.", "Ada Holt, head of the dockers' union,"),
        ("Ada Holt of the Lorne Fishing Trust spoke first.", "Ada Holt of the Lorne Fishing Trust"),
        ("Ada Holt, who founded the shelter, spoke.", "Ada Holt, who founded the shelter,"),
        ("The head of the union, Ada Holt, spoke.", "Ada Holt, the head of the union,"),
        ("Ada Holt is a baker from Kell.", "Ada Holt, a baker from Kell,"),
        ("The town’s Ada Holt spoke first.", "the town’s Ada Holt"),
    ],
)
def test_a_name_is_told_as_it_was_introduced(parses, introduced: str, phrase: str) -> None:
    assert phrase in proposed([introduced, "Ada Holt left the meeting early."], parses)


def test_no_phrase_is_put_where_it_does_not_fit(parses) -> None:
    introduced = "Ada Holt, head of the dockers' union, called the vote a farce."
    assert not any(
        "," in text for text in proposed([introduced, "Ada Holt's lawyer disagreed."], parses)
    )
    assert "Ada Holt, head of the dockers' union" in proposed(
        [introduced, "The letter was signed by Ada Holt."], parses
    )


def test_nobody_is_introduced_by_who_is_in_the_sentence(parses) -> None:
    introduced = "Lund's former lawyer Ada Holt spoke first."
    assert proposed([introduced, "The mayor thanked Ada Holt."], parses)
    assert not proposed([introduced, "Lund was quick to thank Ada Holt."], parses)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("The deputy secretary, Justin Morin, grew up in Kell.", "Morin & Co. has lost money."),
        (
            "Lady Fiona Carnholt says that the film helped.",
            "The castle was sold a century after the 5th Earl of Carnholt went to Egypt.",
        ),
    ],
)
def test_a_part_of_another_name_stays(parses, said: str, asked: str) -> None:
    assert not proposed([said, asked], parses)
    assert resolved([said, asked], parses) == asked


def test_the_title_of_several_is_nobodys(parses) -> None:
    texts = [
        "Sens. Ada Chamblin and Bo Miller fought hard for the center.",
        "Chamblin wrote the first bill.",
    ]
    assert not any("Sens." in text for text in proposed(texts, parses))
    assert resolved(texts, parses) == "Ada Chamblin wrote the first bill."


def test_a_name_behind_a_comma_is_no_apposition(parses) -> None:
    said = "They are home after a mission by minister Mike Pombel, President Tramm announced."
    assert not any("Tramm" in text for text in proposed([said, "Pombel went on Tuesday."], parses))


def test_there_is_one_comma_behind_an_apposition(parses) -> None:
    said = "Ada Holt, who runs a shop in Annaburg, Md., spoke first."
    told = proposed([said, "Ada Holt left the meeting early."], parses)
    assert "Ada Holt, who runs a shop in Annaburg, Md.," in told


def test_no_first_name_is_guessed_where_two_share_a_surname(parses) -> None:
    texts = ["Ada Holt runs the mill.", "Her brother Bo Holt owns it.", "Holt sold the mill."]
    assert proposed(texts, parses) == set()
    texts = ["Bo Kimm was freed by Kimm Jorn.", "Kimm met the mayor on Monday."]
    assert proposed(texts, parses) == set()
    assert Chain(texts, parses).complete(1) is None


@pytest.mark.parametrize(
    "introduced",
    [
        "Sens. Ada Holt and Bo Pell wrote the bill.",
        "The Director of National Intelligence Ada Holt wrote the bill.",
    ],
)
def test_an_office_is_whole_or_left_out(parses, introduced: str) -> None:
    told = proposed([introduced, "The bill is a farce, Holt said."], parses)
    assert not told & {"Sens. Ada Holt", "National Intelligence Ada Holt", "Intelligence Ada Holt"}


@pytest.mark.parametrize(
    ("introduced", "line", "phrase"),
    [
        (
            "Kell will hold a vote on the new harbour bridge in May.",
            "The vote was put off for a week.",
            "the vote on the new harbour bridge",
        ),
        (
            "Dockers voted on the Lorne pension plan.",
            "Workers would lose a tenth under the plan.",
            "the Lorne pension plan",
        ),
        (
            "Mayor Ada Holt's office denied the claim.",
            "Nobody in the office knew of the loan.",
            "mayor Ada Holt's office",
        ),
    ],
)
def test_a_noun_is_told_in_full(parses, introduced: str, line: str, phrase: str) -> None:
    assert phrase in {text[:1].lower() + text[1:] for text in proposed([introduced, line], parses)}


@pytest.mark.parametrize(
    ("introduced", "line"),
    [
        ("The town held two votes on the bridge.", "The vote was put off."),
        ("The town held another vote on the bridge.", "The vote was put off."),
        ("She held her own vote on the bridge.", "The vote was put off."),
    ],
)
def test_another_of_a_kind_is_not_proposed(parses, introduced: str, line: str) -> None:
    assert proposed([introduced, line], parses) == set()


def test_titles_lend_names_alone(parses) -> None:
    texts = ["Baker Ada Holt Sells Old Mill In Kell", "Holt wants to leave the town."]
    assert proposed(texts, parses, titles=(0,)) <= {"Ada Holt"}


def test_nothing_is_taken_from_what_is_denied(parses) -> None:
    texts = ["Harbour chief Ada Holt opened the lock.", "Ada Holt left early."]
    article = Antecedents(texts, parses, denied=(0,))
    assert article.proposals(parses.one(texts[1]), 1) == {}


def test_a_president_is_not_the_first_lady() -> None:
    lady = "The office of first lady Ida Holt said that President Holt would travel."
    assert is_shared("Holt", [lady, "Holt left on Monday."])
    son = ["President Holt travels on Monday.", "His son Bo Holt stays.", "Holt left."]
    assert is_shared("Holt", son)
    assert not is_shared("Holt", ["Bo Holt won on Monday.", "President Holt thanked all."])
    assert not is_shared("Holt", ["First lady Ida Holt spoke.", "Holt left."])
    assert not is_shared("Holt", ["President Ida Holt spoke.", "Mrs. Holt left."])


def test_a_plain_word_with_a_capital_is_no_first_name(parses) -> None:
    job = "Shares in Veltrix rose on Friday."
    texts = ["Carmaker Veltrix is to shed 1,200 posts in Ashby.", job]
    assert not any("Carmaker" in text for text in proposed(texts, parses))
    texts = [
        "Hunter Biden left the court.",
        "The judge let Hunter Biden go.",
        "Biden said nothing.",
    ]
    assert "Hunter Biden" in proposed(texts, parses)


def test_a_pronoun_may_be_a_name_or_a_subject_of_the_sentences_before(parses) -> None:
    texts = [
        "Harbour board chief Ada Holt opened the lock with Bo Pell.",
        "Its gates had been stuck since May.",
        "She thanked the divers.",
    ]
    assert {"Harbour board chief Ada Holt", "Bo Pell"} <= proposed(texts, parses)


def test_plurals_are_no_person(parses) -> None:
    texts = ["Two divers from Lorne freed the gates with Ada Holt.", "They worked all night."]
    told = proposed(texts, parses)
    assert any("divers" in text for text in told)
    assert not any("Holt" in text and "divers" not in text for text in told)


def test_the_model_prints_who_a_person_is(parses) -> None:
    texts = [
        "Harbour board chief Ada Holt opened the new lock on Monday.",
        "The lock cost 4 million crowns.",
        "Boats will wait ten minutes less, according to Ada Holt.",
    ]
    assert resolved(texts, parses).endswith("according to Harbour board chief Ada Holt.")


@pytest.mark.parametrize(
    ("said", "asked", "told"),
    [
        (
            "Dockers voted on the Lorne pension plan.",
            "Workers would lose a tenth under the plan.",
            "Workers would lose a tenth under the Lorne pension plan.",
        ),
        (
            "The Kell Harbour council met on Monday.",
            "The council kept the council's hall.",
            "The Kell Harbour council kept the council's hall.",
        ),
    ],
)
def test_the_model_prints_what_a_noun_is(parses, said: str, asked: str, told: str) -> None:
    assert resolved([said, asked], parses) == told


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Two ferries to Grey Island were sold.", "The ferry has run since 1931."),
        ("The ferry to Grey Island met another ferry.", "The ferry has run since 1931."),
        ("The ferry was late on Monday.", "The ferry has run since 1931."),
        ("After Monday's ruling on fares, a ruling on tolls is due.", "The ruling may be late."),
        ("Monday's ruling was on fares.", "Holt hopes that the ruling on tolls may be late."),
        ("Monday's ruling was on fares.", "Holt fears the ruling."),
        # An ordinary word that begins a sentence is no name.
        ("Harbour council votes to keep the ferry.", "The council will raise fares in March."),
        ("Kell harbour bridge plan stalls again", "The plan would cost the town dear."),
    ],
)
def test_a_noun_with_two_readings_or_none_is_left(parses, said: str, asked: str) -> None:
    assert resolved([said, asked], parses) == asked


def test_each_part_is_where_it_is_said_to_be(parses) -> None:
    texts = [
        "Harbour board chief Ada Holt opened the new lock on Monday.",
        "Bo Pell, a diver from Lorne, had freed its gates.",
        "Holt thanked Bo Pell.",
    ]
    chain = Chain(texts, parses)
    completed = chain.complete(2)
    assert completed is not None
    found = chain.resolve(2, parses.one(completed.text), completed).completion or completed
    assert 0 < found.chance <= 1
    for part in found.parts:
        name = found.text[part.start : part.end]
        assert name.split(",")[0].split()[-1] in texts[part.source]
    assert len({(part.start, part.end) for part in found.parts}) == len(found.parts)


def test_what_stays_open_is_told(parses) -> None:
    texts = [
        "Dockers voted on the Lorne pension plan.",
        "Workers would lose a tenth under the plan.",
    ]
    sure = Chain(texts, parses).resolve(1, parses.one(texts[1]), None)
    assert sure.completion is not None
    assert sure.after == 0 < sure.before
    texts = ["Two ferries to Grey Island were sold.", "Ada Holt built the mill in Kell."]
    nothing = Chain(texts, parses).resolve(1, parses.one(texts[1]), None)
    assert (nothing.completion, nothing.before, nothing.after) == (None, 0, 0)


def test_a_pronoun_is_judged_by_the_sentence_that_mentions_the_name(parses) -> None:
    texts = [
        "Mayor Ada Holt opened the lock on Monday.",
        "Divers had freed its gates, Holt said, in three weeks.",
        "She said the town would pay the divers.",
    ]
    article = Antecedents(texts, parses)
    found = article.proposals(parses.one(texts[2]), 2)
    names = [one for rivals in found.values() for one in rivals if one.kind == "pronoun:name"]
    for one in names:
        mention = article.parse(one.mention)
        assert mention is not None
        assert mention.words[one.at] in one.text
        assert one.text.removesuffix("'s") in texts[one.source]
    assert any(one.mention != one.source for one in names)


def test_the_rivals_of_runs_and_definites(parses) -> None:
    parse = parses.one("On Monday President Ada Holt signed the bill, the first of May.")
    runs = {parse.span_text(*run) for run in name_runs(parse)}
    assert "President Ada Holt" in runs
    assert {parse.words[head] for head, _ in definites(parse)} == {"bill"}
    first, last = next(run for run in name_runs(parse) if parse.words[run[1]] == "Holt")
    assert ("name", "Ada Holt") in set(introductions(parse, first, last))


def test_who_is_only_named_is_nobody_in_particular(parses) -> None:
    texts = [
        "The mayor flew to Kell with Ada Maria Holt on Friday.",
        "He had offered the seat to any islander named Ada Holt.",
    ]
    found = Antecedents(texts, parses).proposals(parses.one(texts[1]), 1)
    assert {one.kind.partition(":")[0] for rivals in found.values() for one in rivals} == {
        "pronoun"
    }


@pytest.mark.parametrize(
    ("said", "asked", "told"),
    [
        (
            "Judge Nele Brandt stepped down on Monday after nine years.",
            "The 58-year-old told the court that she was ill.",
            "Judge Nele Brandt told the court that she was ill.",
        ),
        (
            "Norland goalkeeper Otto Reis left on Sunday.",
            "The 29-year-old, who is a father, has said he wants to coach.",
            "Norland goalkeeper Otto Reis, who is a father, has said he wants to coach.",
        ),
    ],
)
def test_the_name_takes_the_place_of_the_description(parses, said, asked, told) -> None:
    assert resolved([said, asked], parses) == told


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Judge Nele Brandt, 61, stepped down on Monday.", "The 58-year-old said she was ill."),
        ("Judge Nele Brandt stepped down on Monday.", "The plumber said she was ill."),
        ("The iron gate will stay with the court.", "When the hut burned, he felt lost."),
    ],
)
def test_nobody_takes_the_place_of_another_description(parses, said, asked) -> None:
    assert resolved([said, asked], parses) == asked


def test_a_thing_is_nobody_and_a_person_is_no_thing(parses) -> None:
    said = "The iron gate was bought by Curator Nele Brandt of the Kell Council."
    she = proposed([said, "Neighbours say she was left with nothing."], parses)
    assert not any("gate" in text or "Council" in text for text in she)
    assert any("Brandt" in text for text in she)
    it = proposed([said, "It was made in 1931."], parses)
    assert "the iron gate" in it
    assert not any("Brandt" in text for text in it)
