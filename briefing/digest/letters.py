"""Send what is pending, by every delivery, and record each letter as it goes.

A letter that was not accepted stays pending. Within a run it is tried again after growing waits;
then each run of the next days begins with it. One that is not sent by then is given up, and named.
`briefing.digest.store.editions` describes the one moment in which killing the process can cause a
duplicate.
"""

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from briefing.digest import Delivery, Edition, Letter
from briefing.digest.deliver import deliveries, receivers
from briefing.digest.settings import DigestSettings
from briefing.digest.steps import Progress, log, warn
from briefing.digest.store import Store
from briefing.digest.store.editions import address, given_up, mark, pending_deliveries
from briefing.errors import DeliveryError, DeliverySettingsError

_RECENT, _EDITIONS = 7, 2
"""Days up to which the pending letters of an edition are sent, and how many editions at least."""
_REFUSED = timedelta(hours=12)
"""Time after which a run tries a letter again that was refused for good: tomorrow's run does, but
not the one that systemd starts in five minutes."""
_WAITS = (1 / 31, 2 / 31, 4 / 31, 8 / 31, 16 / 31)
"""Waits before trying again, as shares of a delivery's patience."""
_Addressed = tuple[int, Letter[Any]]
"""A letter with the row id of its edition."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How many letters were sent, and for each of the others why it was not: put off or refused."""

    count: int = 0
    put_off: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[str, ...]:
        """The reasons for all letters that were not sent."""
        return self.put_off + self.refused


def address_letters(store: Store, settings: DigestSettings, edition: Edition, number: int) -> None:
    """Record the letters of the edition with row id ``number`` as pending, unless it has them."""
    wanted = [
        (letter.recipient, letter.message_id)
        for delivery in deliveries(settings)
        for letter in delivery.letters(edition)
    ]
    with store.writing() as connection:
        address(connection, number, wanted, edition.made)


class Dispatch:
    """Sends pending letters, as of the time ``now``."""

    def __init__(
        self, store: Store, settings: DigestSettings, progress: Progress, now: datetime
    ) -> None:
        self._store = store
        self._settings = settings
        self._progress = progress
        self._now = now
        days = max(_RECENT, _EDITIONS * settings.edition.days) + 1
        self._oldest = now - timedelta(days=days)

    def before(self, day: date) -> Sent:
        """Send the pending letters of the last days, but not of a day whose edition may change.

        Older ones are given up: these are among the refused.
        """
        lost = self._give_up(day)
        wanted = [each for each in self._pending(0) if each[1].date != day]
        sent = self.send(wanted, patient=False)
        return replace(sent, refused=lost + sent.refused)

    def _give_up(self, besides: date) -> tuple[str, ...]:
        with self._store.writing() as connection:
            letters = given_up(
                connection, self._oldest, besides, receivers(self._settings), self._now
            )
        for day, recipient in letters:
            warn("letter", recipient=recipient, date=str(day), error="given up")
        return tuple(
            f"the letter of {day} to {recipient} could not be sent for days and is given up; to "
            f"send it: briefing digest send {day}"
            for day, recipient in letters
        )

    def after(self, edition: int) -> Sent:
        """Send the pending letters of the edition with that row id and of the last days.

        Waits for a server that puts letters off.
        """
        return self.send(self._pending(edition), patient=True)

    def _pending(self, edition: int) -> list[tuple[int, Edition, set[str]]]:
        with self._store.reading() as connection:
            return pending_deliveries(
                connection,
                made=self._oldest,
                refused=self._now - _REFUSED,
                edition=edition,
            )

    def send(self, wanted: Iterable[tuple[int, Edition, set[str]]], *, patient: bool) -> Sent:
        """Send editions, by row id, to recipients who lack them."""
        editions = list(wanted)
        if not editions:
            return Sent()
        self._progress.step("letters", sum(len(recipients) for _, _, recipients in editions))
        count, put_off, refused = 0, list[str](), list[str]()
        for delivery in deliveries(self._settings):
            letters = [
                (number, letter)
                for number, edition, recipients in editions
                for letter in delivery.letters(edition)
                if letter.recipient in recipients
            ]
            with closing(delivery):
                later, never = self._deliver(delivery, letters, patient=patient)
            count += len(letters) - len(later) - len(never)
            put_off += later
            refused += never
        log("letters", sent=count, failed=len(put_off) + len(refused))
        return Sent(count, tuple(put_off), tuple(refused))

    def _deliver(
        self, delivery: Delivery[Any], letters: list[_Addressed], *, patient: bool
    ) -> tuple[list[str], list[str]]:
        """Send letters, those that were put off again.

        Returns the errors of those still put off, and of those refused for good.
        """
        waits = [delivery.patience * share for share in _WAITS] if patient else []
        refused, put_off, usable = self._attempt(delivery, letters)
        for wait in waits:
            # A server that never answered is left to the next run.
            if not put_off or not usable:
                break
            delivery.close()
            time.sleep(wait)
            more, put_off, _ = self._attempt(delivery, [letter for letter, _ in put_off])
            refused += more
        return [error for _, error in put_off], refused

    def _attempt(
        self, delivery: Delivery[Any], letters: list[_Addressed]
    ) -> tuple[list[str], list[tuple[_Addressed, str]], bool]:
        """Try each letter once.

        Returns the errors of those refused for good, those put off with their errors, and whether
        the server could be used at all.
        """
        refused, put_off, usable = list[str](), list[tuple[_Addressed, str]](), False
        for place, addressed in enumerate(letters):
            error = self._send(delivery, *addressed)
            usable = usable or not isinstance(error, DeliverySettingsError)
            if isinstance(error, DeliverySettingsError) or (error and error.busy):
                # The server is at fault: the other letters would fail too.
                put_off += [(rest, str(error)) for rest in letters[place:]]
                break
            if error and error.permanent:
                refused.append(str(error))
            elif error:
                put_off.append((addressed, str(error)))
        return refused, put_off, usable

    def _send(
        self, delivery: Delivery[Any], number: int, letter: Letter[Any]
    ) -> DeliveryError | DeliverySettingsError | None:
        """Send one letter and return the error, or None."""
        self._mark(number, letter, "sending")
        try:
            delivery.send(letter)
        except (DeliveryError, DeliverySettingsError) as error:
            final = isinstance(error, DeliveryError) and error.permanent
            self._mark(number, letter, "refused" if final else "pending", str(error))
            warn("letter", recipient=letter.recipient, error=str(error))
            return error
        self._mark(number, letter, "sent")
        self._progress.advance()
        return None

    def _mark(
        self, number: int, letter: Letter[Any], status: str, error: str | None = None
    ) -> None:
        with self._store.writing() as connection:
            mark(connection, number, letter.recipient, status, self._now, error)
