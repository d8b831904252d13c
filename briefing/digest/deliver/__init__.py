"""Deliveries of editions: e-mail, webhooks, ntfy, Matrix, Telegram."""

from typing import Any

from briefing.digest.deliver.delivery import Delivery, Letter
from briefing.digest.deliver.mail import Postman, messages, write_eml
from briefing.digest.deliver.push import Push
from briefing.digest.settings import DigestSettings

__all__ = ["Delivery", "Letter", "Postman", "Push", "deliveries", "messages", "write_eml"]


def deliveries(settings: DigestSettings) -> list[Delivery[Any]]:
    """The configured deliveries."""
    mail = [Postman(settings, settings.mail)] if settings.mail else []
    return [*mail, *(Push(settings, table) for table in settings.push)]
