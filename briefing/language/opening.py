"""What stands before a sentence and is no part of it: bullets, datelines, agencies, labels."""

import re

_PLACE = r"[A-Z][\w.'’]+(?:[ -](?:[A-Z][\w.'’]+|de|la|of)){0,3}"
_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?"
    r"|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_DATE = rf"(?:{_MONTH} \d{{1,2}}|\d{{1,2}} {_MONTH})(?:, ?\d{{4}}| \d{{4}})?"
_AGENCY = r"(?:\([A-Z][\w .&/-]{1,30}\)|/[A-Z][\w .-]{2,25}/)"
_DASH = r"(?:--?|–|—|:)"
_BULLET = re.compile(r"[\s•·▪●◦‣∙*–—-]+(?=\S)|\[?\d{1,2}:\d\d(?::\d\d)?\]? (?=[A-Z])")
_DATELINE = re.compile(
    rf"(?:(?:{_PLACE}|[A-Z][A-Z .'-]{{2,30}})(?:, {_PLACE})?(?:, ?{_DATE})? ?{_AGENCY} ?{_DASH}? ?"
    rf"|{_AGENCY} ?{_DASH}? ?"
    rf"|[A-Z][A-Z.' -]{{2,30}}(?:, {_PLACE})?(?:, ?{_DATE})? {_DASH} "
    rf"|{_PLACE}(?:, {_PLACE})?, ?{_DATE} {_DASH} "
    rf"|{_PLACE}(?:, {_PLACE})? (?:--|–|—) )(?=[\"“A-Z])"
)
_LABEL = re.compile(
    r"(?:Background|Objectives?|Aims?|Methods?|Results?|Findings?|Conclusions?|Interpretation"
    r"|Importance|Setting|Design|Summary|Update[ds]?|Breaking|Exclusive|Watch|Video|Analysis"
    r"|Opinion|Note|Correction|Q|A|Introduction|Purpose|Discussion|Significance) ?: +(?=\S)",
    re.IGNORECASE,
)


_SHOUT = re.compile(
    r"(?:CLOSE|WATCH|UPDATED?|BREAKING|VIDEO|LIVE|MORE|READ|EXCLUSIVE|CORRECTION|PHOTOS?|NEW)"
    r"(?: [AECMP][SD]?T)?:? (?=[\"“A-Z])"
)


def opening(text: str) -> int:
    """Where the sentence itself begins in ``text``; 0 where nothing stands before it."""
    start = 0
    for pattern in (_BULLET, _SHOUT, _LABEL, _DATELINE):
        if match := pattern.match(text, start):
            start = match.end()
    return start if len(text) - start > 12 else 0


def body(text: str) -> str:
    """The sentence without bullet, dateline and label."""
    return text[opening(text) :]
