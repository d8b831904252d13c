"""Articles of our own, as feeds and pages hold them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

START = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
"""When the first article was published; each later one is a minute younger."""
PLACES = "Alder Birch Cedar Dogwood Elm Fir Ginkgo Hazel Juniper Larch Maple Oak Pine".split()
THINGS = "harbour library bridge ferry school orchard railway museum theatre market".split()


def title_of(feed: str, number: int) -> str:
    """The title of an article."""
    seed = sum(feed.encode()) + 7 * number
    return f"Council of {PLACES[seed % 13]} votes on its {THINGS[seed % 10]}, item {number}"


def body_of(feed: str, number: int) -> list[str]:
    """The paragraphs of an article, about 200 words of its own."""
    seed = sum(feed.encode()) + 7 * number
    place, thing = PLACES[seed % 13], THINGS[seed % 10]
    cost = 100 + seed
    return [
        f"The council of {place} voted on Tuesday to repair the {thing} at a cost of ${cost},000, "
        f"after a debate of {2 + seed % 5} hours that filled the town hall to the last seat. The "
        f"work is to begin in the spring and will take about {3 + seed % 9} months.",
        f'Mayor Nora Quill said the {thing} had been neglected for too long. "We have put this '
        f'off for {4 + seed % 20} years, and every winter it became dearer," she told reporters '
        "after the vote. Two members of the opposition voted against, and one was absent.",
        f"The {thing} was opened in {1890 + seed % 100} and last repaired after the flood of 2009, "
        f"when {place} spent half of its budget on dikes and drains. Since then engineers have "
        f"warned of cracks in each of their yearly reports, of which {number + 1} are public.",
        f"Residents asked how the repair would be paid for. The treasurer, Owen Hartley, said that "
        f"the region would give a third and that a loan would cover the rest, so that local taxes "
        f"need not rise before {2027 + seed % 4}. A final decision on the loan is expected in "
        "January, and the first tenders will be published in the weeks after it.",
    ]


def rss(feed: str, base: str, numbers: range, entry: Callable[[int], str] | None = None) -> str:
    """An RSS feed with whole articles, or with what ``entry`` makes."""
    items = "".join((entry or (lambda number: entry_of(feed, base, number)))(n) for n in numbers)
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{feed.title()} Post</title><link>{base}/</link><description>News</description>"
        f"<language>en-gb</language>{items}</channel></rss>"
    )


def entry_of(
    feed: str,
    base: str,
    number: int,
    *,
    title: str | None = None,
    link: str | None = None,
    guid: str | None = None,
    date: str | None = None,
    content: str | None = None,
) -> str:
    """One item of an RSS feed; an empty part is left out."""
    when = format_datetime(START + timedelta(minutes=number))
    url = f"{base}/article/{feed}/{number}?utm_source=rss"
    parts = {
        "title": escape(title_of(feed, number)) if title is None else title,
        "link": escape(url) if link is None else link,
        "guid": f"{feed}-{number}" if guid is None else guid,
        "pubDate": when if date is None else date,
        "content:encoded": markup_of(feed, number) if content is None else content,
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value)
    return f"<item>{inner}</item>"


def markup_of(feed: str, number: int) -> str:
    """The article's markup, escaped for a feed."""
    return escape("".join(f"<p>{paragraph}</p>" for paragraph in body_of(feed, number)))


def page_of(feed: str, number: int, *, walled: bool = False) -> str:
    """An article's page."""
    paragraphs = body_of(feed, number)
    if walled:
        paragraphs = [*paragraphs[:1], "Subscribe to continue reading this article."]
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>{title_of(feed, number)} | Post</title>"
        f"</head><body><nav><a href='/'>Home</a></nav><article><h1>{title_of(feed, number)}</h1>"
        f"{''.join(f'<p>{escape(each)}</p>' for each in paragraphs)}</article></body></html>"
    )
