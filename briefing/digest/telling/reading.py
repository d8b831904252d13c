"""From a stored item to the article that citations refer to."""

from briefing.article import Article
from briefing.digest.records import Item
from briefing.read import article_from_text


def read_item(item: Item) -> Article:
    """The item as an article; the sentence indices of its citations are this article's.

    The language is detected, because what feeds say of it is often the default of the software.
    Raises InputError where there is no sentence to brief.
    """
    return article_from_text(
        item.body,
        title=item.title or "",
        subtitle=item.subtitle,
        url=item.url,
        published=item.published.isoformat() if item.published else None,
    )
