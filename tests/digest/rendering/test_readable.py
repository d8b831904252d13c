"""Page, Markdown, text and message: what they show, and how much of it."""

import re
from dataclasses import replace

import pytest

from briefing.digest import Change, Citation, EditionSection, Passage
from briefing.digest.rendering import TemplateError, render_edition, to_mail_html
from briefing.digest.rendering.formats import WIDTH
from briefing.rendering.text import display_width
from tests.digest.samples import (
    COUNT,
    HISTORY,
    OTHER_COUNT,
    SETTINGS,
    bridge,
    brief,
    edition,
    full_edition,
    large_edition,
    line,
    reference,
    settings,
)

READABLE = ("html", "markdown", "text")


def shown(made, format="text", **table) -> str:
    return render_edition(made, format, settings(**table)).decode()


def mail(made, **table) -> str:
    return to_mail_html(made, settings(**table).edition, page=None, unsubscribe=None)


def flat(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>|[*>\\]", " ", text).split())


@pytest.mark.parametrize("format", READABLE)
def test_everything_is_shown(format) -> None:
    text = flat(shown(full_edition(), format))
    for said in (
        *(COUNT, OTHER_COUNT, HISTORY),
        *("Monday 2 March 2026", "4 stories from 14 articles", "3 minutes"),
        *("What led here:", "More on a story of 1 March 2026", "disagree", "extracted"),
        *("5,214", "5,241", "Island Post", "only a teaser was available"),
        *("Harbour Times", "27 February 2026, 07:00", "check the address", "4 attempts"),
        *("the article is in 'de'", "One article was only a teaser."),
        *("7 more stories were left out", "2 March 2026, 07:00", "Europe/Berlin"),
    ):
        assert said.replace("'", "&#39;" if format == "html" else "'") in text, said


def test_the_message_shows_what_the_page_does_but_the_sentences() -> None:
    text = flat(mail(full_edition()))
    for said in ("5,214 according to", "Island Post", "Harbour Times", "7 more stories were"):
        assert said in text.replace(" ,", ","), said
    assert OTHER_COUNT not in text


@pytest.mark.parametrize("format", READABLE)
def test_new_lines_of_a_follow_up_are_marked(format) -> None:
    text = shown(full_edition(), format)
    mark = {"html": '<strong class="new">New</strong> ', "markdown": "**New.**", "text": "NEW:"}
    assert text.count(mark[format]) == 2


def test_a_first_telling_has_no_marks() -> None:
    text = shown(edition(EditionSection(None, (bridge(),))))
    assert "NEW" not in text
    assert "More on" not in text
    assert "1 story from 14 articles" in text


@pytest.mark.parametrize("format", READABLE)
def test_an_empty_edition_says_so(format) -> None:
    assert "No articles since 1 March 2026, 07:00." in shown(edition(articles=0), format)
    assert "One article since 1 March 2026, 07:00" in shown(edition(articles=1), format)
    assert "14 articles since 1 March 2026, 07:00" in shown(edition(articles=14), format)


@pytest.mark.slow
@pytest.mark.parametrize("format", READABLE)
def test_five_hundred_stories(format) -> None:
    text = shown(large_edition(500), format)
    heads = {"html": "<h3", "markdown": "\n### ", "text": "votes to keep its ferry [1 "}
    if format == "text":
        text = " ".join(text.split())
    assert text.count(heads[format]) == 500


@pytest.mark.parametrize("format", ["markdown", "text"])
def test_behind_each_line_are_its_sources(format) -> None:
    """As on the page, which names them, and not whether the line is extracted."""
    made = full_edition()
    text = " ".join(shown(made, format).replace("\\", "").split())
    for story in made.stories:
        names = {each.id: each.source for each in story.references}
        for shown_line in story.lines:
            cited = sorted({each.article for each in shown_line.evidence})
            places = [list(names).index(each) + 1 for each in cited]
            said = "; ".join(f"{at} {names[each]}" for at, each in zip(places, cited, strict=True))
            assert f"{shown_line.text.rstrip()} [{said}]" in text
    assert "(extracted)" not in text


def test_no_line_of_the_message_says_that_it_is_extracted() -> None:
    assert any(line.origin == "extracted" for s in full_edition().stories for line in s.lines)
    assert "extracted" not in mail(full_edition())


RECORDING = "https://sound.example/ferry.mp3"


@pytest.mark.parametrize("format", [*READABLE, "atom"])
def test_a_recording_is_linked_beside_its_page(format) -> None:
    (story,) = edition(EditionSection(None, (bridge(),))).stories
    first, *others = story.references
    with_sound = replace(story, references=(replace(first, recording=RECORDING), *others))
    made = edition(EditionSection(None, (with_sound,)))
    text = shown(made, format)
    assert first.url in text
    assert RECORDING in text
    assert RECORDING in mail(made)
    if format == "atom":
        assert f'<link rel="enclosure" href="{RECORDING}" type="audio/mpeg" />' in text
    unsafe = replace(story, references=(replace(first, recording="javascript:x()"), *others))
    assert "javascript" not in shown(edition(EditionSection(None, (unsafe,))), format)


def test_every_link_within_the_page_leads_somewhere() -> None:
    text = shown(full_edition(), "html")
    links, ids = re.findall(r'href="#([^"]+)"', text), re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert links
    assert set(links) <= set(ids)


def test_text_fits_a_message() -> None:
    lines = shown(full_edition()).splitlines()
    assert max(display_width(line) for line in lines if "://" not in line) <= WIDTH


@pytest.mark.parametrize("format", ["markdown", "text"])
def test_text_is_tidy(format) -> None:
    for made in (edition(), full_edition()):
        text = shown(made, format)
        assert "\n\n\n" not in text
        assert text == text.strip() + "\n"
        assert not re.search(r"[ \t]\n", text)


def test_times_are_those_of_the_zone() -> None:
    made = edition(zone="Asia/Tokyo")
    assert "to 2 March 2026, 15:00 (Asia/Tokyo)" in shown(made)


def test_the_page_stands_alone() -> None:
    text = shown(full_edition(), "html")
    assert "<script" not in text
    assert 'style="' not in text
    assert not re.search(r'(?:src|href)="(?!#|https://news\.example/|digest\.atom)', text)
    assert "default-src &#39;none&#39;; style-src &#39;sha256-" in text


def test_the_page_names_the_feed_that_is_there() -> None:
    assert 'href="digest.atom"' in shown(edition(), "html")
    assert "digest.atom" not in shown(edition(), "html", formats=["html"])
    published = shown(edition(), "html", base_url="https://news.example/d/")
    assert 'href="https://news.example/d/digest.atom"' in published


def test_the_message_has_its_style_in_its_elements() -> None:
    text = mail(full_edition())
    assert re.search(r'<h1 style="[^"]*font-size: 28px', text)
    assert "class" in text
    assert text.count("<style") == 1  # dark colours, which no attribute can hold
    assert "prefers-color-scheme: dark" in text


def test_a_template_of_the_users_own(tmp_path) -> None:
    (tmp_path / "edition.txt").write_text("{{ edition.title }}: {{ edition.stories|length }}")
    (tmp_path / "edition.css").write_text("body { color: red }")
    assert shown(full_edition(), templates=tmp_path) == "The briefing: 4\n"
    page = shown(full_edition(), "html", templates=tmp_path)
    assert "<style>body { color: red }</style>" in page
    assert "Port Alder" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% if %}", "line 1"),
        ("\n{{ edition.nothing }}", "nothing"),
        ("{{ 1 / 0 }}", "division"),
        ("{% include 'none.txt' %}", "none.txt"),
    ],
)
def test_a_template_that_is_wrong_is_named(tmp_path, text, said) -> None:
    (tmp_path / "edition.txt").write_text(text)
    with pytest.raises(TemplateError, match=said) as found:
        shown(full_edition(), templates=tmp_path)
    assert found.value.exit_code == 2
    assert "remove it to use the bundled one" in str(found.value)


def test_a_folder_of_templates_that_is_not_there(tmp_path) -> None:
    with pytest.raises(TemplateError, match="not a folder"):
        shown(edition(), templates=tmp_path / "none")


def test_the_same_edition_is_the_same_bytes() -> None:
    for format in ("html", "markdown", "text", "json", "atom", "epub"):
        first, second = (render_edition(full_edition(), format, SETTINGS) for _ in range(2))
        assert first == second


@pytest.mark.parametrize("format", READABLE)
def test_the_time_of_an_undated_article_is_when_it_was_seen(format) -> None:
    story = brief(references=(reference(dated=False),))
    made = edition(EditionSection(None, (story,)))
    assert "first seen 2 March 2026" in flat(shown(made, format))


@pytest.mark.parametrize("format", READABLE)
def test_a_change_and_a_line_do_not_say_the_same(format) -> None:
    now, before, added = "Six people died.", "Five people died.", "The ship had two doors."
    passages = (Passage(Citation(11, 0, now), before), Passage(Citation(11, 1, added), None))
    story = brief(
        key_points=(line(now, Citation(11, 0, now)), line(added, Citation(11, 1, added))),
        changes=(Change(11, "updated", passages),),
    )
    text = flat(shown(edition(EditionSection(None, (story,))), format))
    assert text.count(f"now says: “{now}” Before: “{before}”") == 1
    assert f"now says: “{added}”" not in text
    assert len(re.findall(rf"(?<!“){now}(?!”)", text)) <= 1  # the quotation of its source
