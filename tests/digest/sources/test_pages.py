"""The page of a feed's entry counts only where it is the entry's article."""

import asyncio

import pytest

from briefing.digest import Item
from briefing.digest.sources.files import is_same_article
from briefing.errors import InputError
from briefing.reading import article_from_html, article_from_text
from tests.digest.feeds import body_of, title_of
from tests.reading.pages import ARTICLES, WALLS, page


def test_walls_leave_the_feeds_text(reader) -> None:
    async def job(fetcher) -> list[Item | BaseException]:
        items = (await fetcher.source(reader.source("walls"))).items
        return await asyncio.gather(*map(fetcher.page, items), return_exceptions=True)

    read = reader.run(job)
    *walls, other, good = read
    assert len(walls) == len(WALLS)
    for name, result in zip(WALLS, walls, strict=True):
        assert isinstance(result, InputError), name
    assert "another text" in str(other)
    assert isinstance(good, Item)
    assert len(good.body.split()) > 150


def item(title: str | None, body: str = "") -> Item:
    return Item("1", None, title, None, body)


# Their titles say too little of them, which the titles of other articles do no less.
SAYING_NOTHING = {
    "about captchas", "call for help", "roundup with links", "live blog",
    "interview in the second person",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ARTICLES.keys() - SAYING_NOTHING))
def test_articles_are_those_that_their_titles_announce(name: str) -> None:
    article = article_from_html(ARTICLES[name])
    assert is_same_article(item(article.title), article)


ORLEN = "Bridge at Orlen reopens after storm"


def test_another_article_below_the_title_is_not() -> None:
    """One word of the title is that of the town, and "after" says nothing."""
    texts = (
        "The Orlen council sat for six hours on Monday to debate the budget of the coming year.",
        "After years of savings nothing was left to cut, the mayor said, and refused to try.",
        *body_of("walls", 1)[2:],
    )
    markup = "".join(f"<p>{each}</p>" for each in texts)
    other = article_from_html(page(ORLEN, f"<article><h1>{ORLEN}</h1>{markup}</article>"))
    assert other.words > 100
    assert not is_same_article(item(ORLEN), other)
    assert not is_same_article(item(ORLEN, "Cars crossed the river again two weeks later."), other)
    right = "Cars cross the Orlen bridge again since Monday. The storm had shut it for two weeks."
    assert is_same_article(item(ORLEN), article_from_text(right))


def test_a_title_that_the_page_repeats_proves_nothing() -> None:
    """As a page does that is read as a whole, menus and all, in a language without listed words."""
    text = (
        "Wiadomości Sport Most w Orlen znów otwarty Dbamy o Twoje dane. Razem z partnerami "
        "przetwarzamy informacje o odwiedzających, a zgodę można w każdej chwili wycofać."
    )
    wall = article_from_text(text, title="Most w Orlen znów otwarty")
    assert not is_same_article(item("Most w Orlen znów otwarty"), wall)
    teaser = "Kierowcy od poniedziałku przejeżdżają przez rzekę."
    assert not is_same_article(item("Most w Orlen znów otwarty", teaser), wall)


def test_another_article_is_not() -> None:
    teaser = item(title_of("walls", 1), body_of("walls", 1)[0])
    others = [article_from_html(each) for each in ARTICLES.values()]
    assert not any(is_same_article(teaser, other) for other in others)


def test_words_without_spaces_between_them_count() -> None:
    resigned = "在市政厅，市长周二宣布辞职，称是健康原因。" * 4
    assert is_same_article(item("市长辞职"), article_from_text(resigned, title="要闻"))
    scripts = "请开启脚本以便继续浏览。谢谢您的耐心等待。" * 4
    assert not is_same_article(item("市长辞职", "市长周二宣布辞职。"), article_from_text(scripts))


def test_a_title_that_tells_nothing_is_enough_where_the_page_has_it_too() -> None:
    text = "".join(f"<p>{each}</p>" for each in body_of("walls", 1))
    article = article_from_html(page("You will never guess", f"<article>{text}</article>"))
    assert is_same_article(item("You will never guess"), article)
    assert is_same_article(item("?"), article)
