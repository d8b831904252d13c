# ruff: noqa: E501
"""Short pages that speak to their visitor and tell nothing, whatever they want, and short news."""

import pytest

from briefing.errors import NoArticle
from briefing.reading import article_from_html
from briefing.reading.walls import invites
from tests.reading.pages import page

TITLE = "Ferry workers end strike after talks"
WALLS = {
    "hold the bar": "Slide the bar to the right until it turns green. We do this so that no machine takes our pages. You get to the story at once, and need to do it but once a week.",
    "too fast": "Hold on! You have been opening a lot of pages. Take a break of one minute, please, and reload this one. Ask our help desk if that goes on and on.",
    "works tonight": "Our site gets a new look tonight. Please come back in the morning, when you will find all of your sections in their places. Thank you for waiting.",
    "app": "You read this best in our app. Scan the code with your phone, and never miss a story of the coast. Stay in the browser.",
    "prices": "For 2 dollars a month you get all of our stories and the crossword. Basic 2 dollars. Plus 4 dollars, with a login for your partner. Choose what suits you, and stop when you want.",
    "advertisements": "Something in your browser hides our advertisements. Please put this site on your list of exceptions and load it again. You see three pictures that show how.",
    "question": "Just a question before you read this story: which paper do you read at breakfast? The Post. The Gazette. None. Skip it.",
    "clip": "This clip does not run on your device. Please try a newer browser, or find it on our channel, where you can also leave a comment.",
    "plan with the words of a title": "Ferry workers end strike: members read on. Pick a plan and read all stories of the ferry. Two months for one. Do you have a plan? Sign in.",
}
FOREIGN = {
    "French": (
        "fr",
        "Cet article est réservé à nos membres. Pour le lire, choisissez une offre à partir de 2 euros par mois. Vous avez déjà un compte ? Identifiez-vous.",
    ),
    "Polish": (
        "pl",
        "Ten tekst czytają tylko prenumeratorzy. Zaloguj się, aby czytać dalej, albo wykup dostęp na miesiąc. Masz już konto?",
    ),
    "Japanese": ("ja", "続きを読むにはログインしてください。会員登録は無料です。"),
    "Swedish": (
        "sv",
        "Den här texten är för dig som prenumererar. Logga in för att läsa vidare. Du kan säga upp när du vill.",
    ),
}
NEWS = """
The bridge at Orlen is closed until Friday because of ice. Please use the ferry at Holm.
Your bus fare goes up in May: a single ticket will cost four dollars, the council decided on Monday.
You can vote until eight tonight. More than 40,000 people had cast a ballot by noon, the clerk said.
Please boil your water, the town of Brenn told residents on Sunday after a pipe burst.
If you bought Alder cheese last week, do not eat it: the maker recalled 3,000 pieces after a test found listeria.
Check your freezer: a brand of frozen peas was recalled on Tuesday in four states.
A black bear walked into a school in Osby and ate two lunches. Nobody was hurt.
The library of Holm opens on Sundays from June.
Two climbers died near Sonvik, mountain rescue said.
Log in and you may see a stranger's account: a fault of Apex Bank's website showed users the data of others on Friday.
The site of the Gazette was down for an hour on Monday. Its editor apologised to readers.
Subscribers of Norland Telecom lost their phone service for two hours, the company said.
Our reporter Mia Torp won the press prize of the county on Thursday for her story on the mill.
We lost, said the mayor of Lenz after the vote on Sunday. Voters had rejected the stadium by 58 to 42 percent.
You have to be patient, the trainer told his team. It won 3-1.
Rain of 80 millimetres fell in Holm in six hours. Stay at home if you can, the fire brigade said.
Bring your own cup: cafes in Varn stopped handing out paper ones on Monday.
The app of the railway sold tickets for trains that did not run. Ask for your money back, says the railway.
A court told Norland News to show a button that rejects all cookies.
The council of Kelda wants to know what you think of the park. It laid out two plans on Monday.
The price of a subscription to the Post rises to 9 euros a month, its owner said.
A false e-mail asks customers of Apex Bank to confirm their password. Delete it, police warned on Friday.
Unknown callers pretended to be police officers. If they ring you, hang up, the real police said.
The captcha is dying: programs solved 99 of 100 in a study of the university of Varn.
Readers sent us 400 pictures of the northern lights that were seen over Holm on Sunday.
Turn your clocks back tonight. Summer time ends at three, and 40 trains will wait for an hour.
The Tarn rose by two metres on Monday.
Dockers in Varn vote on a strike on Friday. They want eight percent more pay.
The minister will visit Orlen on Tuesday and open a school.
Shares of Colora fell 9 percent after the fire at its plant.
Wear a coat: it will snow on Thursday in the north, the weather service said.
You, too, may soon pay more for milk. Farmers raised the price by a tenth.
No trains run between Lenz and Holm this weekend. Take the bus, which leaves every half hour, the railway said.
A page of a lost hymn book was found in a wall of the chapel at Brook.
Sign language becomes an official language of Norland, its parliament decided.
The museum gave back a mask that soldiers stole in 1897.
Hackers blocked the browser game Tilo for a day and asked its maker for money.
Anna Berg scored twice as Lenz beat Holm.
The choir of Harl looks for singers. Come to the hall on Monday, or call Ruth Onslow, who founded it in 1988.
Support for the government fell to 31 percent in a poll.
""".strip().splitlines()
FOREIGN_NEWS = [
    (
        "pl",
        "Gazeta Orlen straciła w tym roku tysiąc prenumeratorów. Redaktor naczelny zapowiedział w poniedziałek zmiany. Gazeta istnieje od 1921 roku.",
    ),
    (
        "fr",
        "Le journal de Brévin a gagné mille abonnés en un an. Sa directrice, Claire Dumas, l'a annoncé lundi. Le titre emploie trente personnes.",
    ),
    (
        "ja",
        "東港の新聞社は月曜日、会員登録した読者の情報が流出したと発表した。社長は謝罪した。原因は調査中だ。警察も捜査を始めた。",
    ),
    (
        "sv",
        "Tidningen i Orlen förlorade tusen prenumeranter förra året. Chefredaktören avgick i måndags. Tidningen grundades 1921.",
    ),
]


@pytest.mark.parametrize("name", WALLS)
@pytest.mark.parametrize("title", [TITLE, "Coast Post"])
def test_what_only_speaks_to_its_visitor_is_refused(name: str, title: str) -> None:
    with pytest.raises(NoArticle, match=r"The page .*\. \w+"):
        article_from_html(page(title, f"<h1>{title}</h1><p>{WALLS[name]}</p>"))


@pytest.mark.parametrize("name", FOREIGN)
def test_offers_in_other_languages_are_refused(name: str) -> None:
    language, text = FOREIGN[name]
    with pytest.raises(NoArticle):
        article_from_html(page("Coast Post", f"<p>{text}</p>", lang=language))


@pytest.mark.parametrize("text", NEWS)
def test_short_news_is_read_also_where_it_speaks_to_its_readers(text: str) -> None:
    assert article_from_html(page("News of the day", f"<h1>News of the day</h1><p>{text}</p>")).body


@pytest.mark.parametrize(("language", "text"), FOREIGN_NEWS)
def test_short_news_on_subscribers_is_read(language: str, text: str) -> None:
    assert article_from_html(page("Coast Post", f"<p>{text}</p>", lang=language)).body


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Sign up for our letter to get such stories.", True),
        ("Already a subscriber? Log in.", True),
        ("The council asked residents to sign a petition.", False),
        ('"You have to choose a plan," Holt said.', False),
        ("The Gazette lost a thousand subscribers.", False),
    ],
)
def test_invitations_are_sentences_that_ask(sentence: str, expected: bool) -> None:
    assert invites(sentence, "en") is expected
