"""Push deliveries by HTTP: a signed webhook, ntfy, Matrix and Telegram.

Each gets one request per edition. A webhook is signed as Standard Webhooks has it
(https://www.standardwebhooks.com) and, like Matrix (its transaction id), has an id by which the
receiver can drop a duplicate.
"""

import base64
import binascii
import json
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx

from briefing import __version__
from briefing.digest.deliver.delivery import Letter, letter_id
from briefing.digest.records import Edition
from briefing.digest.rendering import Links, edition_to_document
from briefing.digest.rendering.view import day_in_words
from briefing.digest.settings import DigestSettings, PushTable
from briefing.errors import DeliveryError, DeliverySettingsError
from briefing.rendering.layout import inert, web_url
from briefing.webhook import webhook_headers

_MAX_TEXT = 3_500
"""Bytes of a message: ntfy and Telegram take 4,096."""
_LATER = frozenset({408, 409, 425, 429})


class Push:
    """A push `Delivery`: one receiver, one request per edition."""

    def __init__(self, settings: DigestSettings, table: PushTable) -> None:
        self._settings = settings
        self._table = table
        self._client: httpx.Client | None = None

    @property
    def patience(self) -> float:
        """Seconds that a run waits in all for a server that puts messages off."""
        return self._table.patience

    def letters(self, edition: Edition) -> list[Letter[Edition]]:
        """The one message of an edition."""
        name = self._table.shown_name
        return [Letter(name, letter_id(edition, name), edition)]

    def close(self) -> None:
        """Close the connection."""
        if self._client:
            self._client.close()
            self._client = None

    def send(self, letter: Letter[Edition]) -> None:
        """Send the message; returns once the server has accepted it.

        Raises:
            DeliveryError: the server rejected it, or could not be reached.
            DeliverySettingsError: the variable with the secret is not set.
        """
        request = self._request(letter)
        self._client = self._client or httpx.Client(timeout=self._table.timeout, trust_env=False)
        try:
            response = self._client.send(request)
        except httpx.HTTPError as error:
            # The message of the error may hold the URL, and that a secret.
            raise DeliveryError(
                f"{letter.recipient} cannot be reached ({type(error).__name__}); the next run "
                "tries again"
            ) from error
        if not response.is_success:
            raise _refused(letter, response.status_code)

    def _request(self, letter: Letter[Edition]) -> httpx.Request:
        edition, table, secret = letter.message, self._table, self._secret()
        page = web_url(Links.of(self._settings.edition).page_of(edition.date))
        base, text = table.url.rstrip("/"), _text(edition, page)
        headers = {"User-Agent": f"briefing/{__version__}"}
        if secret and table.kind in {"ntfy", "matrix"}:
            headers["Authorization"] = f"Bearer {secret}"
        content: dict[str, Any]
        match table.kind:
            case "webhook":
                document = {"id": letter.message_id, "page": page}
                body = json.dumps({**document, "edition": edition_to_document(edition)}).encode()
                headers |= _signed(letter.message_id, body, secret)
                headers["Content-Type"] = "application/json"
                return httpx.Request("POST", table.url, content=body, headers=headers)
            case "ntfy":
                content = {"topic": table.to, "title": inert(edition.title), "message": text}
                content |= {"click": page} if page else {}
                return httpx.Request("POST", base, json=content, headers=headers)
            case "matrix":
                room, number = quote(table.to or "", safe=""), quote(letter.message_id, safe="")
                url = f"{base}/_matrix/client/v3/rooms/{room}/send/m.room.message/{number}"
                content = {"msgtype": "m.text", "body": text}
                return httpx.Request("PUT", url, json=content, headers=headers)
            case "telegram":
                preview = {"is_disabled": True}
                content = {"chat_id": table.to, "text": text, "link_preview_options": preview}
                url = f"{base}/bot{secret}/sendMessage"
                return httpx.Request("POST", url, json=content, headers=headers)

    def _secret(self) -> str | None:
        if self._table.secret_env is None:
            return None
        secret = os.environ.get(self._table.secret_env)
        if not secret:
            raise DeliverySettingsError(
                f"the secret of the {self._table.kind} delivery is not set; set the variable "
                f"{self._table.secret_env}"
            )
        return secret


def _refused(letter: Letter[Edition], status: int) -> DeliveryError:
    permanent = status < 500 and status not in _LATER
    remedy = "correct its [[push]] table or secret" if permanent else "the next run tries again"
    return DeliveryError(
        f"{letter.recipient} answered with status {status}; {remedy}", permanent=permanent
    )


def _text(edition: Edition, page: str | None) -> str:
    """The headlines of an edition, as many as fit, and where to read on."""
    lines = [day_in_words(edition.date), *_headlines(edition)]
    end = [page] if page else []
    while len("\n".join([*lines, *end]).encode()) > _MAX_TEXT:
        lines.pop()
    return "\n".join([*lines, *end])


def _headlines(edition: Edition) -> Iterator[str]:
    for section in edition.sections:
        if section.topic:
            yield f"\n{inert(section.topic)}"
        yield from (f"• {inert(story.headline.text)}" for story in section.stories)
    if not edition.sections:
        yield "No new story."


def _signed(number: str, body: bytes, secret: str | None) -> dict[str, str]:
    """The headers of Standard Webhooks; a secret may be plain or ``whsec_`` and base64."""
    key = secret.encode() if secret else None
    if secret and secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"))
        except binascii.Error as error:
            raise DeliverySettingsError(
                "the webhook's secret is not base64 after whsec_"
            ) from error
    return webhook_headers(number, int(time.time()), body, key)
