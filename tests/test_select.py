"""Which line is shown: the safe one where nothing shorter is licensed, the best of what is."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

import briefing.select as select_module
from briefing import check
from briefing.attribution import WARNING, Holder
from briefing.briefer import Briefer
from briefing.briefs import Brief
from briefing.candidates import CandidateLines
from briefing.drafts import draft
from briefing.planning import Planner
from briefing.reading import article_from_text
from briefing.scoring import Scorer
from briefing.sections import SECTIONS, Section
from tests.fakes import FakeBackend, every_section

FIRE = (
    "Foreman Pavel Horak, 44, died in the fire, and four workers were injured when the roof of the "
    "old paint mill in Brenhall fell in on Monday evening, the chief of the fire service said. "
    "The mill was built in 1911 and employs 60 people. "
    "Inspectors had asked the owner twice since 2019 to repair the roof. "
    "Production is expected to stay closed until May."
)


def brief(text: str, say: Callable[[str], Sequence[str]], title: str = "") -> Brief:
    briefer = Briefer.over(FakeBackend(say), every_section())
    return briefer.brief(article_from_text(text, title=title))


def nothing(prompt: str) -> list[str]:
    return []


def test_a_plain_title_that_the_article_bears_out_is_the_headline() -> None:
    made = brief(FIRE, nothing, "Foreman dies in fire at Brenhall paint mill")
    assert made.headline is not None
    assert made.headline.text == "Foreman dies in fire at Brenhall paint mill"
    assert made.headline.origin == "extracted"


def test_a_title_that_tells_nothing_gives_way_to_the_news() -> None:
    made = brief(FIRE, nothing, "Five things to know about the fire at the mill")
    assert made.headline is not None
    assert "Pavel Horak, 44, died in the fire" in made.headline.text


def test_a_sentence_of_a_longer_quotation_is_not_told_as_a_fact() -> None:
    speech = (
        "Mayor Ada Lund declared victory on Monday for the towns of the Brenhall valley.\n\n"
        '"The towns of the Brenhall valley have spoken, and they are tired of the careless and '
        "short-sighted use of the water in their back yard. State and local help is essential, as "
        "new mills would have great impacts on the land, the air and the small supplies of water "
        'in the Brenhall valley."\n\n'
        "Lund had worked for two years to keep the mills out of the valley."
    )
    made = brief(speech, nothing, "Mayor declares victory for Brenhall valley")
    told = [line.text for line in (*made.key_points, *made.context)]
    assert told
    assert not any("tired of" in text or "essential" in text for text in told)


def test_the_first_half_of_what_somebody_says_is_not_told_even_alone() -> None:
    statement = (
        '"As our boatmen rise in the morning, so will thousands of farmers in the valley. They '
        'share one river, and they share one hope. Let us give it to them."\n\nPrinted by the club.'
    )
    made = brief(statement, nothing, "Anglers call on council to save the Brenhall")
    assert not any("boatmen" in line.text for line in made.key_points)


def test_the_headline_may_come_from_beyond_poor_news(monkeypatch: pytest.MonkeyPatch) -> None:
    poor = (
        "Some people went home early, others stayed. The office says stones were thrown at boats. "
        "There were many nets in the water. People talked of little else for days. "
    )
    news = (
        "A fire killed two people and destroyed the old paint mill in Brenhall on Monday, the fire "
        "service said."
    )
    monkeypatch.setattr("briefing.select._news", lambda _: [0, 1, 2, 3, 4])
    made = brief(poor + news, nothing)
    assert made.headline is not None
    assert made.headline.text == news.removesuffix(".")


def test_a_title_with_a_word_that_the_article_lacks_is_better_than_a_sentence() -> None:
    made = brief(FIRE, nothing, "Blaze at Brenhall paint mill leaves foreman dead")
    assert made.headline is not None
    assert made.headline.text == "Blaze at Brenhall paint mill leaves foreman dead"
    assert made.headline.evidence == (0,)


COLUMN = (
    "Let us be honest with ourselves: nobody in this town wants to hear the truth about the ferry. "
    "We are told that a bridge would cost too much, as though the slow death of an island were "
    "free.\n\nThe council's plan to wait until 2031 is a disgrace. It is also an insult to the 400 "
    "islanders who have waited for half a century. The state paid for three bridges in the north "
    "last year. If our leaders had any courage, they would build one here. But courage is what "
    "they lack, and that is why I will not vote for any of them in May."
)


def test_the_claims_of_an_opinion_piece_name_its_author() -> None:
    made = brief(COLUMN, nothing)
    lines = [line for line in made.lines if "author writes" in line.text]
    assert lines
    assert WARNING in made.warnings
    for line in lines:
        (told,) = line.inserted
        assert line.text[told.start : told.end].strip(", ").removeprefix("the ") == "author writes"
        assert told.evidence in line.evidence
    for summary in (made, made.to_text(), made.to_markdown()):
        report = check(summary, made.article)
        assert all(claim.finding == "supported" for claim in report.claims)


def test_the_title_of_an_opinion_piece_names_its_author() -> None:
    made = brief(COLUMN, nothing, "The council's bridge plan is a disgrace")
    assert made.headline is not None
    assert made.headline.text == "The council's bridge plan is a disgrace, author writes"
    assert len(made.headline.inserted) == 1
    assert all(claim.finding == "supported" for claim in check(made, made.article).claims)


@pytest.mark.parametrize("title", ["Fire and ice at the paint mill", "Burning the paint mill"])
def test_a_title_without_news_gives_way_to_the_news(title: str) -> None:
    made = brief(FIRE, nothing, title)
    assert made.headline is not None
    assert "Pavel Horak" in made.headline.text


def test_reports_name_no_author() -> None:
    made = brief(FIRE, nothing)
    assert not any("author" in text for text in (*map(str, made.lines), *made.warnings))


@pytest.mark.parametrize(
    "title",
    [
        "What happened at the mill?",
        "Minister opens new bridge in Lorne",
        "FIRE KILLS FOREMAN AT MILL",
    ],
)
def test_another_title_is_not(title: str) -> None:
    made = brief(FIRE, nothing, title)
    assert made.headline is not None
    assert made.headline.text != title


@pytest.mark.parametrize(
    "lie",
    [
        "Foreman Pavel Horak, 44, and four workers were injured",
        "Pavel Horak died in the fire at the mill in Lorne",
        "Five workers were injured when the roof fell in",
        "Inspectors repaired the roof",
    ],
)
def test_a_false_line_of_the_model_is_not_shown(lie: str) -> None:
    made = brief(FIRE, lambda prompt: [lie])
    assert all(lie.rstrip(".") not in line.text for line in made.lines)


def test_a_licensed_line_of_the_model_may_win() -> None:
    text = (
        "The council of Kell, whose members had met in the old mill since noon because of the "
        "heat, voted on Monday to sell the ferry Ann to a bank in Lorne. The bridge was closed."
    )
    line = "Council of Kell votes to sell the ferry Ann to a bank in Lorne"
    made = brief(text, lambda prompt: [line] if prompt.startswith("<headline>") else [])
    assert made.headline is not None
    assert (made.headline.text, made.headline.origin) == (line, "generated")


def test_lines_are_whole_or_cut_from_one_sentence() -> None:
    made = brief(FIRE, nothing)
    for line in made.lines:
        text = line.text
        for name in reversed(line.inserted):
            text = text[: name.start] + text[name.end :]
        words = text.rstrip(".").split()
        source = " ".join(made.article.texts(line.evidence)).split()
        rest = iter(word.rstrip(",.") for word in source)
        assert all(word.rstrip(",.") in rest for word in words), line.text


LONG = (
    "The harbour board, which had put off the repair of the eastern pier three times since the "
    "storm of 2014 for want of money, voted on Tuesday to spend 4 million crowns on new piles, "
    "cranes and lights, a plan that the fishermen of Brenhall had asked for in letters, petitions "
    "and two strikes."
)


def test_a_line_of_the_model_that_cuts_gives_way_to_the_whole_sentence() -> None:
    text = (
        "The council of Kell voted on Monday to sell the ferry Ann, which was built in 1931, to a "
        "bank in Lorne. The ferry has carried islanders to the mainland since the bridge burned."
    )
    cut = "The council of Kell voted on Monday to sell the ferry Ann to a bank in Lorne."
    made = brief(text, lambda prompt: [cut], "Kell sells its old ferry")
    points = [line.text for line in made.key_points]
    assert any("which was built in 1931" in point for point in points)
    assert cut not in points


def test_a_long_sentence_is_cut_only_if_there_is_no_other_key_point() -> None:
    told = brief(
        f"{LONG} {FIRE}", nothing, "Foreman dies in fire at Brenhall paint mill"
    ).key_points
    assert told
    assert not any("board" in line.text for line in told)


def test_an_apposition_does_not_end_at_its_noun() -> None:
    made = brief(LONG, nothing)
    assert made.headline is not None
    assert not made.headline.text.endswith("a plan")


def test_a_reference_that_stays_open_counts_against_a_line() -> None:
    text = (
        "Residents of Grey Island protested against the closure of the old ferry route to Lorne. "
        "The council of Kell met on Monday. The route will close in May all the same."
    )
    open_line = "The route will close in May all the same."
    made = draft(article_from_text(text, title=""), Planner().plan(article_from_text(text)), None)
    lines = CandidateLines(made, {}, None)
    index = next(i for i, s in enumerate(made.article.sentences) if s.text == open_line)
    (line, *_) = lines.whole(index, Section.KEY_POINTS)
    judged = [replace(line, open=chance, weak=(), text=open_line) for chance in (0.0, 1.0)]
    sound, penalised = Scorer(made, lines.coverage, []).scored(judged)
    assert penalised.signed < sound.signed


def test_the_view_of_an_unnamed_other_counts_against_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    article = article_from_text(FIRE, title="")
    made = draft(article, Planner().plan(article), None)
    lines = CandidateLines(made, {}, None)
    (line, *_) = lines.whole(1, Section.KEY_POINTS)
    scorer = Scorer(made, lines.coverage, [])
    (fact,) = scorer.scored([line])
    monkeypatch.setattr(Scorer, "holder", lambda self, line: Holder(other=0.9))
    (view,) = scorer.scored([line])
    assert view.signed == pytest.approx(0.1 * fact.signed, rel=0.05)


def test_context_lines_come_in_the_order_of_the_plan_however_they_rank(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = replace(SECTIONS[Section.CONTEXT], least_signed=0.0)
    monkeypatch.setitem(SECTIONS, Section.CONTEXT, spec)
    plain = brief(FIRE, nothing).context
    assert len(plain) > 1
    rank = select_module._Selection._rank
    monkeypatch.setattr(
        select_module._Selection, "_rank", lambda self, slot, line: -rank(self, slot, line)
    )
    assert brief(FIRE, nothing).context == plain


def test_of_two_lines_as_good_the_planned_one_is_shown() -> None:
    article = article_from_text(FIRE, title="")
    made = draft(article, Planner().plan(article), None)
    lines = CandidateLines(made, {}, None)
    selection = select_module._Selection(made, lines, Scorer(made, lines.coverage, []))
    (line, *_) = selection.scorer.scored(list(lines.whole(1, Section.KEY_POINTS)))
    slot = made.plan.of(Section.KEY_POINTS)[0]
    line = replace(line, signed=0.9, weak=())
    assert selection._order(slot, line, [slot]) < selection._order(slot, line, [])


def test_a_pronoun_gets_its_name_and_the_evidence_of_it() -> None:
    made = brief(
        "Captain Ana Voss told reporters on Friday that the ship was safe. "
        "She said the crew of 40 had practised the drill in May.",
        nothing,
    )
    (line,) = [line for line in made.lines if "practised" in line.text]
    assert line.text == "Captain Ana Voss said the crew of 40 had practised the drill in May."
    assert line.evidence == (0, 1)
    (name,) = line.inserted
    assert line.text[name.start : name.end] == "Captain Ana Voss"
    assert name.evidence == 0


def test_a_claim_that_is_called_false_is_no_line() -> None:
    made = brief(
        "Former envoy Mara Lund owns 14 villas on the coast. "
        "There is no evidence for the claim that Lund owns villas on the coast, police said.",
        nothing,
    )
    assert all(0 not in line.evidence for line in made.lines)


def test_headings_and_what_announces_a_list_are_no_lines() -> None:
    links = (
        "Owner of Brenhall mill sues the town of Lorne\n\nThe mayor of Brenhall named four steps:"
    )
    made = brief(f"{FIRE}\n\n{links}", nothing, "Foreman dies in fire at Brenhall paint mill")
    told = " ".join(line.text for line in (*made.key_points, *made.context))
    assert "sues" not in told
    assert "Crowds" not in told
    assert "steps" not in told


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Prices at the market on Monday", "- Apples: 3.20\n- Pears: 4.10\n- Plums: 5.00"),
        ("Quiet evening", "No sound in the streets of Wick. A dog. A red door. Fog."),
    ],
)
def test_without_a_sentence_the_title_is_the_headline(title: str, text: str) -> None:
    made = brief(text, nothing, title)
    assert made.headline is not None
    assert made.headline.text == title
    assert all("author" not in line.text and line.text[0] != "-" for line in made.lines)


def test_a_brief_that_is_held_short_does_not_say_that_no_background_was_found() -> None:
    article = article_from_text(FIRE, title="Foreman dies in fire at Brenhall paint mill")
    briefer = Briefer(extractive=True)
    assert SECTIONS[Section.CONTEXT].empty in briefer.brief(article).warnings
    short = briefer.brief(article, length="15 words")
    assert not short.context
    assert SECTIONS[Section.CONTEXT].empty not in short.warnings


@pytest.mark.parametrize(
    "text",
    [
        "Words, " * 90 + "ends. It ends.",
        "HARBOUR TOWN VOTES TO KEEP FERRY. RESIDENTS OF PORT ALDER VOTED ON TUESDAY TO KEEP IT.",
        "residents of port alder voted on tuesday. they kept the ferry. turnout was high.",
        "def main():\n    return [x for x in range(10)]\n\nclass A:\n    pass\n" * 4,
        "- milk\n- bread\n- 12 eggs\n- butter\n- salt\n- sugar and tea and coffee\n",
        "The ferry. The town. The bridge and the river. The old mill on the hill.",
        "Some went home early, others stayed.\n\n" + "-" * 50 + "\n\nIt rained for days on end.",
    ],
)
def test_odd_texts_give_a_line_or_none_and_never_hang(text: str) -> None:
    made = brief(text, nothing)
    for line in made.lines:
        assert line.text
        assert line.evidence


def test_a_language_without_a_parser_is_told_by_whole_sentences() -> None:
    text = (
        "Die Bewohner von Port Alder haben am Dienstag für die Fähre gestimmt. "
        "Die Stadt wollte die Strecke im Mai schließen. Die Fähre fährt seit 1931 zur Insel."
    )
    briefer = Briefer(extractive=True)
    made = briefer.brief(article_from_text(text, title=""))
    sentences = {s.text for s in made.article.sentences}
    assert made.lines
    assert all(line.text.rstrip(".") in {s.rstrip(".") for s in sentences} for line in made.lines)
    assert any("There is no parser for 'de'" in warning for warning in made.warnings)


def test_a_long_sentence_that_is_the_news_is_the_headline_in_any_language() -> None:
    text = (
        "Der Stadtrat von Kelldorf hat am Dienstag nach langem Streit beschlossen, die alte Fähre "
        "nach der Grauinsel im Mai einzustellen. Die Fähre fährt seit 1931. Rund 800 Menschen "
        "leben auf der Insel. Der Fährmann sprach von einem schwarzen Tag."
    )
    made = Briefer(extractive=True).brief(article_from_text(text, title=""))
    assert made.headline is not None
    assert len(made.headline.text.split()) > 14
    assert made.headline.evidence == (0,)


def test_the_opening_sentence_is_the_headline_in_a_script_without_spaces() -> None:
    text = (
        "海城市议会周二投票决定保留通往灰岛的渡轮。市长说票价将上涨一成。"
        "渡轮自一九三一年起运行。岛上约有八百名居民。"
    )
    made = Briefer(extractive=True).brief(article_from_text(text, title=""))
    assert made.headline is not None
    assert made.headline.evidence == (0,)


ENDLESS = (
    "The inquiry into the fire at the mill heard that "
    + ", that ".join(f"loom {n} had not been cleaned in {n} months by its crew" for n in range(20))
    + ", Ada Holt left the council of Kell on Monday."
)


def test_a_part_of_a_sentence_is_no_line() -> None:
    made = brief(ENDLESS + " The mill was built in 1911 and employs 60 people.", nothing)
    assert made.headline is not None
    assert "1911" in made.headline.text
    assert not any("Holt" in line.text for line in made.lines)
    alone = brief(ENDLESS, nothing)
    assert not alone.lines
    assert any("too long" in warning for warning in alone.warnings)


def test_what_has_a_speaker_before_it_is_no_headline() -> None:
    talk = (
        "CHAIR: Ada Holt opened the new mill in Brenhall on Monday.\n\nHORAK: It cost 3 million "
        "crowns.\n\nCHAIR: Holt paid for it.\n\nThe council votes on the ferry on Friday."
    )
    made = brief(talk, lambda prompt: ["CHAIR: Ada Holt opened the new mill in Brenhall on Monday"])
    assert made.headline is not None
    assert ":" not in made.headline.text


def test_a_single_label_is_the_writers_own() -> None:
    text = "Bad luck for Brenhall: The paint mill burned down on Monday, killing Pavel Horak. "
    made = brief(text + "It was built in 1911.", nothing)
    assert made.headline is not None
    assert made.headline.text.startswith("Bad luck for Brenhall: ")


def test_a_text_in_capitals_keeps_its_title() -> None:
    made = brief(FIRE.upper(), nothing, "FIRE AT BRENHALL PAINT MILL KILLS FOREMAN")
    assert made.headline is not None
    assert made.headline.text == "FIRE AT BRENHALL PAINT MILL KILLS FOREMAN"
