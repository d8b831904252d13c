"""Tokens, and the closed word classes whose presence hints at a sentence's role."""

import re

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
    """``text`` with typewriter quotation marks."""
    return text if text.isascii() else text.translate(_STRAIGHT)


def tokenise(text: str) -> list[str]:
    """Words, numbers and telling punctuation of ``text``, as written."""
    return _TOKEN.findall(straight(text))


def normalise(token: str) -> str:
    """The form under which a token is counted: lower case, numbers by their shape."""
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
    """Whether a sentence starts with a pronoun, so that it needs the one before it."""
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
    """Whether a time is told from one that another sentence gives: "two years later".

    A sentence that names a year itself stands on its own.
    """
    timed = any(span in text for span in _SPANS)  # spares most sentences the slow search
    hangs = _HANGS_FIRST.match(text) or (timed and _HANGS.search(text))
    return bool(hangs) and not named_years(text)


def says_nothing(text: str) -> bool:
    """Whether a sentence only tells that someone gave no answer."""
    return bool(_SILENT.search(text)) and text.count(" ") < 25


def named_years(text: str) -> list[int]:
    """The years that ``text`` names in figures, 1500 to 2099, as they come."""
    return [int(year) for year in _YEARS.findall(text)]


def cut_short(text: str) -> bool:
    """Whether a sentence ends in a form of address, so that it goes on in the next one."""
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
