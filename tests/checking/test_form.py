import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.checking.form import form_problems, has_leftovers, labelled, tells_of_text
from briefing.language import parses_for
from briefing.sections import Section

PARSES = parses_for("en")
GOOD = [
    "The council approved a plan to build 200 homes.",
    "Ruiz proposes lower fines for late trains",
    "Harbour crews walked out on Tuesday after talks failed.",
    "Norvik (the shipping group) sold its fleet.",
    "It was the worst flood in 40 years.",
    "There were no injuries.",
    '"We will rebuild," the mayor said.',
    "iPhone sales fell by a tenth.",
    "New York, New York officials said, will host the show.",
    "Parents may sign up for the ferry until May.",
    "Patients book at HealthCare.gov, the Health Department said.",
    "The bank named the buyer in a newspaper advertisement.",
    "The mayor told readers of a newsletter that the site uses JavaScript.",
]


@pytest.mark.parametrize("line", GOOD)
def test_well_formed_lines(line):
    assert form_problems(line) == ()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("", "empty"),
        ("...", "empty"),
        ("The army plans to recruit recruit soldiers.", "loop"),
        ("The price of oil the price of oil rose.", "loop"),
        ("Crews left the port on Monday as crews left the port on Monday.", "loop"),
        ('The mayor said "we will rebuild.', "unbalanced"),
        ("(The bridge over the sound is the oldest of the country.)", "bracketed"),
        ("Norvik (the shipping group sold its fleet.", "unbalanced"),
        ("The council approved a plan to build the", "cut-short"),
        ("The council approved a plan and", "cut-short"),
        ("The council approved a plan,", "cut-short"),
        ("The council approved a plan with.", "cut-short"),
        ("Will the council approve the plan?", "question"),
        ("The **council** approved a plan.", "markup"),
        ("The council <b>approved</b> a plan.", "markup"),
        ("the council approved a plan.", "lower-case"),
        ("Read more about the council that approved a plan.", "boilerplate"),
        ("Sign up for the news of the council.", "boilerplate"),
        ("Get the news of the council in your inbox.", "boilerplate"),
        ("Click here to see what the council approved.", "boilerplate"),
        ("Story continues below what the council approved.", "boilerplate"),
        ("The council wrote @holt that it approved a plan.", "markup"),
        ("The mayor released the following statement on the plan.", "boilerplate"),
        ("The letter to the council follows.", "boilerplate"),
        ("5. A scent for those who want to smell of the sea all day.", "list-item"),
        ("LORNE_The council approved a plan.", "markup"),
        ("Sund works to win the town over amid strike MORE for a plan of the council.", "markup"),
        ("Mayor Ada Holt2024 asked Holt for a plan.", "markup"),
        ("He said so.", "no-content"),
    ],
)
def test_faults(line, name):
    assert name in form_problems(line)


def test_a_headline_keeps_its_title_and_name_together() -> None:
    assert "cut-short" in form_problems("As the vote began on Friday, it was Sens")
    assert "cut-short" not in form_problems("Four men held in Chattanooga, Tenn.")


def test_lengths_are_those_of_the_section():
    long = "The council approved a plan " + "to build homes near the old harbour " * 3 + "today."
    assert "too-long" in form_problems(long, Section.HEADLINE)
    assert "too-long" not in form_problems(long)
    assert "too-short" in form_problems("Council approved.", Section.KEY_POINTS)


@given(st.text(max_size=300))
def test_problems_never_raises(line):
    assert len(set(form_problems(line))) == len(form_problems(line))


def with_tree(line: str, section: Section | None = None) -> tuple[str, ...]:
    return form_problems(line, section, PARSES.one(line))


@pytest.mark.parametrize(
    "line",
    [
        "The league, which is based in Bergen and set to host its final there this week.",
        "While the mood for reform was high in the days after the flood.",
        "The first team to use the large telescope.",
        "The proposals, all made by the president in the days after the flood.",
        "The long road home to the sea.",
        "Eva Holm, charged with forging two letters to the harbour board",
        "Built in 1874 by Thomas Reid on the northern shore.",
        "Whether the founder, Adam Norvik, enriched himself.",
    ],
)
def test_a_line_without_a_main_clause(line: str) -> None:
    assert "no-main-clause" in with_tree(line)


def test_a_condition_is_no_headline() -> None:
    line = "If supporters of the new harbour bill were serious"
    assert "no-main-clause" in with_tree(line, Section.HEADLINE)


@pytest.mark.parametrize(
    "line",
    [
        "The company, which makes pumps, said orders fell.",
        "The man who shot the officer was jailed for life.",
        "When the bridge opened, passenger numbers fell by half.",
        "Insurers paid 22 million euros; the ministry paid the rest.",
        "Mayor Ines Calder, who led the talks, resigned.",
        "Drones hover above the harbour every night.",
        "A storm batters the northern coast.",
        "Divers plummeted to the sea floor, and two of them drowned.",
        "It is likely that the ferries will be kept.",
        "A crew have just left the harbour for the northern coast.",
        "However, the council has already sold two ferries.",
        "The bakery also sells cookies to the ferries' crews.",
        "Clashes have broken out in the port between sailors and guards.",
        "Local media have reported the sale, and the council can stop this.",
    ],
)
def test_a_line_with_one(line: str) -> None:
    assert with_tree(line) == ()


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ("Party leaders to meet in the capital", True),
        ("Former clerk charged with fraud", True),
        ("Mayor Holt and the ferries of the northern coast", False),
    ],
)
def test_what_a_headline_may_be(line: str, good: bool) -> None:
    assert (with_tree(line, Section.HEADLINE) == ()) is good


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Lund wrote in a letter alder.pt/2w7 that the ferry will stay.", "markup"),
        ("The port grew in 2031:US ships paid more for their berths.", "markup"),
        ("The engine that is capable of gener- ating a plan is new.", "markup"),
        ("ADA LUND: The council will sell the ferry in May.", "run-in-heading"),
        ("Harbour Advisory Board: Ada Lund will name its members.", "run-in-heading"),
        ("Sending word in a new film that the vote in May will decide it.", "no-main-clause"),
        ("Recall that the council sold the ferry in May.", "no-main-clause"),
        ("$9,000 for the port of Kell to build a pier that will last for years.", "no-main-clause"),
        ("Old sailors leaving the port of Kell, never to come back.", "no-main-clause"),
        ("Short of a strike, don't expect the port of Kell to close.", "no-main-clause"),
    ],
)
def test_a_whole_sentence_that_is_none(text: str, kind: str) -> None:
    tree = parses_for("en").one(text)
    assert kind in form_problems(text, Section.KEY_POINTS, tree, whole=True)


@pytest.mark.parametrize(
    "text",
    [
        "This weekend marked the official opening of the old lock of Kell.",
        "Divers in the northern ports come from a variety of schools.",
        "The day after the mill burned down, the mayor's lawyer apologized for its fire doors.",
    ],
)
def test_a_whole_sentence_whose_subject_the_parser_misses(text: str) -> None:
    assert PARSES is not None
    problems = form_problems(text, Section.KEY_POINTS, PARSES.one(text), whole=True)
    assert "no-main-clause" not in problems


def test_an_item_of_a_list_has_no_subject() -> None:
    text = "Mandates that every harbour plan contain a limit for the catch."
    tree = parses_for("en").one(text)
    assert form_problems(text, Section.KEY_POINTS, tree, whole=True) == ("no-subject",)
    assert form_problems(text, Section.HEADLINE, tree, whole=True) == ()


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("Once the council has a plan to close the old pier of the town.", False),
        ("Because the pier closed last year.", False),
        ("After the vote, which took place on Monday.", False),
        ("Once the council had met, the ferry was cancelled.", True),
        ("While most of the town slept, the river rose by two metres.", True),
        ("How the pier burned is not known.", True),
        ("In the town of Orlow, the mayor resigned.", True),
    ],
)
def test_a_sentence_that_only_says_when_is_none(text: str, complete: bool) -> None:
    tree = parses_for("en").one(text)
    assert (not form_problems(text, None, tree, whole=True)) is complete


def test_no_single_comma_parts_a_verb_from_its_subject() -> None:
    assert "parted-subject" in with_tree("The nations of the south, face slower growth this year.")
    for line in (
        "The nations of the south, hampered by slow trade, face slower growth this year.",
        "Norland, Sundia and Lorne face slower growth this year.",
        "On Monday, the nations of the south met in Lorne.",
    ):
        assert "parted-subject" not in with_tree(line)


def test_a_verb_agrees_with_its_subject() -> None:
    assert "agreement" in with_tree("The prosecutors says that the plan was late.")
    assert "agreement" not in with_tree("The police are looking for two men.")
    assert "agreement" in with_tree("The old practice of the banks refuse loans to farmers.")
    assert "agreement" not in with_tree("A number of banks refuse loans to farmers.")


def test_a_second_sentence_inside_a_line_is_a_run_on() -> None:
    assert "run-on" in form_problems(
        "It was shown in papers held by Mr Holt. Holt, though, denied it."
    )
    assert "run-on" not in form_problems(
        "Mr. Holt denied that J. Alder had met Dr. Nwosu on Monday."
    )


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("About 90 people work at the quay. the union has seen no offer.", True),
        ("The hall has 40 rooms, each with a view. its owner sold it in May.", True),
        ("The bill of approx. 40 million crowns was paid by Norvik Inc. of Kell.", False),
        ("The case of Norvik vs. the state was heard at 5 p.m. in Kell.", False),
        ("The council asked why... and was not told by Holt.", False),
        ("The firm Norvik Inc. sold the hall.", False),
    ],
)
def test_it_may_begin_in_a_small_letter(line: str, is_one: bool) -> None:
    assert ("run-on" in form_problems(line)) == is_one


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Orlow returned to the to the council in May.", "loop"),
        ("The council opened the bank of \ufffdPort Alder\ufffd in May.", "markup"),
        ("The mayor of Kell, Orlow was elected in May for the the third time.", "loop"),
        (
            "The port of Kell grew by 3 percent, the most since 1969, and of Orlow by 2, the "
            "most since 1969.",
            "",
        ),
        ("As the home of the ferry, Kell has been a port for years.", ""),
        ("By selling the ferry (which has carried islanders for years).", "no-main-clause"),
        ("Divers find an old bell off Kell from The Kell Museum on Vimeo.", "boilerplate"),
        ("Norvik Lines Inc (NVK.N) lost a tenth of its value.", "markup"),
        ("Shares of Norvik Lines NVKL, +0.46% rose on Monday.", "markup"),
        ("Crude for May delivery NL:CLG20 settled higher on Monday.", "markup"),
        ("Ada Holt, the head of the union, left the talks.", ""),
        ("Ada Holt, and several others, now expect a strike.", ""),
    ],
)
def test_whole_sentences_may_have_faults_too(line: str, fault: str) -> None:
    parses = parses_for("en")
    found = form_problems(line, None, parses.one(line) if parses else None, whole=True)
    assert found == ((fault,) if fault else ())


@pytest.mark.parametrize(
    ("line", "evidence", "told"),
    [
        ("The article describes a fire at a mill in Lorne.", "A mill burnt down in Lorne.", True),
        ("In this passage, a mill burns down in Lorne.", "A mill burnt down in Lorne.", True),
        ("The author stresses how old the mill was.", "The mill was 90 years old.", True),
        ("The author Ida Brenn left Lorne in May.", "Author Ida Brenn left Lorne in May.", False),
        ("The stories sold well in Lorne.", "Her story of the mill sold well in Lorne.", False),
        ("A mill burnt down in Lorne.", "A mill in Lorne burnt down on Monday.", False),
        ("The author died in Kell.", "Novelist Ada Holt died in Kell.", False),
        ("His sentence was cut to nine years.", "He will be in prison for nine years.", False),
        ("The passage of the bill took nine years.", "The bill passed after nine years.", False),
    ],
)
def test_a_line_about_the_text_is_told_from_one_about_the_news(
    line: str, evidence: str, told: bool
) -> None:
    assert PARSES is not None
    parse = PARSES.one(line)
    assert parse is not None
    assert tells_of_text(parse, [evidence]) is told


@pytest.mark.parametrize("text", ["", "-" * 40, "* * *", "…"])
def test_a_rule_between_paragraphs_has_no_leftovers_and_is_no_line(text: str) -> None:
    assert not has_leftovers(text.replace("*", "•"))
    assert "empty" in form_problems(text)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('"Of course," the minister told the radio on Monday in a talk that lasted an hour.', True),
        ('"Never," said the captain of the ferry.', True),
        ('"Of course," the minister said when he was asked if the ferry would sail.', False),
        ('"No," the captain said, and sold the ferry.', False),
        ('"We lost the ferry," the captain of the crew said.', False),
        ('"Over and Out" tells of a captain who sells his ferry.', False),
    ],
)
def test_an_answer_without_its_question_says_nothing(line: str, fault: bool) -> None:
    parse = PARSES.one(line) if PARSES else None
    assert ("no-content" in form_problems(line, None, parse, whole=True)) == fault


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("HORAK: We lost the mill.", True),
        ("Reports of the chair: Ada Holt told of the fire at the mill.", True),
        ("3. Reports of the chair: Ada Holt told of the fire at the mill.", True),
        ("Row to the seal bank: The boats leave at noon.", True),
        ('The chief of the fire service wrote: "We lost the mill."', False),
        ("One thing is clear: The mill is lost.", False),
        ("The council has a plan: the mill will be rebuilt.", False),
    ],
)
def test_a_label_or_speaker_before_a_sentence(line: str, found: bool) -> None:
    assert PARSES is not None
    assert labelled(PARSES.one(line)) == found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Tomorrow: bright spells in the north, a high of 14.", "label"),
        ("2 cups of rice, washed and drained.", "ingredient"),
        ("1 14-oz tin of peas, cut into halves and dried.", "ingredient"),
        ("12 ounces of gold were found in the cellar of the bank.", ""),
        ("In the north: the ferry was sold, and the mill burned.", ""),
    ],
)
def test_rows_of_tables_and_recipes_are_no_sentences(line: str, fault: str) -> None:
    parse = PARSES.one(line) if PARSES else None
    found = {"label", "ingredient"} & set(form_problems(line, None, parse, whole=True))
    assert found == ({fault} if fault else set())
