# ruff: noqa: E501
"""Whole briefs of forms other than the report: no line that its author would not sign."""

import re

import pytest

from briefing.briefer import Briefer
from briefing.reading import read_string

pytestmark = pytest.mark.slow

INTERVIEW = """\
"The sea does not care who is mayor": a talk with Ann Lee

The mayor of Harbourton on the terminal, the storm and her last winter in office

Q: Why did you vote to close the old terminal?
A: The engineers told us in April that the eastern wall had moved by eleven centimetres. The repair would have cost $4.2 million, and the region refused to pay any of it.

Q: What happens to the islanders until the new pier opens?
A: Two smaller boats will sail from the fish quay from 1 June. The council has set aside $300,000 for the fares of schoolchildren.

Q: Did you expect the protest of last week?
A: I did. My own brother stood in front of the town hall with a sign. Nine hundred people came, and nobody broke a window.

Q: Will you run again?
A: No. I have told my party that this winter is my last.
"""
MINUTES = """\
Minutes of the Harbourton Pier Trust, 14 May 2024

Present: A. Lee (chair), B. Orr, C. Hume, J. Reed
Apologies: D. Day

1. Minutes of the last meeting
The minutes of 9 April were approved.

2. Inspection of the pier
The engineer reported that eleven of the forty piles had to be replaced. The trust decided to close the pier to visitors from 1 June to 31 August.
ACTION: BO to tell the boat owners by 20 May.

3. Painting
Two firms had offered to paint the railing. The trust accepted the offer of Reed and Sons for $18,400. C. Hume voted against.

4. Money
The treasurer said that the trust had $61,000 left after the winter. The fee for moorings will rise to $12 a week in July.
ACTION: JR to write to all members.

5. Any other business
None. The meeting closed at 21.10. The next meeting is on 11 June.
"""
ABSTRACT = """\
Cold water and sleep of rowers: a cohort study

Background: Whether swimming in cold water improves sleep is not known. Earlier studies were small.

Objective: To compare the sleep of rowers who swim in cold water with that of rowers who do not.

Methods: We followed 640 rowers of nine clubs for two years. Sleep was measured with a band at the wrist in March of each year.

Results: Rowers who swam slept 22 minutes longer a night (95% CI, 11 to 33). The difference was largest in winter. Eleven rowers of the group caught a cold that lasted for more than a week.

Conclusions: Swimming in cold water was associated with longer sleep of rowers. Trials should test whether it causes it.
"""
RELEASE = """\
FOR IMMEDIATE RELEASE

Harbour Works opens a yard for steel piers in Harbourton

HARBOURTON, Wales, May 14, 2024 /NewsPost/ -- Harbour Works plc, a leading builder of piers, today opened a yard in Harbourton that will build four steel piers a year and employ 90 people.

"We are thrilled to bring so many jobs to the islands," said Bo Orr, chief executive of Harbour Works. "This yard is a dream come true for all of us."

The yard cost $9 million, of which the region paid a third. Its first pier will be delivered to the town of Alnmoor in March 2025.

Harbour Works bought the land from the fishing company Day and Daughters in 2021. The company closed its last cannery there in 2016.

"I could not be prouder of our team," said Jo Reed, who manages the yard.

About Harbour Works
Harbour Works plc has eleven yards in four countries and is the partner of choice for those who build at sea.

Media contact
Jo Bell
+1 555 0100
press@harbourworks.example

###
"""
STATUTE = """\
Harbour Lights Act 2024

An Act to regulate the lights of vessels in the harbours of the islands.

1. Lights
(1) Every vessel in a harbour shall show a white light from sunset to sunrise.
(2) A vessel of less than five metres may show a lantern instead.

2. Register
(1) The harbour master shall keep a register of the vessels of the harbour.
(2) The owner of a vessel shall enter it in the register within thirty days of its purchase.

3. Offences
(1) A person who contravenes section 1 commits an offence and is liable to a fine of up to $400.
(2) The harbour master may detain a vessel until the fine is paid.

4. Repeal
The Harbour Lamps Act 1931 is repealed.

5. Commencement
This Act comes into force on 1 June 2024.
"""
LIVE = """\
Harbourton votes on its ferry terminal: live

18:02 The council of Harbourton has begun to debate the closure of the old ferry terminal. About 300 people are in the hall.

18:20 Mayor Ann Lee tells the council that the repairs would cost $4.2 million and that the region has refused to pay.

18:41 Councillor Bo Orr calls for a delay of one year, and his motion is defeated by 9 votes to 4.

19:05 Two members of the council have left the hall in protest at the closure.

19:16 The council has voted by 8 votes to 3 to close the terminal on 1 June.

19:30 The islanders' league says it will go to court against the decision.

19:45 A new pier is expected to open in spring 2025, the council's engineer tells reporters.
"""
LISTICLE = """\
Five places to eat in Harbourton

1. The Net Loft
It opened in 1998 and has forty seats. They serve crab until midnight.

2. Cafe Orr
This is the oldest cafe on the quay. Its owner, Bo Orr, bakes every morning at 4am.

3. The Signal House
She cooks what the boats bring. Ann Day took over the kitchen in 2019, and it won a prize last year.

4. Pier Kitchen
Here you pay what you like. It feeds 200 people a day.

5. Day's Ices
They have sold ices since 1931.
"""

FORMS = {
    "interview": (
        INTERVIEW,
        r"boats|terminal|repair|winter",
        r"\?|\b(Q|A):|brother|You\b",
        "interview",
    ),
    "minutes": (
        MINUTES,
        r"piles|\$18,400|\$61,000|close the pier",
        r"ACTION|Apologies|None\b",
        "minutes",
    ),
    "abstract": (
        ABSTRACT,
        r"associated with longer sleep",
        r"Conclusions|is not known|causes it",
        None,
    ),
    "press release": (RELEASE, r"opens a yard", r"thrilled|dream|prouder|partner|555", None),
    "statute": (STATUTE, r"vessel|harbour master", r"\(\d\)|instead|^Repeal|section 1", "contract"),
    "live blog": (LIVE, r"8 votes to 3|9 votes to 4", r"\d\d:\d\d|About 300 people are", "times"),
    "list": (LISTICLE, r"crab|kitchen|quay|forty seats", r"^\d\.", "list of 5"),
}
"""Text, what a line tells, what no line says, and the warning."""
PRONOUN = re.compile(r"(He|She|It|They|This|These|Its|Their|We|Here|There)\b")


@pytest.fixture(scope="module")
def briefer() -> Briefer:
    return Briefer()


@pytest.mark.parametrize("form", FORMS)
def test_every_line_could_be_signed(briefer: Briefer, form: str) -> None:
    text, told, never, warned = FORMS[form]
    brief = briefer.brief(read_string(text))
    lines = [line.text for line in brief.lines]
    assert brief.headline is not None
    assert brief.key_points
    assert any(re.search(told, line) for line in lines), lines
    assert not [line for line in lines if re.search(never, line) or PRONOUN.match(line)]
    assert warned is None or any(warned in warning for warning in brief.warnings)


def test_the_conclusion_of_an_abstract_comes_first(briefer: Briefer) -> None:
    brief = briefer.brief(read_string(ABSTRACT))
    assert brief.headline is not None
    assert "associated with longer sleep" in f"{brief.headline} {brief.key_points[0]}"
