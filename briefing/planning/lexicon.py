"""Tokenizer, closed word classes that indicate sentence roles, and boilerplate detection.

Boilerplate sentences are not part of the story: captions, credits, bylines, prompts to read more
or to sign up.
"""

import re
from collections.abc import Sequence

_STRAIGHT = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "`": "'", "´": "'"}
)
_TOKEN = re.compile(
    r"[^\W\d_]+(?:'(?!s\b)[^\W\d_]+)?|'s\b|\d+(?:[.,]\d+)*|[\"$£€%?!:;()]|—|–|--", re.UNICODE
)
_YEAR = re.compile(r"(?:19|20)\d\d\Z|1[5-8]\d\d\Z")
_YEARS = re.compile(r"(?<![\d$£€.,-])(?:1[5-9]|20)\d\d(?![\d%]|[.,]\d)")
YEAR = "<year>"


def straight(text: str) -> str:
    """Replace typographic quotation marks by straight ones."""
    return text if text.isascii() else text.translate(_STRAIGHT)


def tokenise(text: str) -> list[str]:
    """Split ``text`` into words, numbers and significant punctuation, unchanged."""
    return _TOKEN.findall(straight(text))


def normalise(token: str) -> str:
    """Normalise a token: lower case, years as ``YEAR``, other numbers by their length."""
    if token[0].isdigit():
        return YEAR if _YEAR.match(token) else f"<n{min(len(token), 4)}>"
    return token.lower()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DANGLING = _words("he she it they this that these those his her their its such him them")
_CUT = re.compile(
    r"(?:^|\s)(?:Govs?|Sens?|Reps?|Mr|Mrs|Ms|Dr|Gen|Lt|Col|Rev|St|Prof|Sgt|Capt|Maj|Adm|vs|Rs|Con"
    r"|Res|Nos?|Pres|Supt|Atty|Mt|Ft|Hon|ext|Jan|Feb|Aug|Sept?|Oct|Nov|Dec)\.$"
)
_LEANS = re.compile(
    r"\W*(?:(?:and|but|yet|so|still|then|also|now|or|nor|however|meanwhile|instead),? )?"
    rf"(?:{'|'.join(sorted(DANGLING))})\b",
    re.IGNORECASE,
)


def leans_back(text: str) -> bool:
    """Whether a sentence starts with a pronoun, so that it depends on the previous one."""
    return bool(_LEANS.match(text))


_UNIT = r"(?:minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|seasons?)"
_COUNT = r"(?:an?|the|one|two|three|four|five|six|seven|eight|nine|ten|some|several|many|\d+)"
_SPANS = ("minute", "hour", "day", "night", "week", "month", "year", "decade", "season")
_HANGS = re.compile(
    rf"\b{_COUNT} (?:and a half )?{_UNIT} (?:later|afterwards?|after that|before that|earlier)\b"
    rf"|\b(?:the|that) (?:same|following|next|previous|very) {_UNIT}\b"
    rf"|\b(?:later|earlier) that {_UNIT}\b|\b{_UNIT} (?:later|afterwards)\b",
    re.IGNORECASE,
)
_HANGS_FIRST = re.compile(
    r"\W*(?:(?:since|before|after|by|until|around) then\b"
    r"|(?:at|by|during) (?:the|that) time\b"
    rf"|(?:in|on|during) (?:those|that) {_UNIT}\b"
    r"|(?:soon|shortly) after(?:ward)?s?,"
    r"|(?:afterwards?|thereafter|subsequently)\b|(?:on|in) that (?:occasion|case)\b)",
    re.IGNORECASE,
)
_SILENT = re.compile(
    r"\b(?:(?:did|has|have|had)(?: not|n't) (?:immediately |yet )?"
    r"(?:respond|responded|return|returned|reply|replied|comment|commented)"
    r"|(?:declined|refused) (?:to|further) comment"
    r"|(?:not|n't) (?:be )?(?:immediately )?(?:reached|available) for (?:\w+ )?comment)\b"
)


def hangs_back(text: str) -> bool:
    """Whether a sentence has a time relative to another sentence: "two years later".

    A sentence that names a year stands on its own.
    """
    timed = any(span in text for span in _SPANS)  # a cheap filter for the slow regex
    hangs = _HANGS_FIRST.match(text) or (timed and _HANGS.search(text))
    return bool(hangs) and not named_years(text)


def says_nothing(text: str) -> bool:
    """Whether a sentence only says that someone did not comment."""
    return bool(_SILENT.search(text)) and text.count(" ") < 25


_AHEAD = re.compile(
    r"\b(?:(?:will|won't|shall|tomorrow)\b|\w+'ll\b"
    r"|(?:would|could|may|might|should) (?!(?:not )?have\b)"
    r"|(?:is|are|'s|'re) (?:not |still |now |also |widely )?(?:expected|due|set|scheduled|likely|"
    r"unlikely|poised|about|slated|planned|planning|hoping|going|preparing) "
    r"|(?:expects?|plans?|intends?|hopes?|aims?|wants?) (?:to|that)\b"
    r"|(?:next|coming) (?:week|month|year|\w+day|spring|summer|autumn|fall|winter)\b"
    r"|later this (?:week|month|year)\b)",
    re.IGNORECASE,
)


def looks_ahead(text: str) -> bool:
    """Whether a sentence speaks of what is to come: "will", "is expected to", "next week"."""
    return _AHEAD.search(straight(text)) is not None


def named_years(text: str) -> list[int]:
    """Return the years in ``text`` written in figures, 1500 to 2099, in order."""
    return [int(year) for year in _YEARS.findall(text)]


_ABSTRACT = re.compile(
    r"\W*(?:(?P<found>conclusions?|interpretation|significance)|(?P<results>(?:main )?(?:results?"
    r"|findings))|(?P<other>background|context|introduction|objectives?|aims?|purpose|importance"
    r"|methods?|(?:study )?design|setting|participants|patients|interventions?"
    r"|main outcomes?(?: and measures)?|measurements|data sources?|funding|limitations))"
    r"\s*[:.–—-]\s",
    re.I,
)
_MIN_LABELS = 3
_BONUS = {"found": 1.0, "results": 0.4, "other": -0.3}


def abstract_bonus(texts: Sequence[str]) -> list[float]:
    """Return what the labels of a structured abstract add to the salience of each sentence.

    What was concluded is its news; 0 for any other text.
    """
    labels = [_ABSTRACT.match(text) for text in texts]
    if len({label[0].lower() for label in labels if label}) < _MIN_LABELS:
        return [0.0] * len(texts)
    bonus, current = [], 0.0
    for label in labels:
        current = _BONUS[label.lastgroup or "other"] if label else current
        bonus.append(current)
    return bonus


def cut_short(text: str) -> bool:
    """Whether a sentence ends in an abbreviation such as "Mr.": a sentence splitting error."""
    return text.endswith(".") and bool(_CUT.search(text[-6:]))


CLASSES: dict[str, frozenset[str]] = {
    "said": _words(
        "said says say saying told tells added adds according stated argued argues wrote tweeted"
        " explained noted warned insisted claimed claims acknowledged commented responded replied"
    ),
    "announced": _words(
        "announced announce reported reports confirmed declared ruled approved signed launched"
        " agreed ordered charged arrested killed died resigned won voted unveiled revealed"
    ),
    "quote": frozenset('"'),
    "had": _words("had hadn't been"),
    "have": _words("has have hasn't haven't"),
    "was": _words("was were wasn't weren't did didn't"),
    "is": _words("is are isn't aren't am does doesn't do don't"),
    "will": _words("will won't shall going"),
    "would": _words("would wouldn't"),
    "could": _words("could may might can couldn't can't cannot possible possibly perhaps maybe"),
    "should": _words("should must ought need needs shouldn't"),
    "expect": _words(
        "expected expects expect expecting likely unlikely plan plans planned planning scheduled"
        " forecast forecasts predicted predict predicts potential potentially hope hopes hoped"
        " intends aims target set due eventually threat threatened risk projected anticipated"
    ),
    "future": _words("tomorrow next upcoming soon coming later future by ahead"),
    "past": _words(
        "ago earlier previous previously former formerly last past since once historically"
        " decades decade century history before first began started founded born originally"
    ),
    "present": _words("now currently today tonight still already recent recently ongoing yet"),
    "weekday": _words("monday tuesday wednesday thursday friday saturday sunday"),
    "month": _words(
        "january february march april june july august september october november december"
        " jan feb aug sept oct nov dec"
    ),
    "year": frozenset({YEAR}),
    "number": _words("<n1> <n2> <n3> <n4> two three four five six seven eight nine ten dozens"),
    "scale": _words("percent % per cent million billion trillion $ £ € hundred thousand average"),
    "opinion": _words(
        "think thinks believe believes believed feel feels important good bad better best worst"
        " very really clear clearly great concern concerns concerned worry worried fear fears"
        " critics criticism criticized called seems appears suggests problem unfair dangerous"
        " disappointed hard difficult necessary sure wrong right analyst analysts experts"
    ),
    "first_person": _words("i me my we us our i'm we're i've we've mine myself ourselves let's"),
    "second_person": _words("you your you're you've yours"),
    "third_person": _words("he she they his her their him them it its"),
    "cause": _words("because after following amid since due result led prompted sparked caused"),
    "result": _words("so therefore forced leaving resulted result consequently meanwhile"),
    "contrast": _words("but however although though while despite yet nevertheless instead"),
    "general": _words("some many most people often usually every all always other others such"),
    "family": _words(
        "mother father son daughter wife husband family friend friends brother sister parents home"
        " neighbor child children kids resident witness witnesses"
    ),
    "picture": _words(
        "photo photograph picture image file getty reuters ap afp caption pictured video editing"
        " reporting additional writing"
    ),
    "web": _words(
        "read click subscribe newsletter sign email follow twitter facebook share copyright"
        " advertisement story continue please www http https com"
    ),
    "question": frozenset("?!"),
}
CLASS_NAMES = tuple(CLASSES)
STOPWORDS = _words(
    "a an the and or of to in on at for from by with as is are was were be been being it its this"
    " that these those he she they his her their him them i we you my our your me us not no but if"
    " then than so do does did have has had will would can could may might should 's who which"
    " what when where how there here about into over after before up down out said says say also"
    ' " $ £ € % ? ! : ; ( ) — – --'
)


STOP_BIT = len(CLASSES)


def _class_bits() -> dict[str, int]:
    bits = dict.fromkeys(STOPWORDS, 1 << STOP_BIT)
    for index, words in enumerate(CLASSES.values()):
        for word in words:
            bits[word] = bits.get(word, 0) | 1 << index
    return bits


CLASS_BITS = _class_bits()


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
_NOTED = 4  # the number of last sentences that may introduce the author


def furniture(texts: Sequence[str]) -> list[bool]:
    """Whether each sentence, with straight quotation marks, is boilerplate."""
    whole = "\n".join(texts).lower()
    phrases = [phrase for phrase in _PHRASES if phrase in whole]
    flags = [_is_furniture(text, phrases) for text in texts]
    _mark_author_notes(texts, flags)
    return flags


def headings(texts: Sequence[str]) -> list[bool]:
    """Whether each line is a heading or link in capitals; none if capitals are common.

    A heading is part of the story and has a discourse role, but no line is made from it.
    """
    capitals = [text.isupper() and text.count(" ") > 0 for text in texts]
    return capitals if sum(capitals) * 4 <= len(texts) else [False] * len(texts)


def _mark_author_notes(texts: Sequence[str], flags: list[bool]) -> None:
    """Flag author notes at the end; elsewhere the same words may be about people in the story."""
    for row in range(max(len(texts) // 2, len(texts) - _NOTED), len(texts)):
        text = texts[row]
        if not flags[row] and text.count(" ") < _NOTE and _AUTHOR.match(text):
            flags[row] = '"' not in text


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
