"""Deliveries of editions: e-mail."""

from typing import Any

from briefing.digest.deliver.delivery import Delivery, Letter
from briefing.digest.deliver.mail import Postman, messages, write_eml
from briefing.digest.settings import DigestSettings

__all__ = ["Delivery", "Letter", "Postman", "deliveries", "messages", "write_eml"]


def deliveries(settings: DigestSettings) -> list[Delivery[Any]]:
    """The configured deliveries."""
    return [Postman(settings, settings.mail)] if settings.mail else []
