"""Sentences that are no part of the story: captions, credits, prompts to read or sign up."""

import re
from collections.abc import Sequence

_PHRASES = tuple(
    phrase.strip()
    for phrase in """
    sign up for|sign up to|sign up here|subscribe to|subscribe now|subscribe here|click here
    all rights reserved|may not be published, broadcast|cookie policy|privacy policy
    terms of service|terms of use|enable javascript|follow us on|follow me on|follow him on
    follow her on|like us on facebook|this article was originally|this article originally
    this article appeared|download the app|download our app|newsletter|share this story
    share this article|getty images|shutterstock|istock|/file photo|ap photo|image credit
    image caption|image copyright|photo by|photo credit|photo courtesy|photograph by
    view gallery|view the gallery|email us at|e-mail us at|media playback is
    opinions expressed in this|contributed to this report|contributed report|contributed research
    video player|this article is part of|condensed version of|trust principles|donate now
    donate today|donate here|to view a graphic|tmsnrt.rs|reut.rs|via reuters|picture taken
    """.replace("\n", "|").split("|")
    if phrase.strip()
)
_STARTS = r"""
    read (?:more|also|next|the full|our) | see (?:also|more)
    more (?:on|from|news|stories)\b.{0,60}$
    related(?: articles?| stor(?:y|ies)| content| topics)?\W*$ | related: | recommended\W
    advertise?ment | story continues | article continues | continue reading | scroll (?:down|for)
    file photos?\b | photos?\s?: | images?: | video: | watch(?: now| live| the video| more)?:
    watch (?:now|live|the video) | caption | slideshow | gallery: | credit: | sources?: | tags?:
    topics?: | by the numbers: | loading\W | skip (?:to|past|ad) | close this
    last (?:updated|modified) | updated:?\W+\d | published:?\W | posted (?:on|at|by)
    share(?: on| via| this)\b | tweet this | comments?\W*$ | print this | email this
    copyright\b | © | \(c\) \d | photo taken | graphic\b | \(this story | \(corrects
    (?:additional )?reporting by | (?:editing|writing|compiled) by | our standards | follow @
    contact (?:us|the author|reporter) | about the author | what to know next
    listen to (?:this|the) (?:article|podcast) | this transcript | transcript\W*$
    get (?:the|our) (?:latest|top) .{0,40}(?:inbox|newsletter) | have you got a (?:story|tip)
    if you (?:have|like|enjoy).{0,40}(?:tip|story|article|newsletter) | (?:hide|toggle) caption
    enlarge this image | this (?:video|content) (?:is|has) | don'?t miss\W
    please (?:sign|log|subscribe|enable|note) | most (?:read|popular|viewed)\W*$
    \[?(?:begin|end) (?:transcript|video)
"""
_START = re.compile(
    r"\W*(?:" + "|".join(p.strip() for p in re.split(r" \| |\n", _STARTS) if p.strip()) + ")"
)
_BYLINE = re.compile(
    r"\W*(?:By|by|BY) (?:[A-Z][\w.'-]*(?:,? and |, | |$)){2,9}"
    r"(?:[\w ]*(?:correspondent|reporter|editor|writer|staff|columnist)[\w ]*)?\W*(?:\|.*)?$"
    r"|.{0,40}@\w+\.(?:com|org|net|co)\W*$"
)
_DATELINE = re.compile(
    r"\W*(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
    r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}|\d{1,2} "
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?)(?:,? \d{4})?"
    r"(?:,? (?:at )?\d{1,2}[:.]\d\d ?(?:[ap]\.?m\.?)?)?(?: [a-z]{2,4})?\W*$",
)
_LINK = re.compile(r"\W*(?:https?://|www\.|pic\.twitter)\S*\W*$")
_CREDIT = re.compile(
    r"\((?:left|right|center|centre|top|bottom|pictured|l|r|c)\)"
    r"|\((?:reuters|ap|afp|getty|epa|pa|xinhua)/|(?:reuters|ap|afp|epa)/ ?(?!ipsos)[a-z]"
    r"|\((?:reuters|ap|afp|getty|epa|pa)(?: photo)?\)\W*$|^\(\$1 = |^\(?corrects? "
)
_CAPTION = re.compile(
    r".*\b(?:is|are|was|were) (?:seen|pictured|shown)\b"
    r"|.*\b(?:poses?|speaks?|walks?|stands?"
    r"|leaves?|attends?|arrives?|looks?|waves?|sits?|holds?|carry|carries|gestures?|undated|listens?|offer|inspects?)\b"
)
_DATED = re.compile(
    r".*(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)"
    r"[a-z]*\.? \d{1,2}, (?:19|20)\d\d\W*$",
)
_SPEAKER = re.compile(r"[A-Z][A-Z .'-]{3,40}(?:, [A-Z][\w .,'-]{2,60})?:(?:\s|$)")
_LONG = 60


def furniture(texts: Sequence[str]) -> list[bool]:
    """Whether each sentence, with typewriter quotation marks, is furniture rather than story."""
    whole = "\n".join(texts).lower()
    phrases = [phrase for phrase in _PHRASES if phrase in whole]
    return [_is_furniture(text, phrases) for text in texts]


def _is_furniture(text: str, phrases: Sequence[str]) -> bool:
    words = text.count(" ") + 1
    if " | " in text:
        return True
    if words > _LONG:
        return False
    lower = text.lower()
    if not any(map(str.isalpha, text)) or (words <= 40 and _START.match(lower)):
        return True
    if words <= 40 and any(phrase in lower for phrase in phrases):
        return True
    if words <= 14 and (_BYLINE.match(text) or _DATELINE.match(lower) or _SPEAKER.match(text)):
        return True
    if "/" in text or "(" in text:
        return bool(_LINK.match(lower) or _CREDIT.search(lower))
    return bool(text[-3:-1].isdigit() and _DATED.match(lower) and _CAPTION.match(lower))
