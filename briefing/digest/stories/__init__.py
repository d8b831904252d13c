"""Stories: copies recognised, and articles on one event grouped over sources and days."""

from briefing.digest.stories.errors import SignatureError
from briefing.digest.stories.grouper import HORIZON, Grouper, Known, Placement, in_order
from briefing.digest.stories.signatures import is_current, signature

__all__ = [
    "HORIZON",
    "Grouper",
    "Known",
    "Placement",
    "SignatureError",
    "in_order",
    "is_current",
    "signature",
]
