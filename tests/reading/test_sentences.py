import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.reading import clean, sentence_texts, split_sentences
from briefing.reading.sentences import (
    MAX_SENTENCE_CHARACTERS,
    MAX_SENTENCE_WORDS,
    parts_of_sentences,
)

MARKS = [
    "The mayor of Harbourton resigned. ", "He said so", ". ", '."', "? ", "! ", "…", "“", "”",
    "’", "U.S. ", "Mr. ", "No. 5 ", "J. ", "\n", "\n\n", "\r\n", " ", "\u00a0", "\u200b",
    "\u00ad", "\u202e", "\x00", "\x85", "\u2028", "â€œ", "â€\x9d", "Ã©", "e\u0301", "。", "（",
    "(", ")", "[1]", "• ", "- ", "12. ", "\x93", "\x80", ";", ":", ",", "www.", "x" * 40,
    "\ud800", "\U0001f469\u200d\U0001f467", "شما\u200cها ", "1,000 ",
    "\x1b", "\x1b[31m", "\x1b[0m", "\x1b]0;", "a title", "\x07", "\x1b\\",
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(MARKS), max_size=60).map("".join))


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(text)]


@settings(max_examples=250, deadline=None)
@given(TEXTS, st.sampled_from(["title", "subtitle", "body"]))
def test_offsets_are_ordered_and_cover_what_is_visible(text, part):
    sentences = split_sentences(text, part)
    position = 0
    gaps = []
    for sentence in sentences:
        assert position <= sentence.start < sentence.end <= len(text)
        assert clean(text[sentence.start : sentence.end]) == sentence.text != ""
        gaps.append(text[position : sentence.start])
        position = sentence.end
    gaps.append(text[position:])
    assert not any(clean(gap) for gap in gaps)
    numbers = [sentence.paragraph for sentence in sentences]
    assert numbers == sorted(numbers)
    if part == "body":
        assert sorted(set(numbers)) == list(range(len(set(numbers))))


@pytest.mark.parametrize(
    "sentences",
    [
        ["Gov. Ann Lee met Rep. Joe Roe (D-Ohio) on Jan. 5.", "They spoke for an hour."],
        ['"We go," she said.', '"You stay."', "He nodded."],
        ["“We go.”", "The others stayed at home."],
        ["He lives in the U.S. with J. R. Smith Jr. and a dog.", "She does not."],
        ["The U.S. Has given details of the plan.", "The owner left the U.S.", "The ship stayed."],
        ["The jury gave her the Cecil B. Lorne prize.", "She spoke for an hour."],
        ["It was bought by Roe Motor Co.", "He said so.", "It paid $4.2 million."],
        ["The meeting began at 5 p.m.", "The mayor was late."],
        ["See No. 5 and Art. 12 of the law.", "It is clear."],
        ["The U.S. Senate voted.", "Mr. De Roe did not."],
        ["Present were Ann Lee, mayor; Joe Roe, clerk; and Kim Poe."],
        ["He works for Yahoo! Inc. in Flint, Mich.", "The office is small."],
        ["It hurt many people.", "300 houses burned."],
        ["He said “they told us ‘go away.’”", "Certainly, we went."],
        ["Write to ann@island.example.com.", "Answers take a day."],
        ["I waited…", "He never came."],
        ["“Why?” he asked.", "Nobody knew."],
        ["The list was long.[3]", "It had ten names."],
    ],
)
def test_news_is_split_where_a_reader_would(sentences):
    assert texts(" ".join(sentences)) == sentences


def test_a_missing_space_at_a_quotation_mark():
    assert texts('It was bad."This is it," he said.') == ["It was bad.", '"This is it," he said.']
    assert texts('He said "we need it."They came.') == ['He said "we need it."', "They came."]


def test_scripts_without_spaces():
    assert texts("今天下雨。明天晴天！") == ["今天下雨。", "明天晴天！"]


def test_no_line_ends_with_a_title():
    broken = "The bill was praised by Sen.\n\nAda Holt on Monday.\n\nShe had asked for it."
    assert sentence_texts(broken) == [
        "The bill was praised by Sen. Ada Holt on Monday.",
        "She had asked for it.",
    ]
    assert sentence_texts("Meet the Sen.\n\nand others") == ["Meet the Sen.", "and others"]


def test_headings_and_bullets_stand_alone():
    text = "What we know\nThe bridge is closed\n• It is old\n• It is unsafe\n12. It is long"
    assert texts(text) == text.split("\n")
    assert texts("Reasons: • It is old • It is unsafe") == [
        "Reasons:",
        "• It is old",
        "• It is unsafe",
    ]


def test_wrapped_lines_are_one_paragraph():
    text = (
        "The council of Harbourton voted on Tuesday to close its old\n"
        "ferry terminal, which has served the islands. Mayor Ann Lee\n"
        "said that the repairs would cost too much.\n\n"
        "The terminal opened in 1964 and was damaged by a storm in\n"
        "March of this year."
    )
    sentences = split_sentences(text)
    assert [sentence.paragraph for sentence in sentences] == [0, 0, 1]
    assert sentences[1].text == "Mayor Ann Lee said that the repairs would cost too much."


def test_broken_quotation_marks_end_sentences():
    text = "He said â€œgo away.â€\x9d The man went home."
    assert texts(text) == ["He said “go away.”", "The man went home."]


def test_parts_have_their_own_paragraph_numbers():
    assert split_sentences("One. Two.", "title")[0].paragraph == -2
    assert split_sentences("Nice day.\nOr not.", "subtitle")[-1].paragraph == -1


@pytest.mark.parametrize(
    "unit", ["word ", "x", "(", ".", '."', "a.b", ". A", "Mr. ", "… ", "• ", "'"]
)
def test_a_long_line_is_cut_and_does_not_hang(unit):
    started = time.process_time()
    sentences = split_sentences(unit * (20_000 // len(unit)))
    assert time.process_time() - started < 3
    assert all(sentence.end - sentence.start <= MAX_SENTENCE_CHARACTERS for sentence in sentences)
    assert all(len(sentence.text.split()) <= MAX_SENTENCE_WORDS for sentence in sentences)


def test_a_long_sentence_is_cut_at_a_comma():
    first, second = texts("word " * 99 + "word, " + "word " * 99)
    assert first.endswith(",")
    assert len(second.split()) == 99


def test_time_grows_linearly_with_the_number_of_paragraphs():
    text = "The council voted on Tuesday to close its old ferry terminal.\n\n" * 2_000
    started = time.process_time()
    assert len(split_sentences(text)) == 2_000
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The pool opens before 10 a.m. Councillor Odile Ransome said so.", 2),
        ("The bridge is closed until 5 a.m. Traffic will be diverted by Kell.", 2),
        ("The council of Kell met at 10 a.m. Monday in the old mill.", 1),
        ("The council of Kell will meet at 10 p.m. Eastern time on Friday.", 1),
        ("At 10 a.m. Pope Leo will speak in Kell.", 1),
        ("Doors open for the concert from 7 p.m. Sept. 12 and close at midnight.", 1),
        ("The mill is closed until 8 p.m. New York time on Friday.", 1),
        ("Police said that at 10 a.m. Holt was seen at the bank.", 1),
        ("Ida Holt spoke at 10 p.m. EST on the radio of Kell.", 1),
    ],
)
def test_an_hour_may_end_a_sentence(text: str, count: int) -> None:
    assert len(sentence_texts(text)) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("the mill burned on friday. its owner, ada holt, wept. it had 40 looms.", 3),
        ("the mill opened in 1931. its owner was mr. holt. she left at 5 p.m. on friday.", 3),
        ("the boat was cheap. crews of st. kell, e.g. the u.s. one, use it. it sank.", 3),
        ('they asked him. "why?" he said. they went home.', 3),
        ("The mill made approx. forty ropes. Norvik Inc. said it would stay. It had 40 looms.", 3),
        ("The app notes. app burned. It was rebuilt. The owner wept. It had 40 looms.", 4),
    ],
)
def test_a_text_in_small_letters_has_sentences_too(text: str, count: int) -> None:
    assert len(sentence_texts(text)) == count


def test_the_parts_of_a_sentence_that_is_too_long_are_told_from_sentences():
    heard = ", ".join(f"heard that bank {n} had lost a part of its savings" for n in range(16))
    text = f"It rained. The inquiry {heard}, The Hague was told on Monday. The bank was closed."
    sentences = split_sentences(text)
    assert len(sentences) == 4
    assert parts_of_sentences(sentences) == {1, 2}
    assert not parts_of_sentences(split_sentences("• the ferry\n• the mill " * 40))
    assert not parts_of_sentences(split_sentences(f"The inquiry {heard[:600]}.\n\nIt rained."))
