"""Pages that hold no article are refused; articles never are."""

import pytest

from briefing.errors import NoArticle
from briefing.reading import article_from_html
from briefing.reading.walls import PARTIAL
from tests.reading.more_pages import MORE_ARTICLES, MORE_WALLS
from tests.reading.pages import ARTICLES, WALLS, page

KINDS = {
    "cookie consent": "consent",
    "human check": "proof",
    "script shell": "JavaScript",
    "soft 404": "not found",
    "region": "refuses access",
    "subscription offer": "subscri",
    "server error": "error",
    "archive": "lists articles",
}


ALL_WALLS = WALLS | MORE_WALLS
ALL_ARTICLES = ARTICLES | MORE_ARTICLES


@pytest.mark.parametrize("name", ALL_WALLS)
def test_walls_are_refused_with_advice(name: str) -> None:
    with pytest.raises(NoArticle, match=KINDS.get(name, "The page")) as refused:
        article_from_html(ALL_WALLS[name])
    assert str(refused.value).count(". ") >= 1, "it says what to do"


@pytest.mark.parametrize("name", ALL_ARTICLES)
def test_articles_are_not(name: str) -> None:
    assert article_from_html(ALL_ARTICLES[name]).body


def test_a_wall_below_the_title_of_an_article_is_refused() -> None:
    """The title is the article's own, so that it alone proves nothing."""
    offer = "<p>Subscribe to continue reading. Already a subscriber? Log in to your account.</p>"
    with pytest.raises(NoArticle):
        article_from_html(page("Mayor resigns", f"<h1>Mayor resigns</h1>{offer}"))


def test_a_brief_text_that_only_speaks_to_its_visitor_is_a_wall_of_whatever_kind() -> None:
    certificate = "<p>Thieves may be after your password and the data of your account.</p>"
    with pytest.raises(NoArticle, match="speaks to its visitor"):
        article_from_html(page("Your connection is not private", certificate))
    german = "<p>Die Bibliothek liest diese Seite, damit alles da ist, was sie braucht.</p>"
    assert article_from_html(page("Seite", german, lang="de")).body


def test_an_article_below_its_title_as_a_link_is_no_list() -> None:
    """As blogs have it on their front pages, beside the titles of other posts."""
    linked = ARTICLES["above many teasers"].replace(
        "<h1>Alder keeps its ferry</h1>", "<h1><a href='/ferry'>Alder keeps its ferry</a></h1>"
    )
    assert "Hugh Lind" in article_from_html(linked).body


@pytest.mark.parametrize("words", ["", " {n}"])
def test_teasers_that_all_say_the_same_are_a_list(words: str) -> None:
    teaser = (
        "<div><h2><a href='/ferry/{n}'>Talks on the ferry go on</a></h2><p>The council meets again"
        f"{words} to speak of the fares to the islands. Nobody knows what it will say.</p></div>"
    )
    cards = "".join(teaser.replace("{n}", str(n)) for n in range(20))
    with pytest.raises(NoArticle, match="lists articles"):
        article_from_html(page("Ferry", f"<main>{cards}</main>"))


def test_an_article_that_a_paywall_cuts_off_says_so_and_holds_no_offer() -> None:
    story = "".join(
        f"<p>On day {n} of the strike {40 * n} drivers of the ferry stayed at home, the line said."
        " Nobody could tell when they would be back.</p>"
        for n in range(1, 6)
    )
    offer = (
        "<p>Subscribe to continue reading this article.</p><p>Get unlimited access for $1 a week. "
        "You can cancel at any time.</p>"
    )
    article = article_from_html(page("Strike", f"<article>{story}{offer}</article>"))
    assert article.body.endswith("they would be back.")
    assert PARTIAL in article.warnings
    whole = article_from_html(page("Strike", f"<article>{story}</article>"))
    assert (whole.body, whole.warnings) == (article.body, ())
