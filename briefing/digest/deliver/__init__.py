"""An edition to its recipients: one message each, the same one however often it is made."""

from briefing.digest.deliver.errors import DeliveryError, MailSettingsError
from briefing.digest.deliver.letters import Letter, messages, write_eml
from briefing.digest.deliver.postman import Postman

__all__ = ["DeliveryError", "Letter", "MailSettingsError", "Postman", "messages", "write_eml"]
