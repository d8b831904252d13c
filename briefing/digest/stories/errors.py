"""What can go wrong with signatures."""

from briefing.errors import BriefingError


class SignatureError(BriefingError):
    """A stored signature that this version does not read; it has to be made again."""

    code = "bad-signature"
