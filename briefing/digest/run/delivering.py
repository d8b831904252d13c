"""The last step: to each recipient, once."""

from datetime import UTC, datetime

from briefing.digest.deliver import DeliveryError, Letter, MailSettingsError, Postman, messages
from briefing.digest.records import Edition
from briefing.digest.run.work import Progress, log, warn
from briefing.digest.settings import DigestSettings
from briefing.digest.store import Store
from briefing.digest.store.deliveries import address, mark, undelivered
from briefing.errors import BriefingError


def deliver(
    store: Store,
    settings: DigestSettings,
    edition: Edition,
    number: int,
    progress: Progress,
) -> tuple[int, list[str]]:
    """Send the edition (of row ``number``) to those who do not have it.

    Returns how many letters were sent, and why others were not: they stay to be sent by the next
    run of the same date or by `send`. See `briefing.digest.store.deliveries` for the one instant
    in which a killed process can lead to a second letter.

    Raises:
        MailSettingsError: an address in the settings is none.
    """
    if settings.mail is None:
        return 0, []
    letters = messages(edition, settings)
    with store.writing() as connection:
        address(connection, number, [(each.recipient, each.message_id) for each in letters], _now())
        missing = undelivered(connection, number)
    waiting = [letter for letter in letters if letter.recipient in missing]
    progress.step("letters", len(waiting))
    sent = 0
    failures: list[str] = []
    with Postman(settings.mail) as postman:
        for letter in waiting:
            error = _send(store, postman, number, letter)
            progress.advance()
            if error is None:
                sent += 1
                continue
            failures.append(str(error))
            if isinstance(error, MailSettingsError):
                break  # The server, not the letter: the others would wait for it in vain.
    if waiting:
        log("letters", sent=sent, failed=len(failures))
    return sent, failures


def _send(store: Store, postman: Postman, number: int, letter: Letter) -> BriefingError | None:
    """Send one letter; None, or why it was not sent."""
    with store.writing() as connection:
        mark(connection, number, letter.recipient, "sending", _now())
    try:
        postman.send(letter)
    except (DeliveryError, MailSettingsError) as error:
        with store.writing() as connection:
            mark(connection, number, letter.recipient, "pending", _now(), str(error))
        warn("letter", recipient=letter.recipient, error=str(error))
        return error
    with store.writing() as connection:
        mark(connection, number, letter.recipient, "sent", _now())
    return None


def _now() -> datetime:
    return datetime.now(UTC)
