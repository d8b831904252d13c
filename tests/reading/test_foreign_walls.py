"""Walls in languages whose words are not listed, of pages of their own."""

import pytest

from briefing.errors import NoArticle
from briefing.reading import article_from_html
from tests.reading.pages import bare, page


def texts(*paragraphs: str) -> str:
    return "".join(f"<p>{each}</p>" for each in paragraphs)


AGREE = "<button>Zgadzam się</button><button>Ustawienia</button>"
SCHOOL = (
    "W Orlen otwarto w poniedziałek nową szkołę, na którą czekano jedenaście lat.",
    "Uczy się w niej czterystu uczniów, a dyrektorką została Nora Kwil.",
)
WALLS = {
    "Polish consent": page(
        "Zanim zaczniesz",
        texts(
            "Razem z partnerami zapisujemy pliki cookie na Twoim urządzeniu, aby dobrać reklamy.",
            "Możesz przyjąć wszystkie pliki cookie albo zmienić ustawienia.",
        )
        + AGREE,
        lang="pl",
    ),
    "Polish consent below the title of an article": page(
        "Most w Orlen znów otwarty",
        "<h1>Most w Orlen znów otwarty</h1>"
        + texts(
            "Dbamy o Twoje dane. Razem z 214 partnerami przetwarzamy dane osobowe odwiedzających.",
            "Zgodę można w każdej chwili wycofać w ustawieniach prywatności.",
        )
        + AGREE,
        lang="pl",
    ),
    "Japanese script": bare(
        "お知らせ",
        texts(
            "ご覧いただくには、ブラウザの設定でJavaScriptを有効にしてください。",
            "有効にしたあと、もう一度読み込んでください。",
        ),
    ),
    "Russian script": bare(
        "Вестник",
        texts("Чтобы читать наш сайт, включите JavaScript в своём браузере и обновите страницу."),
    ),
    "Swedish captcha": bare(
        "Ett ögonblick",
        texts("Vi vill veta att du inte är ett program. Lös denna captcha för att komma vidare."),
    ),
    "Chinese consent": page(
        "提示",
        texts("我们使用Cookie来改善您的体验。继续浏览即表示您同意我们使用Cookie。")
        + "<button>同意</button>",
        lang="zh",
    ),
    "Russian 404": page(
        "404",
        "<h1>404</h1>"
        + texts("К сожалению, такой страницы у нас нет. Возможно, её удалили.")
        + "<form><input name='q'></form>",
        lang="ru",
    ),
}
ARTICLES = {
    "Polish, on cookies": page(
        "Sąd: pliki cookie tylko za zgodą",
        "<article><h1>Sąd: pliki cookie tylko za zgodą</h1>"
        + texts(
            "Sąd w Orlen orzekł w środę, że sklepy nie mogą zapisywać plików cookie bez pytania.",
            "Właściciel sklepu zapowiedział odwołanie w ciągu dwóch tygodni.",
        )
        + "</article>",
        lang="pl",
    ),
    "Polish, with a form for comments": page(
        "Nowa szkoła w Orlen otwarta",
        texts(*SCHOOL) + "<form><input name='c'><button>Wyślij</button></form>",
        lang="pl",
    ),
    "Japanese": page(
        "橋が再開",
        "<article>"
        + texts("嵐で閉鎖されていた橋が月曜日に再開した。市長は喜んだ。")
        + "</article>",
        lang="ja",
    ),
}


@pytest.mark.parametrize("name", WALLS)
def test_walls_in_other_languages_are_refused_with_advice(name: str) -> None:
    with pytest.raises(NoArticle, match=r"The page .*\. \w+"):
        article_from_html(WALLS[name])


@pytest.mark.parametrize("name", ARTICLES)
def test_articles_in_other_languages_are_not(name: str) -> None:
    assert article_from_html(ARTICLES[name]).body


@pytest.mark.parametrize(
    "lines",
    [
        ("Please confirm that you are 18 or over before you go on.", "Enter your date of birth."),
        ("The video will start shortly.", "This clip is played after the advertisement."),
    ],
)
def test_a_gate_or_player_below_the_title_of_an_article_is_refused(lines: tuple[str, ...]) -> None:
    title = "Bridge at Orlen reopens after storm"
    with pytest.raises(NoArticle):
        article_from_html(page(title, f"<h1>{title}</h1>{texts(*lines)}"))
