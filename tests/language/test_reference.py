import pytest

from briefing.language.reference import dangling, is_caption, unconnected

ALONE = [
    "Officials warned that it could take years to rebuild the pier.",
    "If the river rises, the town then opens its gates.",
    "The harbour firm Norvik said it expects a profit.",
    "Mayor Ines Calder said she would resign.",
    "Residents who lost their homes met the minister on Monday.",
    "It is likely that the ferries will be kept.",
    "There were no injuries.",
    "In his speech, President Ada Lorn called for calm.",
    "The government will sell its shares this year.",
    "Those who voted backed the ferry.",
    "It was the harbour master who closed the gates.",
    "Kell bought a ferry for 9 million crowns, and that sum was too high.",
    "The court ruled that towns may sue, and those suits cost Kell a million.",
    "Both the ferry and the pier of Kell need a new roof.",
    "The council of Kell sold the ferry this past September.",
    "The boats following the ferry were sold.",
    "The pier burned in 2004 and has been closed since, the council said.",
    "So far the council has sold nine boats.",
    "In addition to the ferry, the council sold nine boats.",
    "Besides the ferry, the council sold nine boats.",
    "In their speeches on Monday, Ada Holt and Ben Sund called for calm.",
    "Holt's lawyer met her in Lorne.",
    "Giving people a boat can help them find work, a study found.",
    "The diver fled and was shot hours later.",
    "Profits of the ferry fell to 14 million compared with 32 million a year earlier.",
    "It is a pity that the ferries will be sold.",
    "It is a mistake to sell the ferries.",
    "The ferry was sold three weeks earlier than planned.",
    "The old ferries are here to stay.",
    "The clerk moved to Port Alder and the council met her there in May.",
    "Next year the council will sell the ferry.",
    "The council sold the ferry and also closed the pier.",
    "The bank, which also owns a mill, will close.",
    "One ferry was sold in May and another burned.",
    "Ben Sund met Ada Holt before he named her ambassador.",
    "Ada Lorn would leave the council in May, she said.",
    "In 2004 the union split, and that year the pier burned.",
    "So-called ghost ships have left the port of Kell.",
    "The council closed the following piers: Kell, Orlow and Lorne.",
    "The ferry was sold the following day.",
    "In the years since the fire, the ferry of Kell has lost its riders.",
    "Premier Ben Sund dismissed his minister, Ada Holt, after her office lost 40 files.",
    "King Otto gave his daughter, Princess Ida, a medal to mark her birthday.",
    "A company spokesman said on Friday that it would sell the mill.",
    "Curator Nele Brandt said on Monday that it was a mistake to sell the mill.",
    "The nurse found it hard to sleep.",
    "If Mayor Ida Holt goes, it may split Kell.",
    "The nurse made it to the final before it rained.",
    "The nurse said it was believed that nine had died.",
    "Nurse Nele Brandt, as it turns out, was late.",
    "Ada Holt and Ben Sund want the mill, but only the latter has the money.",
    "A third of the boats sank.",
    "One of the boats was sold.",
    "One may go.",
    "One boat burned in May and a third was lost in June.",
    "The mill burned in 2004 and has since been sold.",
    "A video posted on Monday has since been removed.",
]
HANGING = [
    ("What Ada Lorn does next will decide if Kell can trust Ben Sund, he said.", "pronoun:he"),
    ("President Lorn named him ambassador in May.", "pronoun:him"),
    ("Until Ida Holt has the votes, he said, she will wait.", "pronoun"),
    ("At the congress that year, the union lost its leader.", "demonstrative:that"),
    ("First, the pier needs a new roof.", "connective:first"),
    ("Two, members of the council may not own boats.", "connective:two"),
    ("Ada Lorn's other plan would close the pier.", "demonstrative:other"),
    ("The council also sold the ferry.", "connective:also"),
    ("Kell and Orlow also keep their ferries.", "connective:also"),
    ("Another, of two boats in a storm, hangs in the town hall.", "demonstrative:another"),
    ("The following towns have kept their ferries.", "demonstrative:following"),
    ("The council will pay for the following piers in the north.", "demonstrative:following"),
    ("In their speech on Monday, Ada Holt called for calm.", "pronoun:their"),
    ("The ferry was sold two years later.", "comparison:later"),
    ("Their boats sank on Monday.", "pronoun:their"),
    ("Their lawyer said the charges will be dropped.", "pronoun:their"),
    ("In their view, the councils are wrong.", "pronoun:their"),
    ("Officials said those people are sick.", "demonstrative:those"),
    ("This march drew 4,000 people to Kell.", "demonstrative:this"),
    ("In response to the vote, the council closed the pier.", "connective:in_response"),
    ("In addition, the council sold nine boats.", "connective"),
    ("Besides, the council sold nine boats.", "connective"),
    ("Both piers need a new roof before the storms of autumn.", "demonstrative:both"),
    ("It is a plan backed by many members of the council.", "pronoun:it"),
    ("In the years since, the ferry of Kell has lost its riders.", "time:since"),
    ("That, according to the report of the union, is when luck comes in.", "demonstrative"),
    ("In each of your towns, the new fares have come under attack.", "second-person"),
    ("An official who came to the talks here spoke of a loan.", "place:here"),
    ("Families have crossed the border to get there.", "place:there"),
    ("Next, the mayor went on with her attack on the bank.", "connective:next"),
    ("Mayor Ada Lorn fell ill on a run, for example, and left office.", "connective:for_example"),
    ("Traders and bankers in Kell said it posed a threat to the exchange.", "pronoun:it"),
    ("More than 40 ships have been lost off the Kell coast since he took office.", "pronoun:he"),
    ("Trader Ben Sund agreed to buy no more of the stock, it said.", "pronoun:it"),
    ("This time, however, the council threatened to close the pier.", "connective"),
    ("A poll further revealed that few people know the law.", "connective:further"),
    ("After a break of nine weeks, the union then proposes two months of talks.", "connective"),
    ("Two years earlier, in a close race, Ada Holt had lost the vote.", "comparison:earlier"),
    ("In return the islands would have to give up their vote.", "connective"),
    ("She said the council would look elsewhere.", "pronoun"),
    ("Their plan was approved by the council.", "pronoun"),
    ("It runs from the harbour to the old town.", "pronoun"),
    ("We will sell the ferry next year.", "first-person"),
    ("This was the largest fire in a decade.", "demonstrative"),
    ("These plans were dropped in May.", "demonstrative"),
    ("But the council rejected the plan.", "connective"),
    ("Since then, the port has lost half of its ships.", "connective"),
    ("By contrast, the port of Kell has kept its ships.", "connective"),
    ('"If they strike, the port will close," harbour master Ida Orr said.', "pronoun"),
    ('The mayor said she had "no time for such a plan".', "demonstrative"),
    ("Not only did the council sell the ferry in May.", "connective"),
    ("The mayor has not just lost the vote on the ferry.", "connective"),
    ("The ferry isn't merely a boat of the council.", "connective"),
    ("It is one of four boats built for owners who sail alone.", "pronoun"),
    ("The harbour master met the owners only weeks earlier.", "comparison"),
    ("Curator Ida Post said on Friday that it is shut.", "pronoun:it"),
    ("The army rejected it until Kell bought two.", "pronoun:it"),
    ("Blood tests proved that it was the bear seen in Lorne.", "pronoun:it"),
    ("The latter were sold in May.", "demonstrative:latter"),
    ("Fever was found in 12 of the former.", "demonstrative:former"),
    ("A third, Otto Reis, was found in Lorne.", "demonstrative:third"),
    ("One was sold.", "demonstrative:one"),
    ("For most people one a day is enough.", "demonstrative:one"),
    ("Rents have since fallen.", "time:since"),
]


@pytest.mark.parametrize("text", ALONE)
def test_sentences_that_stand_alone(parse, text: str) -> None:
    assert list(dangling(parse(text))) == []


@pytest.mark.parametrize(("text", "sign"), HANGING)
def test_sentences_that_hang_on_another(parse, text: str, sign: str) -> None:
    assert any(found.startswith(sign) for found in dangling(parse(text)))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("CLOSE Ferries left Kell on Monday.", True),
        ("Image Mayor Ada Holt said the pier was safe.", True),
        ("Images of the pier were shown in court.", False),
        ("Watch the pier for a day and you will see.", False),
    ],
)
def test_captions_are_known_by_their_mark(text: str, is_one: bool) -> None:
    assert is_caption(text) is is_one


@pytest.mark.parametrize(
    "text",
    [
        "The ferry is not only old but slow.",
        "The mayor has not just sold the ferry: she has closed the pier.",
        "The pier is open by day, and not only in summer.",
        'Holt said the ferry is "not just a boat".',
    ],
)
def test_a_sentence_may_have_both_halves(parse, text: str) -> None:
    assert list(dangling(parse(text))) == []


def test_a_cut_has_the_comma_of_since_in_its_text_alone(parse) -> None:
    whole = parse("In the months since, the ferry has lost half of its crew.")
    kept = whole.keep([at for at in range(len(whole)) if whole.is_word[at]], whole.text)
    assert list(dangling(kept)) == list(dangling(whole)) == ["time:since"]


def test_a_cut_has_the_commas_of_a_turn_in_its_text_alone(parse) -> None:
    whole = parse("The plan, though, will not change the fares on Monday.")
    words = [at for at in range(len(whole)) if whole.is_word[at]]
    kept = whole.keep(words[:-2], "The plan, though, will not change the fares.")
    assert list(dangling(kept)) == ["connective:though"]


def test_a_quotation_may_say_i(parse) -> None:
    text = '"We will rebuild our harbour," the mayor of Port Alder said on Monday.'
    assert list(dangling(parse(text))) == []


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("But the mayor sold the ferry.", "The mayor sold the ferry."),
        ("Meanwhile, Ada Holt closed the pier.", "Ada Holt closed the pier."),
        ("In addition, the council owns two boats.", "The council owns two boats."),
        ("The council also sold the ferry.", "The council sold the ferry."),
        ("Kell, a port of Norland, also sold it.", "Kell, a port of Norland, sold it."),
        ("This week, however, the pier was closed.", "This week, the pier was closed."),
        ("Bakers in Kell, however, need flour.", "Bakers in Kell need flour."),
        ("The mayor sold the ferry, however.", "The mayor sold the ferry."),
        ("And in Kell, bakers need flour.", "In Kell, bakers need flour."),
        ("And Holt also said: “But I will stay.”", "Holt said: “But I will stay.”"),
    ],
)
def test_what_connects_a_sentence_is_left_out(parses, sentence: str, left: str) -> None:
    assert unconnected(parses.one(sentence)) == left


@pytest.mark.parametrize(
    "sentence",
    [
        "The mayor sold the ferry.",
        "Otherwise the pier will be closed.",
        "In any case, the pier will be closed.",
        "Holt was then mayor of the town, also for the Greens.",
        "Nor did the mayor sell the ferry.",
        "Since then, the town has lost its school.",
        "At first the council refused.",
        "Not only did the mayor sell the ferry.",
        "“But the ferry is ours,” Ada Holt said.",
        "But did the mayor sell the ferry?",
        "But.",
        "So far.",
        "Also",
        "And, however, so.",
        "(Also in the Courier: how the ferry was sold)",
    ],
)
def test_what_a_sentence_needs_is_not_left_out(parses, sentence: str) -> None:
    assert unconnected(parses.one(sentence)) == ""


@pytest.mark.parametrize(
    ("sentence", "hangs"),
    [
        ("From there, the ferry sails to Lorne.", True),
        ("From there to the harbour is a mile.", False),
        ("In any case, the pier will be closed.", True),
        ("In any case of measles, schools must report it.", False),
        ("This time, the council refused.", True),
        ("This time next year the ferry will be electric.", False),
    ],
)
def test_a_phrase_connects_before_a_comma(parses, sentence: str, hangs: bool) -> None:
    signs = [sign for sign in dangling(parses.one(sentence)) if sign.startswith("connective")]
    assert bool(signs) is hangs
