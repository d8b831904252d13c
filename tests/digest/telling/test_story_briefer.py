"""Stories told from several papers: evidence, disputes, updates, what is new."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import briefing.digest.telling
from briefing.briefer import Briefer
from briefing.checking import repeats
from briefing.checking.facts import states
from briefing.digest import Novelty, StoredArticle, Story, StoryBrief
from briefing.digest.telling import LocalStoryBriefer, read_item
from briefing.digest.telling.lines import Figures
from briefing.digest.telling.merged import Merged, merge, out_of_date
from briefing.errors import BriefingError, InternalError
from briefing.sections import Role
from briefing.writing import choose_family
from tests.digest.events import (
    BRIDGE_GERMAN,
    BUDGET_COURIER,
    BUDGET_GAZETTE,
    CHESS_COURIER,
    CHESS_GAZETTE,
    DAY,
    FERRY_COURIER,
    FERRY_GAZETTE,
    FERRY_LATER,
    article,
    papers,
    story,
)
from tests.fakes import FakeBackend, Say, echo, liar

GAZETTE = article(1, FERRY_GAZETTE, "Gazette")
COURIER = article(2, FERRY_COURIER, "Courier", hours=1)
LATER = article(3, FERRY_LATER, "Herald", hours=50)
INVENTED = ("Quillfeather", "7,341", "1736", "cheese", "Zanzibar", "Ruritania", "1066", "recruit")


def briefer(say: Say = echo) -> LocalStoryBriefer:
    return LocalStoryBriefer(Briefer.over(FakeBackend(say), choose_family("bundled", "")))


def told(
    *articles: StoredArticle, say: Say = echo, previous: StoryBrief | None = None
) -> StoryBrief:
    one = story(*articles)
    known, dates = ({1: previous}, {1: date(2026, 3, 2)}) if previous else ({}, {})
    (brief,) = briefer(say).brief([one], known, dates)
    assert isinstance(brief, StoryBrief), brief
    return brief


def sound(brief: StoryBrief, articles: Sequence[StoredArticle]) -> None:
    """Every citation is the sentence it says, and every line is held by what it cites."""
    read = {a.id: read_item(a.item) for a in articles}
    for line in brief.lines:
        assert line.evidence
        for cited in line.evidence:
            assert read[cited.article].sentences[cited.sentence].text == cited.text
        assert states(line.text, [c.text for c in line.evidence]), line.text
    points = [line.text for line in brief.key_points]
    for at, text in enumerate(points):
        assert not repeats(text, points[:at])


@pytest.fixture(scope="module")
def ferry() -> StoryBrief:
    return told(GAZETTE, COURIER)


def test_lines_stand_on_sentences_of_both_papers(ferry: StoryBrief) -> None:
    sound(ferry, [GAZETTE, COURIER])
    assert {c.article for line in ferry.lines for c in line.evidence} == {1, 2}
    assert [r.id for r in ferry.references] == [1, 2]
    assert 0 < ferry.salience <= 1
    assert ferry.since is None


def test_context_tells_the_background(ferry: StoryBrief) -> None:
    assert ferry.context
    assert {line.role for line in ferry.context} <= {
        Role.PREVIOUS_EVENT,
        Role.CURRENT_CONTEXT,
        Role.HISTORICAL_EVENT,
        Role.EXPECTATION,
    }


def test_what_the_model_invents_is_never_told() -> None:
    brief = told(GAZETTE, COURIER, say=liar)
    sound(brief, [GAZETTE, COURIER])
    assert not any(word in line.text for line in brief.lines for word in INVENTED)


def test_a_fact_that_both_papers_tell_cites_both() -> None:
    burned = "The old paper mill in Holm burned down on Sunday night"
    gazette = f"{burned}, the fire service said. The mill was built in 1911. It was to be sold."
    courier = f"{burned}, and two men were hurt. The mill was built in 1911 by a baker from Lorne."
    papers = (
        article(1, ("Paper mill burns down", gazette), "Gazette"),
        article(2, ("Two hurt in Holm", courier), "Courier", hours=1),
    )
    mill = told(*papers)
    sound(mill, papers)
    assert any({c.article for c in line.evidence} == {1, 2} for line in mill.lines)


def test_a_line_that_an_editor_would_hardly_sign_is_not_told() -> None:
    papers = article(1, CHESS_GAZETTE, "Gazette"), article(2, CHESS_COURIER, "Courier", hours=1)
    (point,) = told(*papers).key_points
    assert point.text.startswith("Mira Osk of Holm won the national chess championship")


def test_a_short_line_cites_no_paper_that_lacks_its_news() -> None:
    won = "Ada Holt has won the Lantern prize for her novel, the jury said in Holm on Monday."
    film = "The novel by Ada Holt will be filmed in May, the publisher Salt said on Wednesday."
    papers = (
        article(1, ("Holt wins prize", f"{won} Five others had been shortlisted."), "Gazette"),
        article(2, ("Holt novel to be filmed", f"{film} She will write it."), "Courier", hours=48),
    )
    headline = told(*papers).headline
    assert headline.text == "Holt novel to be filmed"
    assert {c.article for c in headline.evidence} == {2}


def test_papers_that_differ_on_a_number_are_both_named(ferry: StoryBrief) -> None:
    (dispute,) = ferry.disagreements
    sides = {claim.value: {c.article for c in claim.evidence} for claim in dispute.claims}
    assert sides == {"Twelve": {1}, "Fourteen": {2}}
    assert "people" in dispute.about
    stating = [line for line in ferry.lines if "welve" in line.text or "ourteen" in line.text]
    assert stating
    assert all(line.disputed == 0 for line in stating)
    assert all(line.disputed is None for line in ferry.lines if line not in stating)


def test_a_number_that_grew_is_an_update_and_the_newest_is_told() -> None:
    brief = told(GAZETTE, LATER)
    sound(brief, [GAZETTE, LATER])
    assert not brief.disagreements
    news = " ".join(line.text for line in (brief.headline, *brief.key_points))
    assert "ineteen" in news
    assert "welve" not in news


def test_a_number_that_fell_is_a_disagreement() -> None:
    early = article(1, FERRY_LATER, "Herald")
    (dispute,) = told(early, article(2, FERRY_GAZETTE, "Gazette", hours=9)).disagreements
    assert {claim.value for claim in dispute.claims} == {"Nineteen", "Twelve"}


def test_a_paper_that_corrects_itself_does_not_disagree() -> None:
    wrong = (FERRY_GAZETTE[0], FERRY_GAZETTE[1].replace("Twelve people", "Thirty people"))
    first = article(1, wrong, "Gazette")
    assert not told(first, article(2, FERRY_GAZETTE, "Gazette", hours=1)).disagreements


def test_a_fault_in_one_story_does_not_end_the_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = briefing.digest.telling.compare_figures

    def breaks(merged: Merged) -> Figures:
        if merged.story.id == 1:
            raise ZeroDivisionError
        return plain(merged)

    monkeypatch.setattr(briefing.digest.telling, "compare_figures", breaks)
    one, other = briefer().brief([story(GAZETTE), story(COURIER, number=2)])
    assert isinstance(one, InternalError)
    assert isinstance(other, StoryBrief)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Some 5,200 people", "In all 5,214 people"),
        ("About 5,000 people", "Exactly 5,214 people"),
        ("5,214 people", "More than 5,000 people"),
        ("Five people", "5 people"),
    ],
)
def test_a_rounded_number_is_no_disagreement(one: str, other: str) -> None:
    rest = " backed the ferry to Grey Island in the vote on Tuesday, the returning officer said."
    more = " The council of Port Alder will look for savings. A debate is planned in January."
    first = article(1, ("Vote", one + rest + more), "Gazette")
    second = article(2, ("Ferry vote", other + rest + more), "Courier", hours=1)
    assert not told(first, second).disagreements


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The town gets 70 percent of the island", "The county gets 30 percent of the island"),
        ("Three boats left Grey Island harbour", "Four more boats left Grey Island harbour"),
        ("Three boats left Grey Island harbour", "Three buses left for the market in Holm"),
    ],
)
def test_numbers_of_other_things_are_no_disagreement(one: str, other: str) -> None:
    more = " under the plan of the ferry line. The council of Port Alder meets in January."
    first = article(1, ("Plan", one + more), "Gazette")
    second = article(2, ("The plan", other + more), "Courier", hours=1)
    assert not told(first, second).disagreements


def test_a_follow_up_tells_what_is_new_first(ferry: StoryBrief) -> None:
    brief = told(GAZETTE, COURIER, LATER, previous=ferry)
    sound(brief, [GAZETTE, COURIER, LATER])
    assert brief.since == date(2026, 3, 2)
    assert [r.new for r in brief.references] == [False, False, True]
    assert brief.headline.novelty is Novelty.NEW
    assert {c.article for c in brief.headline.evidence} == {3}
    order = [line.novelty for line in brief.key_points]
    assert order[0] is Novelty.NEW
    assert order == sorted(order, key=lambda novelty: novelty is Novelty.KNOWN)


def test_what_was_told_is_known_and_another_number_is_new(ferry: StoryBrief) -> None:
    again = told(GAZETTE, COURIER, previous=ferry)
    assert {line.novelty for line in again.lines} == {Novelty.KNOWN}
    thirteen = (FERRY_GAZETTE[0], FERRY_GAZETTE[1].replace("Twelve people", "Thirteen people"))
    update = told(GAZETTE, article(4, thirteen, "Gazette", hours=9), previous=told(GAZETTE))
    changed = [line for line in update.lines if "hirteen" in line.text]
    assert changed
    assert all(line.novelty is Novelty.NEW for line in changed)


def test_one_article_is_told_as_its_brief() -> None:
    single = Briefer.over(FakeBackend(echo), choose_family("bundled", ""))
    plain = single.brief(read_item(GAZETTE.item))
    (brief,) = LocalStoryBriefer(single).brief([story(GAZETTE)])
    assert isinstance(brief, StoryBrief)
    assert sorted(line.text for line in brief.lines) == sorted(line.text for line in plain.lines)


LONG_TITLE = (
    "Council of Tarn valley votes to raise water rates by six percent and to mend reservoir"
)


@pytest.mark.parametrize(
    ("titles", "headline"),
    [
        ((LONG_TITLE, LONG_TITLE), LONG_TITLE),
        (("Will water cost more?", "Water to cost more in Tarn valley"), 1),
        (("Water to cost more in Tarn valley", "WATER COSTS MORE"), 0),
        (("Tarn valley: ADB lends money for water", "?"), 0),
    ],
)
def test_the_headline_is_a_title_of_the_papers(
    titles: tuple[str, str], headline: int | str
) -> None:
    papers = (
        article(1, (titles[0], BUDGET_GAZETTE[1]), "Gazette"),
        article(2, (titles[1], BUDGET_COURIER[1]), "Courier", hours=1),
    )
    expected = headline if isinstance(headline, str) else titles[headline]
    assert told(*papers).headline.text == expected


REACTION = (
    "Islanders tell of fear and anger as Merrow goes down",
    "Islanders spoke of fear and anger on Monday as the ferry Merrow went down before their "
    "eyes. Twelve people died, the coast guard said.\n\n"
    '"My brother rows out there every morning," said Ada Lunn, who keeps the post office on Grey '
    "Island. The ship had left Port Alder at dawn with 64 passengers and a crew of six. Rescue "
    "boats reached the wreck within half an hour.",
)


@pytest.mark.parametrize("hours", [0, 2])
def test_of_several_titles_the_one_that_tells_the_event_is_the_headline(hours: int) -> None:
    told = story(
        article(1, FERRY_GAZETTE, "Gazette"),
        article(2, REACTION, "Herald", hours=hours),
        article(3, FERRY_COURIER, "Courier", hours=1),
    )
    assert merge(told, None).article.title != REACTION[0]


ARREST = (
    "Captain of sunken ferry Merrow arrested",
    "The captain of the ferry Merrow was arrested on Tuesday morning, police in Port Alder said. "
    "Twelve people died when the ferry sank off Grey Island.",
)
RELEASE = (
    "Captain of the Merrow released without charge",
    "The captain of the ferry Merrow, who was arrested on Tuesday morning, has been released "
    "without charge, police in Port Alder said. The ferry sank off Grey Island on Monday.",
)


def test_a_follow_up_is_headed_by_what_happened_last(ferry: StoryBrief) -> None:
    arrest, release = article(3, ARREST, "Gazette", 24), article(4, RELEASE, "Courier", 26)
    merged = merge(story(GAZETTE, COURIER, arrest, release), ferry)
    assert merged.article.title == RELEASE[0]


def test_a_follow_up_leaves_out_what_was_told_and_what_has_passed(ferry: StoryBrief) -> None:
    brief = told(GAZETTE, COURIER, LATER, previous=ferry)
    assert {line.novelty for line in brief.key_points} == {Novelty.NEW}
    assert not any("expected to visit" in line.text for line in brief.lines)  # on Tuesday


@pytest.mark.parametrize(("hours", "past"), [(20, False), (40, False), (47, True)])
def test_what_has_passed_is_told_by_the_day_of_the_edition(hours: int, past: bool) -> None:
    """The visit is on Tuesday; the edition of Monday 8:00 and so many hours."""
    merged = merge(story(GAZETTE), None)
    lost = out_of_date(merged, DAY + timedelta(hours=hours))
    assert any("to visit" in merged.article.sentences[at].text for at in lost) is past


TRIAL = (
    "Jury out in Lann ferry trial",
    "The jury in the trial of ferry captain Bruno Lann retired to consider its verdict on Monday. "
    "Lann denies that he left the bridge before the Merrow sank.\n\n"
    "Prosecutor Ilse Tamm told the court in Port Alder that the captain had been asleep in his "
    "cabin. The trial has lasted nine weeks.",
)
VERDICT = TRIAL[1].replace(
    "The jury in the trial of ferry captain Bruno Lann retired to consider its verdict on Monday.",
    "Ferry captain Bruno Lann was found guilty of negligence on Tuesday by a jury in Port Alder.",
)


def revised(body: str, title: str = TRIAL[0]) -> StoredArticle:
    """The article on the trial, changed since it was told."""
    before = article(1, TRIAL, "Gazette")
    after = article(1, (title, body), "Gazette")
    return replace(after, told=before.item)


def test_a_title_that_its_article_has_outgrown_is_no_headline() -> None:
    first = told(article(1, TRIAL, "Gazette"))
    assert first.headline.text == TRIAL[0]
    second = told(revised(VERDICT), previous=first)
    assert "guilty" in second.headline.text
    assert [change.kind for change in second.changes] == ["updated"]
    sound(second, [revised(VERDICT)])
    # With the title of another source, where that is new.
    newer = article(2, ("Captain Lann guilty of negligence", VERDICT), "Courier", hours=20)
    both = told(revised(VERDICT), newer, previous=first)
    assert both.headline.text == "Captain Lann guilty of negligence"


def test_a_title_stays_where_the_article_begins_as_before() -> None:
    first = told(article(1, TRIAL, "Gazette"))
    more = f"{TRIAL[1]}\n\nThe owner of the ferry, Alder Lines, was sold to a bank on Tuesday."
    assert told(revised(more), previous=first).headline.text == TRIAL[0]


def test_a_disagreement_is_told_once(ferry: StoryBrief) -> None:
    assert ferry.disagreements
    calm = (
        "Ferries of Alder Lines sail again",
        "Alder Lines let its other ferries sail again on Thursday from Port Alder. Grey Island got "
        "fresh bread and letters, harbour master Edda Lunn said.",
    )
    brief = told(GAZETTE, COURIER, article(7, calm, "Herald", hours=72), previous=ferry)
    assert not brief.disagreements or any(line.disputed == 0 for line in brief.lines)


def test_a_story_that_cannot_be_told_gives_its_error_in_its_place() -> None:
    empty = story(article(9, ("", " \n "), "Gazette"), number=2)
    stories = [story(GAZETTE), empty, Story(3, (), None), story(COURIER, number=4)]
    found = list(briefer().brief(stories))
    assert [isinstance(one, BriefingError) for one in found] == [False, True, True, False]
    assert [one.story for one in found if isinstance(one, StoryBrief)] == [1, 4]


def test_a_story_in_a_language_that_the_model_does_not_write_is_quoted() -> None:
    german = article(5, BRIDGE_GERMAN, "Tarnbote")
    stories = [story(german), story(GAZETTE, number=2)]
    quoted, written = briefer().brief(stories)
    assert isinstance(quoted, StoryBrief)
    assert isinstance(written, StoryBrief)
    sentences = {s.text.rstrip(".") for s in read_item(german.item).sentences}
    assert quoted.headline.text == BRIDGE_GERMAN[0]
    assert {line.text.rstrip(".") for line in quoted.lines} <= sentences
    assert len(quoted.key_points) >= 2
    assert {line.origin for line in quoted.lines} == {"extracted"}
    assert "'de'" in quoted.model.reason
    assert written.model.name == "fake"


def test_an_article_without_text_leaves_the_others_to_tell() -> None:
    assert told(GAZETTE, article(9, ("", ""), "Herald", hours=3)).references[1].id == 9


def test_copies_are_never_told() -> None:
    brief = told(GAZETTE, replace(COURIER, duplicate_of=1))
    assert {c.article for line in brief.lines for c in line.evidence} == {1}
    assert [r.id for r in brief.references] == [1]


def test_a_story_known_from_teasers_says_so() -> None:
    assert any(
        "subscription" in w for w in told(article(1, FERRY_GAZETTE, "G", extent="teaser")).warnings
    )
    assert not any("subscription" in w for w in told(GAZETTE).warnings)


@given(st.lists(st.sampled_from(papers()), min_size=1, max_size=6, unique_by=lambda a: a.id))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_articles_give_lines_that_their_evidence_holds(articles: list[StoredArticle]) -> None:
    sound(told(*articles), articles)
