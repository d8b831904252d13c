"""What can go wrong between an edition and its recipients."""

from briefing.errors import BriefingError


class DeliveryError(BriefingError):
    """One letter was not accepted. ``permanent``: trying again will not help (RFC 5321, 4.2.1)."""

    code = "not-delivered"

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class MailSettingsError(BriefingError):
    """No letter can be sent: the server cannot be reached, trusted or logged in to."""

    code = "bad-mail"
    exit_code = 3
