"""What is done to editions that are there: sending again, pruning."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

from briefing.digest.deliver import messages, write_eml
from briefing.digest.run.delivering import deliver
from briefing.digest.run.errors import NoEdition
from briefing.digest.run.lock import run_lock
from briefing.digest.run.work import Progress, Silent, log
from briefing.digest.settings import DigestSettings
from briefing.digest.store import Store
from briefing.digest.store.deliveries import forget
from briefing.digest.store.editions import document, find
from briefing.digest.store.prune import prune as prune_store
from briefing.errors import BriefingError


class NotSent(BriefingError):
    """Some letters of an edition did not go out."""

    code = "not-delivered"


def send(
    settings: DigestSettings,
    day: date,
    *,
    dry_run: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> int:
    """Send the edition of a date to those who do not have it; the number of letters.

    With ``again``, to those who have it too. With ``dry_run`` nothing is sent: the letters are
    written to the output folder.

    Raises:
        NoEdition: there is none of that date. NotSent: some letters did not go out.
    """
    with Store.open(settings.store) as store, run_lock(store):
        with store.reading() as connection:
            row, edition = find(connection, day), document(connection, day)
        if row is None or edition is None:
            raise NoEdition(f"there is no edition of {day}; see: briefing digest list")
        if dry_run:
            return len([write_eml(each, settings.output) for each in messages(edition, settings)])
        if again:
            with store.writing() as connection:
                forget(connection, row.id)
        sent, failures = deliver(store, settings, edition, row.id, progress or Silent())
    if failures:
        raise NotSent(f"{sent} letters sent, {len(failures)} not: {failures[0]}")
    return sent


def prune(settings: DigestSettings, now: datetime | None = None) -> dict[str, int]:
    """Remove what is older than ``keep_days``, and editions made later than now.

    Returns how many rows of each table were removed.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    with Store.open(settings.store) as store, run_lock(store), store.writing() as connection:
        pruned = prune_store(connection, moment - timedelta(days=settings.keep_days), moment)
    counts = asdict(pruned)
    log("prune", **counts)
    return counts
