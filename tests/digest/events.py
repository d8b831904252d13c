"""Self-written news of a few events, each as several papers would tell it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from briefing.digest import Item, StoredArticle, Story

DAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

FERRY_GAZETTE = (
    "Ferry sinks off Grey Island, twelve dead",
    "Twelve people died when the ferry Merrow sank off Grey Island on Monday morning, the coast "
    "guard said. The ship had left Port Alder at dawn with 64 passengers and a crew of six.\n\n"
    "Rescue boats reached the wreck within half an hour. Most of the survivors were pulled from "
    "the water by fishermen from Grey Island, according to harbour master Edda Lunn.\n\n"
    "The Merrow was built in 1974 and had failed an inspection of its doors last autumn. Its "
    "owner, Alder Lines, had promised repairs by May.\n\n"
    "The sinking of the ferry Ondine off Grey Island killed nine people in 1988, and the island "
    "has demanded a bridge since. "
    "Transport minister Hanno Brix is expected to visit Grey Island on Tuesday.",
)
FERRY_COURIER = (
    "Grey Island ferry disaster kills fourteen",
    "Fourteen people died when the ferry Merrow sank off Grey Island on Monday, police in Port "
    "Alder said. Divers were still searching the wreck in the evening.\n\n"
    'Police chief Solveig Aune said that water had come in through the bow doors. "It was over '
    'in minutes," she told reporters in Port Alder.\n\n'
    "Alder Lines has run the route since 1952. The company said it would help the families of "
    "the passengers and would keep its other ships in port.",
)
FERRY_LATER = (
    "Toll of the Merrow ferry disaster rises to nineteen",
    "Nineteen people died when the ferry Merrow sank off Grey Island on Monday, the coast guard "
    "said on Wednesday, after divers found more victims in the wreck.\n\n"
    "Prosecutor Ilse Tamm opened an investigation of Alder Lines and had its offices searched. "
    "She said that the company had known of the damaged bow doors since October.\n\n"
    "Hanno Brix, the transport minister, grounded all ships of the company until they have been "
    "inspected. Grey Island is being supplied by navy boats.",
)
BUDGET_GAZETTE = (
    "Tarn valley council passes budget with higher water rates",
    "The Tarn valley council passed its budget on Monday by nine votes to four, raising water "
    "rates by 6 percent. Treasurer Odile Marsh said that the pipes could not wait.\n\n"
    "The new rates bring in 2.4 million dollars a year. Half of that goes to the reservoir at "
    "Upper Tarn, which has leaked since the drought of 2019.\n\n"
    "Opponents led by Piet Garrow plan to collect signatures for a referendum in June.",
)
BUDGET_COURIER = (
    "Water to cost more in Tarn valley",
    "Households in Tarn valley will pay 6 percent more for water after the council passed its "
    "budget on Monday. Treasurer Odile Marsh defended the rise.\n\n"
    "Piet Garrow, who voted against it, called for a referendum. He said that farmers around the "
    "Upper Tarn reservoir had not been asked.\n\n"
    "The council last raised water rates in 2021.",
)
CHESS_GAZETTE = (
    "Schoolgirl wins chess championship in Velden",
    "Fifteen-year-old Mira Osk became the youngest national chess champion on Sunday when she "
    "beat grandmaster Leon Daube in Velden.\n\n"
    "Osk sacrificed a rook in the opening and won after 58 moves. She had learned the game from "
    "her grandmother and goes to school in Holm.\n\n"
    "The title qualifies her for the European tournament in August.",
)
CHESS_COURIER = (
    "Mira Osk, 15, is national chess champion",
    "Mira Osk of Holm won the national chess championship in Velden on Sunday, the youngest "
    "player to do so. She beat Leon Daube, a grandmaster, in the last round.\n\n"
    "Daube, who had won the championship four times, called her play fearless. Osk will play in "
    "the European tournament in August.",
)
BRIDGE_GERMAN = (
    "Alte Brücke in Holm bleibt bis zum Frühjahr gesperrt",
    "Die alte Brücke über die Tarn in Holm bleibt bis zum Frühjahr für Lastwagen gesperrt. Das "
    "teilte die Stadtverwaltung am Dienstag mit. Bei einer Prüfung im Oktober hatten Fachleute "
    "Risse in zwei Pfeilern gefunden.\n\n"
    "Die Reparatur kostet nach Angaben von Bürgermeisterin Karla Voss rund vier Millionen Euro. "
    "Das Land übernimmt davon die Hälfte. Fußgänger und Radfahrer dürfen die Brücke weiter "
    "benutzen.\n\n"
    "Die Brücke wurde 1931 gebaut und zuletzt 1987 erneuert. Händler in der Altstadt fürchten, "
    "dass im Winter weniger Kunden kommen.",
)
EVENTS = {
    "ferry": (FERRY_GAZETTE, FERRY_COURIER),
    "budget": (BUDGET_GAZETTE, BUDGET_COURIER),
    "chess": (CHESS_GAZETTE, CHESS_COURIER),
}


def item(text: tuple[str, str], **more: object) -> Item:
    """An item with ``text``, a title and a body."""
    title, body = text
    return Item(
        **{"guid": title, "url": None, "title": title, "subtitle": None, "body": body} | more
    )


def article(
    number: int, text: tuple[str, str], publisher: str, hours: float = 0, **more: object
) -> StoredArticle:
    """An article published so many hours after `DAY`."""
    time = DAY + timedelta(hours=hours)
    digest = sha256("\n".join(text).encode()).hexdigest()
    return StoredArticle(number, publisher, publisher, item(text, **more), time, time, digest)


def papers() -> list[StoredArticle]:
    """Two papers' articles on each of three events."""
    return [
        article(10 * at + paper, text, ("Gazette", "Courier")[paper], hours=at + paper / 2)
        for at, texts in enumerate(EVENTS.values(), start=1)
        for paper, text in enumerate(texts)
    ]


def story(*articles: StoredArticle, number: int = 1) -> Story:
    return Story(number, articles, None)
