"""The contract of a delivery: what sends editions to their recipients."""

import hashlib
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from briefing.digest.records import Edition
from briefing.rendering.layout import inert

Message = TypeVar("Message")


@dataclass(frozen=True, slots=True)
class Letter(Generic[Message]):
    """What one recipient gets of one edition.

    ``recipient`` is the key of the store's record, so it must not change and must be no secret.
    ``message_id`` is the same whenever the letter is sent, so that a receiver can drop a duplicate.
    """

    recipient: str
    message_id: str
    message: Message


def letter_id(edition: Edition, recipient: str) -> str:
    """An identifier of the letter to a recipient, from title, date and recipient."""
    text = f"{inert(edition.title)}\n{edition.date}\n{recipient}"
    return f"briefing-{edition.date}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


class Delivery(Protocol[Message]):
    """A way of sending editions.

    ``patience`` is how many seconds a run waits in all for what puts a letter off.
    """

    @property
    def patience(self) -> float:
        """See the class."""

    def letters(self, edition: Edition) -> list[Letter[Message]]:
        """The letters of an edition, one for each recipient.

        Raises:
            TemplateError: a template cannot be used.
        """

    def send(self, letter: Letter[Message]) -> None:
        """Send a letter; return once it has been accepted.

        Raises:
            DeliveryError: this letter was not accepted, for now or for good.
            DeliverySettingsError: the server cannot be used: no letter can be sent.
        """

    def close(self) -> None:
        """Close the connection; the next letter opens another."""
