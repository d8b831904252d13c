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


def completed(texts: list[str], parses) -> str | None:
    """The last of the sentences as the others complete it; None if nothing is put in."""
    found = Chain(texts, parses).complete(len(texts) - 1)
    return found.text if found else None


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


def test_the_end_of_a_name_is_not_the_name(parses) -> None:
    texts = [
        "A judge blocked the state from ending the Deferred Help for Island Homes (DHIH) program.",
        "Judge Ada Holt said the fight over the decision to end the program would take years.",
    ]
    found = completed(texts, parses)
    assert found is None or "end Island Homes" not in found


def test_a_surname_that_looks_like_a_plural_is_one(parses) -> None:
    said = "Harbour pilot Drew Rivers was fined by the council."
    told = completed([said, '"I paid for the rope," said Rivers.'], parses)
    assert told == '"I paid for the rope," said harbour pilot Drew Rivers.'
    group = ["Norland Greens met on Monday.", '"We paid for the rope," said Green.']
    assert completed(group, parses) is None


def test_a_name_of_words_is_no_surname(parses) -> None:
    texts = [
        "Sund has the worst record by the Lorne Times Legislative Index, founded in 1990.",
        "The council was still the third-worst of its kind in The Times’ Index.",
    ]
    assert completed(texts, parses) is None


@pytest.mark.parametrize(
    ("said", "asked", "told"),
    [
        ("A man wore a sign that read, “Ask Sund About Ada Holt.”", "Holt left in May.", "About"),
        ("The United States Senate has passed a bill.", "In 2005, the Senate said no.", "States"),
    ],
)
def test_no_name_is_longer_or_shorter_than_it_is(parses, said: str, asked: str, told: str) -> None:
    found = completed([said, asked], parses)
    assert found is None or told not in found


@pytest.mark.parametrize(
    ("said", "asked", "told"),
    [
        ("Police named the man as Ulv Brenn.", "The judge freed Brenn in May.", "freed Ulv Brenn"),
        ("Ulv Brenn's lawyer met the judge.", "The judge freed Brenn in May.", "freed Ulv Brenn"),
        ("The town is named after Ulv Brenn.", "The judge went to Brenn in May.", ""),
        ("The old Brewer's Kell is a pub.", "The judge shut Kell in May.", ""),
        ("The plan of President Brenn failed.", "Brenn left.", "President Brenn left"),
        ("The plan of Mr. Brenn failed.", "Brenn left.", ""),
        ("Orlow United won the cup.", "The judge fined United in May.", ""),
        (
            "The priest told Rowers of Norland president Ida Brenn to go.",
            "Brenn left.",
            "Ida Brenn left",
        ),
        ("The judge met Ana-Lena Brenn, 40.", "Brenn left.", "Ana-Lena Brenn left"),
    ],
)
def test_a_first_name_shows_a_person(parses, said: str, asked: str, told: str) -> None:
    found = Chain([said, asked], parses).complete(1)
    assert (found is not None and told in found.text) if told else found is None


def test_two_people_who_share_their_surname_give_no_name(parses) -> None:
    texts = [
        "Doctors Ida and Ada Holt founded the clinic in 1940.",
        "Holt used four dolls to test how the children saw the war.",
    ]
    assert Chain(texts, parses).complete(1) is None


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


@pytest.mark.parametrize(
    ("said", "asked", "told"),
    [
        (
            "Ada Lorn, 26, won the race in Port Alder.",
            "The 26-year-old had trained for a year.",
            "Ada Lorn had trained for a year.",
        ),
        (
            "Trawler captain Ida Wrenn saved four sailors on Monday.",
            "Wrenn, who has fished off Kell since 1990, turned back in the storm.",
            "Ida Wrenn, who has fished off Kell since 1990, turned back in the storm.",
        ),
        (
            "Trawler captain Ida Wrenn saved four sailors on Monday.",
            "The town praised Wrenn's courage.",
            "The town praised Ida Wrenn's courage.",
        ),
        (
            "The medal went to Marine Ida Wrenn, 31, who saved four sailors.",
            "Wrenn, a mother of two, turned back in the storm.",
            "Ida Wrenn, a mother of two, turned back in the storm.",
        ),
    ],
)
def test_a_reference_is_spelled_out(parses, said: str, asked: str, told: str) -> None:
    found = Chain([said, asked], parses).complete(1)
    assert found is not None
    assert found.text == told
    (part,) = found.parts
    assert part.source == 0


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Ada Lorn, 26, beat Mia Holt, 26.", "The 26-year-old had trained for a year."),
        ("Ada Lorn, 26, won.", "The 26-year-old bridge was closed."),
    ],
)
def test_an_age_with_two_readings_or_none_is_left(parses, said: str, asked: str) -> None:
    found = Chain([said, asked], parses).complete(1)
    assert found is None


@pytest.mark.parametrize(
    ("said", "asked", "told"),
    [
        (  # a day before an office
            "The palace said Tuesday deputy minister Mira Lorn should leave her post.",
            "Lorn had shouted at clerks.",
            "Mira Lorn had shouted at clerks.",
        ),
        (
            "The launch came before a visit to Lisk, South Norland, for talks.",
            "North Norland often fires short-range missiles.",
            None,
        ),
        (  # a title leaves out articles and begins with a capital
            "Fire at furniture factory in Leitha: nobody hurt",
            "The police do not think that the fire was laid.",
            None,
        ),
        (
            "Alleged deserter Bo Lorn doubts he will get a fair trial",
            "On Monday, Lorn admitted the charges.",
            "On Monday, alleged deserter Bo Lorn admitted the charges.",
        ),
        (
            "Fifteen-year-old Mira Osk became the youngest champion on Sunday.",
            "Osk will play in Velden in August.",
            "Mira Osk will play in Velden in August.",
        ),
        (
            "Senate Majority Leader Ada Holt accused the Democrats in a speech on Tuesday.",
            "Holt read a quote from 2012.",
            "Ada Holt read a quote from 2012.",
        ),
        (
            "Alleged deserter Bo Lorn doubts he will get a fair trial",
            "Former prisoner Sgt. Bo Lorn pleaded guilty on Monday.",
            None,
        ),
        (
            "GOP Slams Holt For Saying Firms Are Fine",
            "Holt said that firms were doing well.",
            None,
        ),
        (
            "Montana Senators Max Baum and Jon Test announced a grant on Monday.",
            "Baum said that it would help.",
            "Max Baum said that it would help.",
        ),
        (
            "Bo Lorn, president of the academy, asked President Holt for a new envoy.",
            "The president will not name an envoy.",
            None,
        ),
        (
            "The drivers' union Rails United and the railway agreed on a mediator.",
            "The union demands more pay.",
            None,
        ),
    ],
)
def test_what_is_put_in_is_whole_and_in_running_text(
    parses, said: str, asked: str, told: str | None
) -> None:
    assert completed([said, asked], parses) == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            "Prosecutors told the court that Orr had hidden a box.",
            "Prosecutors told the court that police chief Ida Orr had hidden a box.",
        ),
        (
            "The crew thanked Voss for the drill.",
            "The crew thanked Captain Ana Voss for the drill.",
        ),
        (
            "The council refused to meet Pell, who had called a strike.",
            "The council refused to meet Bo Pell, who had called a strike.",
        ),
        (
            "The report says Pell misled the dockers.",
            "The report says Bo Pell, head of the union, misled the dockers.",
        ),
        (
            "The owner wrote that Lund wanted a strike.",
            "The owner wrote that Tove Lund, the leader of the Rail Alliance, wanted a strike.",
        ),
        ("The clerk gave the list to Amis.", "The clerk gave the list to Jo Amis."),
        ("Voss, 33, left the ship.", "Captain Ana Voss, 33, left the ship."),
        (
            "Amis paid for the list.",
            "Jo Amis, a lawyer from Harwick, paid for the list.",
        ),
        ('"Nobody asked Orr," the clerk said.', None),
        ('"Nobody asked Orr,"the clerk said.', None),
    ],
)
def test_a_surname_is_completed_wherever_it_stands(parses, asked: str, told: str | None) -> None:
    texts = [
        "The gates were opened by police chief Ida Orr on Monday.",
        "Bo Pell, head of the union, called the result a warning.",
        "Captain Ana Voss told reporters that the ship was safe.",
        "The leader of the Rail Alliance, Tove Lund, resigned on Monday.",
        "Jo Amis, a lawyer from Harwick, told the court of a list.",
    ]
    assert completed([*texts, asked], parses) == told


def test_the_name_of_a_place_is_no_surname(parses) -> None:
    texts = ["Two ferries left Port Alder at noon.", "Prices for fish in Alder rose by a third."]
    assert Chain(texts, parses).complete(1) is None


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("HRU called off the strike.", "The Harbour and Rail Union called off the strike."),
        (
            "The owner met the HRU on Friday, and the HRU accepted.",
            "The owner met the Harbour and Rail Union (HRU) on Friday, and the HRU accepted.",
        ),
        (
            "Members of the HRU's board resigned.",
            "Members of the Harbour and Rail Union's board resigned.",
        ),
        ("The HRU members went home.", None),
        ("Nobody told NATO of the strike.", None),
    ],
)
def test_an_abbreviation_is_written_out(parses, asked: str, told: str | None) -> None:
    texts = ["Members of the Harbour and Rail Union (HRU) voted for a strike on Monday."]
    assert completed([*texts, asked], parses) == told


def test_an_abbreviation_inside_another_name_lacks_an_article(parses) -> None:
    texts = ["Ada Holt wrote to Harbour and Rail Union (HRU) Director Ben Sund on Monday."]
    assert completed([*texts, "HRU called off the strike."], parses) is None


def test_a_name_that_begins_an_office_keeps_its_capital(parses) -> None:
    texts = [
        "Reed aide Jo Amis told reporters that the vote was close.",
        "The harbour backed Mayor Reed.",
        "The clerk gave the list to Amis.",
    ]
    found = Chain(texts, parses).complete(2)
    assert found is not None
    assert found.text == "The clerk gave the list to Reed aide Jo Amis."


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("Mr. Orr opened the box.", "Police chief Ida Orr opened the box."),
        ("Ms. Voss's ship left at noon.", "Captain Ana Voss's ship left at noon."),
        ('"Ask Ms. Voss," the clerk said.', None),
        ("Ms. Voss Lind left at noon.", None),
    ],
)
def test_a_courtesy_title_gives_way_to_the_name(parses, asked: str, told: str | None) -> None:
    texts = [
        "The gates were opened by police chief Ida Orr on Monday.",
        "Captain Ana Voss told reporters that the ship was safe.",
    ]
    assert completed([*texts, asked], parses) == told
