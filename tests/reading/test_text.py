import logging
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syntok import segmenter

from briefing.config import load_settings
from briefing.errors import BriefingError, EmptyInput, NoArticle, TooLong, TooShort
from briefing.options import MAX_CHARACTERS
from briefing.reading import article_from_text
from briefing.reading.text import quiet, split_parts, text_limits

TITLE = "Harbourton closes ferry terminal"
STANDFIRST = "Islanders fear a long winter without the boats they rely on"


def test_title_standfirst_and_body(body):
    article = article_from_text(f"{TITLE}\n{STANDFIRST}.\n\n{body}", url="https://x.example/1")
    assert (article.title, article.subtitle, article.body) == (TITLE, f"{STANDFIRST}.", body)
    assert [s.part for s in article.sentences[:3]] == ["title", "subtitle", "body"]
    assert (article.language, article.url) == ("en", "https://x.example/1")


@pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n\r\n"])
def test_a_line_without_full_stop_under_the_title_is_the_standfirst(gap, body):
    parts = split_parts(gap.join([TITLE, STANDFIRST, body]))
    assert parts == (TITLE, STANDFIRST, body)


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_lead_of_one_sentence_is_no_standfirst(gap, body):
    text = gap.join(body.split("\n\n"))
    assert split_parts(f"{TITLE}{gap}{text}") == (TITLE, None, text)


@pytest.mark.parametrize(
    "line", ["By Ann Lee", "Photo: the old terminal at dawn", "Updated 5 May 2024"]
)
def test_bylines_and_captions_are_no_standfirst(line, body):
    assert split_parts(f"{TITLE}\n\n{line}\n\n{body}").subtitle is None


@pytest.mark.parametrize(
    "line",
    [
        "The terminal is closed.",
        "He said: “It is closed.”",
        "The terminal closes,",
        "- Ferry terminal closed",
        "One thing happened. Then another. Then this",
        "word " * 26,
    ],
)
def test_lines_that_are_no_title(line, body):
    text = f"{line}\n\n{body}"
    assert split_parts(text) == (None, None, text)


@pytest.mark.parametrize(
    "line",
    [
        "Is the ferry doomed?",
        "Roe Motor sues Lee Inc.",
        "Storm hits U.S.",
        "Ferry doomed? Mayor denies it",
    ],
)
def test_lines_that_are_a_title(line, body):
    assert split_parts(f"{line}\n\n{body}").title == line


def test_a_single_paragraph_and_a_wrapped_one_have_no_title(body):
    one = body.replace("\n\n", " ")
    assert split_parts(one) == (None, None, one)
    wrapped = (
        "The council of Harbourton voted on Tuesday to close\nits old ferry terminal. It is old."
    )
    assert split_parts(wrapped).title is None


def test_a_given_title_makes_everything_the_body(body):
    assert split_parts(body, title="Given") == ("Given", None, body)
    assert split_parts(f"{TITLE.upper()}\n\n{body}", title=TITLE) == (TITLE, None, body)
    assert split_parts(f"{TITLE}\n\n{body}", subtitle="Sub") == (TITLE, "Sub", body)
    assert split_parts(body, title=" \u200b", subtitle="") == (None, None, body)
    assert split_parts(body, title="\x1b[31mGiven\x1b[0m") == ("Given", None, body)


@pytest.mark.parametrize("text", ["", "  \n\t", "\u200b\ufeff\x00"])
def test_empty(text):
    with pytest.raises(EmptyInput):
        article_from_text(text)
    with pytest.raises(EmptyInput):
        article_from_text(text, title="A title that has quite a number of words")


@pytest.mark.parametrize(
    "text", ["A, B, C", "Storm hits coast.", "1 2 3 4 5 6 7 8 9", "a\nb\nc\nd\ne\nf\ng"]
)
def test_too_short(text):
    with pytest.raises(TooShort, match="Provide"):
        article_from_text(text)


def test_short_but_enough():
    assert len(article_from_text("Six people died in a storm.").sentences) == 1
    assert article_from_text("市长周二表示旧渡轮码头将关闭。").language == "zh"


def test_too_long():
    with pytest.raises(TooLong, match="Split"):
        article_from_text("x" * (MAX_CHARACTERS + 1))


def test_the_limit_can_be_set(body, monkeypatch):
    monkeypatch.setattr(text_limits, "characters", 2 * MAX_CHARACTERS)
    assert article_from_text("x" * (MAX_CHARACTERS + 1) + body).title is None
    monkeypatch.setenv("BRIEFING_MAX_CHARACTERS", "30000")
    load_settings()
    with pytest.raises(TooLong, match="30,000"):
        article_from_text("x" * 30_001)


def test_the_longest_text_is_read(body):
    text = "\n\n".join([body] * (MAX_CHARACTERS // (len(body) + 2)))
    article = article_from_text(text)
    assert article.words > 70_000
    assert article.sentences[-1].end == len(article.body)


@pytest.mark.parametrize("word", ["a\u0301", "A1b2-", "x.y/", "\u0440\u0438", "«“"])
def test_no_word_without_end_is_cut_into_tokens(word, body, monkeypatch):
    """The splitter takes long for each token, and such a word is no text: it is chopped."""
    given = []
    analyze = segmenter.analyze
    monkeypatch.setattr(segmenter, "analyze", lambda text: given.append(text) or analyze(text))
    text = f"The key {word * 50_000} opens the door of the harbour. {body}"
    article = article_from_text(text)
    assert max(len(each) for text in given for each in text.split()) < 1_600
    assert max(len(sentence.text) for sentence in article.sentences) <= 1_500
    covered = "".join(text[sentence.start : sentence.end] for sentence in article.sentences)
    assert "".join(covered.split()) == "".join(text.split())


def test_surplus_combining_marks_are_not_shown(body):
    zalgo = "The fe\u0301rry a" + "\u0316\u0301" * 5_000 + " sails on Monday to the island. "
    article = article_from_text(zalgo + body)
    first = article.sentences[0].text
    assert first.startswith("The férry")
    assert first.endswith("sails on Monday to the island.")
    assert len(first) < 100
    assert article.body == zalgo + body


PIECES = [
    TITLE, STANDFIRST, ".", "\n", "\n\n", "\r\n", " ", "\u200b", "and it was so", "• ",
    "\x00", "By Ann",     "The mayor of the town resigned on Monday. ",
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_parts_are_slices_in_order(text):
    title, subtitle, body = split_parts(text)
    position = 0
    for part in (title, subtitle, body):
        if part is not None:
            position = text.index(part, position) + len(part)
    assert position == len(text)
    try:
        article = article_from_text(text)
    except BriefingError:
        return
    order = ["title", "subtitle", "body"]
    indices = [order.index(sentence.part) for sentence in article.sentences]
    assert indices == sorted(indices)


def test_the_first_line_of_a_wrapped_paragraph_is_no_standfirst() -> None:
    body = (
        "The owners of the mill said on Thursday that it will be closed in\nMarch, and that 212 "
        "people will lose their work there at once.\n\nThe mill opened in 1884 and lost 6 million "
        "dollars in the last\nyear alone. The union calls it a betrayal. Paper is cheap."
    )
    article = article_from_text(f"Mill to close\n\n{body}")
    assert (article.title, article.subtitle) == ("Mill to close", None)
    assert article.body == body


CAPTION = "Harbourton's old terminal, seen from the ferry at dawn"


@pytest.mark.parametrize(
    "credit",
    [
        " (Ann Lee/Reuters)",
        ", May 5, 2024. (File photo: Ann Lee)",
        ". Ann B. Lee/AP Photo",
        ". (Reuters photo: Ann Lee)",
    ],
)
def test_the_caption_of_a_photograph_is_neither_title_nor_text(credit, body):
    article = article_from_text(f"{CAPTION}{credit}\n\n{body}")
    assert (article.title, article.body) == (None, body)
    assert article_from_text(f"{CAPTION}{credit}\n\n{body}", title=TITLE).body == body


@pytest.mark.parametrize(
    "credit", ["Ann Lee/AP Photo", "AP Photos", "Getty", "AP and Getty Images"]
)
def test_a_headline_is_found_behind_a_caption(credit, body):
    article = article_from_text(f"{CAPTION}. | {credit} {TITLE}\n\n{body}")
    assert (article.title, article.body) == (TITLE, body)


def test_headline_and_standfirst_that_cannot_be_told_apart_are_left_out(body):
    article = article_from_text(f"{CAPTION}. | Getty {TITLE} {STANDFIRST}.\n\n{body}")
    assert (article.title, article.subtitle, article.body) == (None, None, body)


@pytest.mark.parametrize(
    "line",
    [
        "Harbourton (AP) A ferry ran aground near the old terminal on Monday.",
        "Harbourton's ferry (left) was sold to the chain Lee/Holt on Monday.",
        "Tickets cost £4 | £2 for children, the operator of the ferry said on Monday.",
    ],
)
def test_a_line_with_brackets_or_bars_stays(line, body):
    assert line.removeprefix("Harbourton (AP) ") in article_from_text(f"{line}\n\n{body}").body


def test_one_endless_sentence_with_commas_is_no_speech_without_punctuation() -> None:
    heard = ", ".join(f"heard that the bank had lost {n} million crowns" for n in range(20))
    text = f"The inquiry into the bank {heard}, and closed its books on Friday."
    assert article_from_text(text).sentences
    spoken = " ".join(f"so we went to town {n} and it was raining again" for n in range(20))
    with pytest.raises(NoArticle, match="no punctuation"):
        article_from_text(spoken)


@pytest.mark.parametrize("level", [logging.NOTSET, logging.DEBUG, logging.ERROR])
def test_a_library_is_quiet_until_the_last_of_several_calls_is_over(level):
    logger = logging.getLogger("a.library")
    logger.setLevel(level)
    begun, go_on = threading.Event(), threading.Event()

    @quiet("a.library")
    def call():
        begun.set()
        assert go_on.wait(10)

    @quiet("a.library")
    def fail():
        thread.start()
        assert begun.wait(10)
        raise RuntimeError

    thread = threading.Thread(target=call)
    with pytest.raises(RuntimeError):
        fail()
    assert not logger.isEnabledFor(logging.ERROR)
    go_on.set()
    thread.join(10)
    assert logger.level == level


def test_a_level_that_the_application_sets_meanwhile_is_kept():
    logger = logging.getLogger("a.library")
    with quiet("a.library"):
        logger.setLevel(logging.INFO)
    assert logger.level == logging.INFO
