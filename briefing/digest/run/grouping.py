"""The step that makes stories of articles."""

from briefing.digest.run.work import Work, log
from briefing.digest.store.editions import Step, advance
from briefing.digest.store.stories import (
    Placed,
    drop_signatures,
    keep_placements,
    keep_signatures,
    last_story,
    placed,
    unplaced,
    unsigned,
)
from briefing.digest.stories import HORIZON, Grouper, Known, in_order, is_current, signature

_PORTION = 200
"""Articles whose signatures are kept in one transaction."""


def group_articles(work: Work) -> None:
    """Give every new article its story; all of them in one transaction.

    Signatures, which take the time, are kept as they are made: they hang on nothing else.
    """
    after, until = work.edition.since - HORIZON, work.edition.until
    _forget_old_signatures(work)
    _sign(work)
    with work.store.reading() as connection:
        new = {article.id: (article, mark) for article, mark in unplaced(connection, after, until)}
        known = list(placed(connection, after)) if new else []
        newest = last_story(connection)
    work.progress.step("stories", len(new))
    grouper = Grouper(map(_known, known))
    placements: list[tuple[int, int | None, int]] = []
    opened = 0
    for article in in_order(article for article, _ in new.values()):
        placement = grouper.add(article, new[article.id][1])
        story = placement.story
        if story is None:
            opened += 1
            story = newest + opened
            grouper.place(article.id, story)
        placements.append((article.id, placement.duplicate_of, story))
        work.progress.advance()
    with work.store.writing() as connection:
        keep_placements(connection, work.edition.made, opened, placements)
        advance(connection, work.edition.id, Step.GROUPED)
    copies = sum(copied is not None for _, copied, _ in placements)
    log("stories", articles=len(placements), copies=copies, new_stories=opened)


def _known(each: Placed) -> Known:
    return Known(each.article, each.story, each.time, each.publisher, each.signature)


def _forget_old_signatures(work: Work) -> None:
    """Those made by another version of Briefing are made again."""
    with work.store.reading() as connection:
        after = work.edition.since - HORIZON
        stale = [p.article for p in placed(connection, after) if not is_current(p.signature)]
    if stale:
        with work.store.writing() as connection:
            drop_signatures(connection, stale)


def _sign(work: Work) -> None:
    after, until = work.edition.since - HORIZON, work.edition.until
    work.progress.step("signatures", None)
    while True:
        with work.store.reading() as connection:
            articles = unsigned(connection, after, until, _PORTION)
        if not articles:
            return
        made = {article.id: signature(article.item) for article in articles}
        with work.store.writing() as connection:
            keep_signatures(connection, made)
        work.progress.advance(len(made))
