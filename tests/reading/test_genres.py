"""Texts of special forms are refused, have a warning, or lose what is not their news."""

import pytest

from briefing.errors import NoArticle
from briefing.planning import Planner
from briefing.reading import read_string
from briefing.sections import Section
from tests.reading.conftest import BODY

RECIPE = (
    "Leek tart\n\nMakes 6 pieces\n\nIngredients:\n300 g leeks\n2 eggs\n100 ml cream\n\n"
    "Directions\n1. Slice the leeks and soften them in butter for ten minutes.\n"
    "2. Beat the eggs with the cream and pour everything into the case.\n"
)
CONTRACT = (
    "LEASE\n\nThis Lease Agreement is made on 3 May 2024 by Harbourton Estates Ltd (the "
    '"Landlord") and Ann Lee (the "Tenant").\n\n1. Term. The lease shall commence on 1 June and, '
    "subject to clause 4, runs for one year.\n\n2. Payment. The Tenant shall pay $900 a month.\n"
)
MINUTES = (
    "Minutes of the Harbourton Pier Trust, 14 May 2024\n\nPresent: A. Lee, B. Orr\nApologies: C. "
    "Day\n\n1. Matters arising\nThe chair reported that the pier had been inspected in April.\n\n"
    "2. Painting\nThe trust agreed to ask two firms for their prices.\nAction: BO writes to them.\n"
)
INTERVIEW = (
    "Q: Why did the terminal have to go?\nA: It was falling into the sea, and nobody would pay.\n\n"
    "Q: What comes next?\nA: A steel pier will open in spring.\n\n"
    "Q: Will you stay on as mayor?\nA: I have not made up my mind yet.\n"
)
LIVE = (
    "14:05 The council of Harbourton has begun to vote on the terminal.\n\n"
    "14:20 Two members have left the hall in protest.\n\n"
    "14:35 The vote is over, and the terminal will close.\n\n"
    "14:50 Mayor Ann Lee says the repairs would have cost too much.\n"
)
LISTICLE = "".join(
    f"{number}. {place}\nThe walk to it takes about {number} hours from the harbour.\n\n"
    for number, place in enumerate(("See the light", "Swim", "Climb the hill", "Eat crab"), 1)
)
RELEASE = (
    "PRESS RELEASE\n\nHarbour Works opens a yard of steel\n\n"
    "HARBOURTON, Wales, May 14, 2024 (GLOBE NEWSWIRE) -- Harbour Works plc today opened a yard for "
    "steel piers that cost $9 million.\n\nThe yard will employ 90 people and build four piers a "
    "year, the company said.\n\nAbout Harbour Works\nHarbour Works plc has eleven yards.\n\n"
    "Media contact\nJo Bell\n+1 555 0100\n"
)
ABSTRACT = (
    "Objective: Whether walking to school improves sleep is unknown.\n"
    "Methods: We followed 800 children for two years in six towns.\n"
    "Results: Children who walked slept 14 minutes longer on average.\n"
    "Conclusions: Walking to school improved the sleep of children slightly.\n"
)
BARE_RECIPE = (
    "Grandmother's pea soup\n\nPrep time: 15 minutes. Serves 4.\n\n500 g split peas\n2 carrots, "
    "diced\n1.5 l stock\n1 tbsp butter\n\nMelt the butter in a wide pot and soften the carrots. "
    "Pour in the stock and the peas.\n\nSimmer for an hour, and season to taste.\n"
)
NO_YIELD = (
    "Oat cakes for the ferry\n\n2 cups rolled oats\n½ cup of raisins\n100ml milk\n3 tsp honey\n\n"
    "1. Heat the oven to 180 degrees.\n2. Mix everything in a bowl.\n3. Bake for twenty minutes.\n"
)
POLICY = (
    "Privacy policy\n\nWe collect your name and address when you open an account. We may share "
    "your data with firms that deliver our parcels.\n\nWe keep your messages for two "
    "years.\n\nYou can ask us to delete your account. We will do so within thirty days.\n"
)
TERMS = (
    "Island Boats: terms of use\n\nLast updated: 2 May 2024\n\n1. Your account\nBy using our site, "
    "you agree to these rules. You are responsible for your password.\n\n2. Changes\nWe may change "
    "the prices that we show you at any time.\n"
)
STATUTE = (
    "Harbour Lights Act 2024\n\n1. Every vessel in the harbour shall show a white light after "
    "dark.\n\n2. (1) The harbour master shall keep a list of the vessels.\n(2) A vessel that is "
    "not on the list shall leave within a day.\n\n3. Whoever breaks section 1 shall pay a fine of "
    "up to $400.\n\n4. This Act comes into force on 1 June 2024.\n"
)
BARE_INTERVIEW = (
    "The pilot of Harbourton\n\nWhen did you first steer a boat?\n\nI was nine, and my father had "
    "gone to sleep.\n\nWere you not afraid of the rocks?\n\nI did not know that they were there. "
    "We had no map.\n\nWhat will change with the new pier?\n\nWe shall need eleven pilots and not "
    "six, and I am training four.\n\nAnd will you stay?\n\nNobody has asked me to leave yet.\n"
)
TOLD_INTERVIEW = (
    "'The kelp comes back': a conversation with the diver of Harbourton\n\nIda Moss counts plants "
    "under the pier.\n\nHow bad was the storm?\n\nWe lost a third of the kelp.\n\nIs it dead?\n\n"
    "It is not. I see young plants every week.\n\nA boat firm paid for your lamp. Does that "
    "trouble you?\n\nIt did not buy my count.\n\nWhat comes next?\n\nWe plant again in May.\n"
)


def test_a_recipe_is_refused_in_words():
    page = "".join(f"<p>{line}</p>" for line in RECIPE.splitlines())
    for text in (RECIPE, f"<!doctype html><body><article>{page}</article></body>"):
        with pytest.raises(NoArticle, match="recipe"):
            read_string(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("import sys\n\n\ndef main():\n    for line in sys.stdin:\n        print(line)\n", "code"),
        (
            '#include <stdio.h>\nint main() {\n  if (a) {\n    puts("b");\n  }\n  return 0;\n}',
            "code",
        ),
        (
            "Tarte\n\nIngrédients\n3 poires\n\nPréparation\nCoupez les poires en quatre morceaux.",
            "recipe",
        ),
    ],
)
def test_code_and_recipes_of_other_languages_are_refused(text, word):
    with pytest.raises(NoArticle, match=word):
        read_string(text)


@pytest.mark.parametrize("recipe", [BARE_RECIPE, NO_YIELD], ids=["times", "amounts"])
def test_a_recipe_without_its_headings_is_one(recipe):
    items = "".join(f"<li>{line}</li>" for line in recipe.splitlines()[2:] if line)
    head = f"<!doctype html><title>{recipe.splitlines()[0]}</title>"
    for text in (recipe, f"{head}<body><article><ul>{items}</ul></article></body>"):
        with pytest.raises(NoArticle, match="recipe"):
            read_string(text)


def test_a_column_with_a_recipe_is_an_article():
    assert "recipe" in read_string(f"{BODY}\n\n{BODY}\n\n{RECIPE}", title="").warnings[0]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (CONTRACT, "contract"),
        (POLICY, "contract or terms"),
        (TERMS, "contract or terms"),
        (STATUTE, "contract or terms"),
        (MINUTES, "minutes"),
        (BARE_INTERVIEW, "interview"),
        (TOLD_INTERVIEW, "interview"),
        (INTERVIEW, "interview"),
        (LISTICLE, "list of 4"),
    ],
)
def test_a_form_that_a_reader_should_know_of_has_a_warning(text, word):
    assert any(word in warning for warning in read_string(text).warnings)


@pytest.mark.parametrize(
    "more",
    [
        "",
        'Asked "Why now?", the mayor said: "Would you wait? Would anybody? Would they?"',
        "The agreement shall be signed in June, she said.",
        "The ferry left at 10.15 and came back at 11.40, an hour late.",
        "1. The pier is of steel and will last.\n2. The boats are sold.",
        "Ingredients for a good town are trust and money, she said.",
        "The pier has\n300 kg of bolts\n40 l of paint in reserve\n90 cups for the guests",
        "Boil water, the mayor said. Mix nothing into it. Pour it through a cloth.",
        "What will the pier cost?\n\nNobody knows.\n\nWho will pay?\n\nThe region will, and we "
        "with it.\n\nWhen does it open?\n\nIn spring, if I may believe the mayor.",
        "Section 4 of the Pier Act 2008 comes into force in May. A boat shall not land before.",
        '"We may share your data with the islands, and we keep your name," the mayor\'s privacy '
        'policy says. "We collect your address. By using our pier, you agree to it."',
        "By using this page, you agree to our terms of use and privacy notice.\nYou can opt out "
        "at any time.",
        "About 40 people came.\nMinutes of the meeting were not kept.",
    ],
)
def test_an_article_has_none(more):
    assert read_string(f"{BODY}\n\n{more}", title="").warnings == ()


def test_the_heading_of_an_item_is_joined_to_what_makes_sense_beside_it_alone():
    places = [
        ("See the light", "Built in 1874 by Jo Reed, it is open on Sundays. Bring a coat."),
        ("Swim at Cold Cove", "The water has 14 degrees in August."),
        ("Eat crab", "The kiosk sells it for $9."),
        ("Is there more?", "They say so."),
        ("Take the old bus", "It runs on Saturdays."),
    ]
    text = "Five ways to lose a day\n\n" + "\n\n".join(
        f"{number}. {heading}\n{told}" for number, (heading, told) in enumerate(places, 1)
    )
    article = read_string(text)
    assert article.title == "Five ways to lose a day"
    assert article.body.split("\n\n") == [
        "See the light: Built in 1874 by Jo Reed, it is open on Sundays. Bring a coat.",
        "Swim at Cold Cove: The water has 14 degrees in August.",
        "Eat crab: The kiosk sells it for $9.",
        "4. Is there more?\nThey say so.",
        "Take the old bus: It runs on Saturdays.",
    ]
    assert "list of 5" in article.warnings[0]
    long = LISTICLE.replace("harbour.\n", f"harbour.\n\n{BODY}\n")
    assert read_string(long, title="").body == long
    ranking = "The best boats\n\n" + "".join(f"{n}. Boat {n} of Jo Reed\n" for n in range(1, 9))
    assert read_string(f"{ranking}\n{BODY}").body == f"{ranking}\n{BODY}".partition("\n\n")[2]


def test_times_at_the_beginning_of_lines_are_left_out():
    article = read_string(LIVE, title="Live: the vote")
    assert "14:" not in article.body
    assert "times" in article.warnings[0]
    talk = "[00:01] Ann Lee: The terminal will close.\n[00:09] Bo Orr: We cannot afford it.\n" * 3
    assert "00:0" not in read_string(talk, title="").body


def test_a_press_release_is_read_without_its_frame():
    article = read_string(RELEASE)
    assert article.title == "Harbour Works opens a yard of steel"
    assert article.body.startswith("Harbour Works plc today opened a yard")
    assert article.body.rstrip().endswith("the company said.")
    assert article.body in RELEASE


@pytest.mark.parametrize(
    "lines",
    [
        "Contact: Bo Orr, bo@harbour.example, +44 555 0103",
        "Media contact:\nBo Orr\n+44 (0)555 0103\nbo@harbour.example",
    ],
)
def test_who_may_be_asked_is_not_the_title_of_a_release(lines):
    first, rest = RELEASE.split("\n", 1)
    assert read_string(f"{first}\n\n{lines}\n{rest}").title == read_string(RELEASE).title
    after = RELEASE.replace("Harbour Works plc today", f"{lines}\n\nHarbour Works plc today")
    assert read_string(after).title == read_string(RELEASE).title


def test_what_the_sender_of_a_release_feels_is_no_text_for_lines():
    quoted = (
        '"We are thrilled to open the yard," said Bo Orr, chief executive of Harbour Works. "It is '
        'what islands dream of."'
    )
    text = RELEASE.replace("The yard will", f"{quoted}\n\nThe yard will")
    article = read_string(text)
    assert quoted in article.body
    assert [sentence.text for sentence in article.sentences if sentence.part == "body"] == [
        sentence.text for sentence in read_string(RELEASE).sentences if sentence.part == "body"
    ]
    news = f'{BODY}\n\n"We are thrilled to have it," said Bo Orr, who runs the boats.'
    assert any("thrilled" in sentence.text for sentence in read_string(news).sentences)


def test_an_article_with_such_headings_is_left_whole():
    text = f"{BODY}\n\nAbout Ann Lee\nShe has been the mayor since 2015 and was a pilot before."
    assert read_string(text, title="").body == text


def test_the_conclusion_of_an_abstract_is_its_news_and_questions_are_not_told():
    article = read_string(ABSTRACT, title="Walking to school and sleep")
    plan = Planner().plan(article)
    told = {slot.primary for slot in plan.slots}
    conclusion = next(i for i, s in enumerate(article.sentences) if "improved" in s.text)
    assert conclusion in told
    assert max(range(len(plan.news)), key=plan.news.__getitem__) == conclusion
    points = [slot.primary for slot in plan.of(Section.KEY_POINTS)]
    assert points[0] == conclusion > min(points)
    assert plan.first == {conclusion}
    article = read_string(INTERVIEW, title="")
    plan = Planner().plan(article)
    assert not any(
        article.sentences[slot.primary].text.endswith("?") for slot in (*plan.slots, *plan.spare)
    )
