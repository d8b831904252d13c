"""Tokenizer, closed word classes that indicate sentence roles, and boilerplate detection.

The words and phrases are in ``language/data/en/planning.toml``.

Boilerplate sentences are not part of the story: captions, credits, bylines, prompts to read more
or to sign up.
"""

import re
from collections import Counter
from collections.abc import Sequence

from briefing.language.word_lists import planning_words

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


_LISTS = planning_words()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DANGLING = _words(_LISTS["dangling"])
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
    r"|(?:could|may|might) (?!(?:not )?have\b)"
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


def concluded(texts: Sequence[str]) -> list[bool]:
    """Return which sentences a structured abstract gives as its conclusion."""
    return [bonus == _BONUS["found"] for bonus in abstract_bonus(texts)]


def cut_short(text: str) -> bool:
    """Whether a sentence ends in an abbreviation such as "Mr.": a sentence splitting error."""
    return text.endswith(".") and bool(_CUT.search(text[-6:]))


_LONG_SPEECH = 8
"""Most sentences without a mark within a quotation; in a longer one a mark is missing."""
_MARK = re.compile(r'(?<!\d)"')
"""A quotation mark, not that of inches."""


def mid_quotation(texts: Sequence[str], paragraphs: Sequence[int]) -> list[bool]:
    """Whether each sentence is the middle of a quotation, with straight quotation marks.

    It has no mark itself, so that nothing in it tells that someone says it: '"We must act. *The
    people want the lake.* It is theirs," Holt said.' A quotation ends with a mark, or, if it began
    its sentence, with its paragraph.
    """
    flags = [False] * len(texts)
    opening, middle = -1, list[int]()

    def end(*, marked: bool) -> None:
        if opening >= 0 and (marked or texts[opening].startswith('"')):
            for row in middle if len(middle) <= _LONG_SPEECH else ():
                flags[row] = True

    for row, text in enumerate(texts):
        if row and paragraphs[row] != paragraphs[row - 1]:
            end(marked=False)
            opening, middle = -1, []
        marks = len(_MARK.findall(text))
        if opening < 0:
            opening = row if marks % 2 else -1
        elif marks % 2:
            end(marked=True)
            opening, middle = -1, []
        elif not marks:
            middle.append(row)
    end(marked=False)
    return flags


_ASKS = re.compile(r"[?？][\"' )*_”’]*\Z")


def asks(text: str) -> bool:
    """Whether a sentence is a question."""
    return _ASKS.search(text) is not None


_LABEL = re.compile(r"((?:[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3}))\s*[:.](?=\s)")
_QUESTIONS = 3
_ASKED = 0.12
"""Questions, and their share among the paragraphs, from which a text is an interview."""


def asked(texts: Sequence[str], paragraphs: Sequence[int]) -> list[bool]:
    """Whether each sentence is an interviewer's, who claims things in order to ask about them.

    An interviewer's paragraphs end in a question, or begin with a label, such as a name, most
    paragraphs of which do: "The Post: The union says so. Is it right?". None is in a text with few
    such paragraphs.
    """
    rows = dict[int, list[int]]()
    for row, paragraph in enumerate(paragraphs):
        rows.setdefault(paragraph, []).append(row)
    asking = {at for at, own in rows.items() if asks(texts[own[-1]])}
    if len(asking) < max(_QUESTIONS, _ASKED * len(rows)):
        return [False] * len(texts)
    labels = {at: found[1] for at, own in rows.items() if (found := _LABEL.match(texts[own[0]]))}
    turns = Counter(labels.values())
    questions = Counter(labels[at] for at in asking if at in labels)
    asking |= {at for at, label in labels.items() if 2 * questions[label] > turns[label] > 1}
    return [paragraph in asking for paragraph in paragraphs]


CLASSES = {name: _words(words) for name, words in _LISTS["classes"].items()}
CLASS_NAMES = tuple(CLASSES)
STOPWORDS = _words(_LISTS["stopwords"])
STOP_BIT = len(CLASSES)


def _class_bits() -> dict[str, int]:
    bits = dict.fromkeys(STOPWORDS, 1 << STOP_BIT)
    for index, words in enumerate(CLASSES.values()):
        for word in words:
            bits[word] = bits.get(word, 0) | 1 << index
    return bits


CLASS_BITS = _class_bits()


_PHRASES = tuple(_LISTS["phrases"].splitlines())
_START = re.compile(rf"\W*(?:{'|'.join(_LISTS['starts'].splitlines())})")
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
_BOOK = re.compile(
    r"\bis (?:[\w\'-]+ ){0,8}(?:author|editor|host|writer) of "
    r'(?:the (?:book|novel|memoir|podcast) |[\w, ]{0,30}\bincluding )?"[^"]*"(?!.*")'
)
_REPORTED = re.compile(r"\b(?:said|says|told|added)\b")
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
            flags[row] = '"' not in text or _names_a_book(text)


def _names_a_book(text: str) -> bool:
    """Whether what is quoted in the note on an author is the title of a work."""
    return bool(_BOOK.search(text)) and not _REPORTED.search(text)


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
