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
    media caption|photo illustration|story ideas|can be reached at|reach her at|reach him at
    reach them at|originally appeared on|originally appeared in|was originally published
    this story has been|this article has been|this post has been
    this version corrects|for more information, |for more details, |read the full
    join the conversation|in the comments below|comments section|have your say|send us your
    us what you think|affiliate link|on twitter at @|on instagram at @|on twitter @
    on facebook and twitter|unsupported on your device
    scroll down|swipe left|tap here|listen and subscribe|wherever you get your podcasts
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
    \[?(?:begin|end) (?:transcript|video) | pictured\s?[:,] | (?:above|below|left|right|main)\s?:
    (?:photo|image|picture|screen)(?:graph|shot)? (?:by|via|credit|courtesy)\b
    more\s?:\s?\S | live\s?: | for more on\b | (?:also )?on \w+ ?:$
    you can (?:also )?(?:follow|send|read)\b | follow (?:him|her|them|us|the author)\b
    read the (?:complete|original|rest|transcript|letter|statement|text|report|story|article)\b
    read [\w' ]{1,30} here\W*$ | view (?:more|all) | (?:an )?update[ds]?\W*$ | correction\s?:
    editor'?s note
    note to (?:readers|editors)
    media playback | sign up\b | subscribe\b | click (?:on|the|to|below|through) | find out more
    this (?:story|article|report|column) (?:was|is) (?:produced|published|supported|adapted)
    (?:the )?associated press (?:writers?|reporters?|journalists?|contributed) | material from
    (?:the )?(?:views|opinions) expressed
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
    r"\((?:[\w.']{1,20} ){0,2}"
    r"(?:photos?|images?|pictures?|photograph|screenshot|illustration|video)(?: by\b| via\b"
    r"| from\b| courtesy\b| credit\b| ?[:/]|\))[^()]{0,60}\)?\W*$"
    r"|\((?:courtesy|credit|pictured|file)\b[^()]{0,60}\)\W*$"
    r"|\([\w .'-]{3,40}/ ?(?:reuters|ap|afp|getty|epa|pa|xinhua|bloomberg|shutterstock|wire)\b"
    r"[^()]{0,30}\)\W*$|\(reuters: [\w .'-]+\)\W*$"
    r"|\((?:left|right|center|centre|top|bottom|pictured|l|r|c)\)"
    r"|\((?:reuters|ap|afp|getty|epa|pa|xinhua)/|(?:reuters|ap|afp|epa)/ ?(?!ipsos)[a-z]"
    r"|\((?:reuters|ap|afp|getty|epa|pa)(?: photo)?\)\W*$|^\(\$1 = |^\(?corrects? "
)
_CAPTION = re.compile(
    r"(?!.*\b(?:said|will|has|had|have|could|would)\b)"
    r"(?:.*\b(?:is|are|was|were) (?:seen|pictured|shown)\b"
    r"|.*\b(?:poses?|speaks?|walks?|stands?"
    r"|leaves?|attends?|arrives?|looks?|waves?|sits?|holds?|carry|carries|gestures?|undated"
    r"|listens?|offer|inspects?|works|gathers?|protests|wears?|watch(?:es)?|hugs?|reacts?|shakes?"
    r"|rides?|passes|marches|cheers?|hands? out|takes? part|lines? up|prays?"
    r"|a (?:general|aerial) view)\b)"
)
_DATED = re.compile(
    r".*(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)"
    r"[a-z]*\.? \d{1,2}, (?:19|20)\d\d\W*$",
)
_TWEETER = re.compile(r"\W*[\w .,'-]{1,50}\(@\w{1,20}\)")
_REPORTER = re.compile(
    r"(?:[A-Z][\w ]{1,30}'s? )?(?:(?:and )?[A-Z][\w.'-]+,? ){2,8}"
    r"(?:also )?(?:reported|contributed|wrote|provided)(?: and (?:wrote|reported))?"
    r" (?:from|this (?:story|report|article)|to this|research|reporting)\b"
)
_AUTHOR = re.compile(
    r"\W*(?:The (?:writer|author)|(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?"
    r"(?!When|As|But|While|After|Since)[A-Z][\w.'-]+(?: [A-Z][\w.'-]+){1,3})"
    r"(?:, (?:an?|the|who) [^,]{3,80},)? "
    r"(?:(?:is|was|serves as|works as) (?:currently |also )?(?:(?:an?|the) )?(?:[\w'.,-]+ ){0,9}?"
    r"(?:reporter|correspondent|columnist|contributor|editor|writer|author|fellow(?! [A-Z])"
    r"|blogger|journalist|commentator|analyst|professor|host"
    r"|(?:director|president) (?:and|of|for))\b"
    r"|(?:covers|covered|writes|blogs|reports|has (?:covered|written)) .{0,80}\b(?:for|at) "
    r"(?:the )?[A-Z])"
)
_SPEAKER = re.compile(r"[A-Z][A-Z .'-]{3,40}(?:, [A-Z][\w .,'-]{2,60})?:(?:\s|$)")
_LONG, _NOTE = 60, 45
_NOTED = 4  # the last sentences, where authors are introduced


def furniture(texts: Sequence[str]) -> list[bool]:
    """Whether each sentence, with typewriter quotation marks, is furniture rather than story."""
    whole = "\n".join(texts).lower()
    phrases = [phrase for phrase in _PHRASES if phrase in whole]
    found = [_is_furniture(text, phrases) for text in texts]
    _mark_author_notes(texts, found)
    return found


def headings(texts: Sequence[str]) -> list[bool]:
    """Whether each line is a heading or link in capitals; nothing is in an article all in them.

    A heading belongs to the story, so that it has a discourse role, but no line is written of it.
    """
    shouted = [text.isupper() and text.count(" ") > 0 for text in texts]
    return shouted if sum(shouted) * 4 <= len(texts) else [False] * len(texts)


def _mark_author_notes(texts: Sequence[str], found: list[bool]) -> None:
    """Who wrote it stands at the end; the same words elsewhere may tell of someone in the story."""
    for row in range(max(len(texts) // 2, len(texts) - _NOTED), len(texts)):
        text = texts[row]
        if not found[row] and text.count(" ") < _NOTE and _AUTHOR.match(text):
            found[row] = '"' not in text


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
    if words <= 30 and (lower.endswith("read more") or _REPORTER.match(text)):
        return True
    if words <= 14 and (_BYLINE.match(text) or _DATELINE.match(lower) or _SPEAKER.match(text)):
        return True
    if "@" in text and words <= 20 and _TWEETER.match(text):
        return True
    if ("/" in text or "(" in text) and (_LINK.match(lower) or _CREDIT.search(lower)):
        return True
    return bool(text[-3:-1].isdigit() and _DATED.match(lower) and _CAPTION.match(lower))
