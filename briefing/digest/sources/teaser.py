"""Is a text the whole article, or what a paywall or a feed shows of it?"""

import re

MIN_WORDS = 150
"""A feed's text of fewer words may be a summary, and its page is worth asking for."""
MIN_PAGE_WORDS = 40
"""Less than this on a page is no article."""
WALLED_WORDS = 250
"""A page that says of itself that it is not free shows a teaser if it has no more words."""
_END = 400
"""Characters at the end of a text in which an invitation to subscribe is looked for."""

_CUT = re.compile(r"(?:\[\s*(?:…|\.{2,}|&hellip;)\s*\]|…|\.{3,})[\s\"'”’»)>→]*$")
_INVITATION = re.compile(
    r"\b(?:subscri(?:be|ption)|sign (?:in|up)|log ?in|register|create (?:a|your) (?:free )?account)"
    r"\b.{0,60}\b(?:to (?:continue|read|keep|unlock|access)|continue reading|full (?:article|access"
    r"|story)|unlimited)"
    r"|\b(?:to (?:continue|keep) reading|to read the (?:full|rest|whole)|already a (?:subscriber|"
    r"member)|(?:for|to) (?:our )?(?:paying |paid )?subscribers(?: only)?\b|this (?:article|story|"
    r"post|content) is (?:only |exclusively )?(?:for|available to|reserved for|locked)"
    r"|you(?:'|’)?(?: ha)?ve (?:reached|read|used) your .{0,30}(?:limit|free articles?)"
    r"|(?:jetzt|weiter)\s?lesen mit|réservé aux abonnés|solo para suscriptores"
    r"|contenuto riservato agli abbonati)",
    re.I,
)
_NOT_FREE = re.compile(rb"[\"']isAccessibleForFree[\"']\s*:\s*[\"']?false", re.I)


def is_cut_off(text: str) -> bool:
    """Whether ``text`` breaks off, or ends by inviting the reader to pay for the rest."""
    return bool(_CUT.search(text[-20:]) or _INVITATION.search(text[-_END:]))


def is_teaser(text: str) -> bool:
    """Whether a feed's text is hardly the whole article."""
    return len(text.split()) < MIN_WORDS or is_cut_off(text)


def is_walled(text: str, page: bytes) -> bool:
    """Whether ``text``, found on ``page``, is what is shown to those who do not pay.

    Pages say so to search engines (schema.org, ``isAccessibleForFree``), also where all of the
    text is there.
    """
    words = len(text.split())
    if words < MIN_PAGE_WORDS or is_cut_off(text):
        return True
    return words < WALLED_WORDS and bool(_NOT_FREE.search(page))
