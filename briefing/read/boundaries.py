"""What syntok gets wrong about sentence ends in news, as rules on top of it.

syntok knows a few abbreviations of several languages; news is full of titles and places that it
does not know, and it also splits at semicolons and around long brackets.
"""

import re
from collections.abc import Iterator

_CLOSING = r"[\"'”’»›)\]}*_]"
_ENDS = re.compile(rf"[.!?…‼‽⁇⁈⁉。！？।۔؟](?:\[\w{{1,3}}\]|{_CLOSING}|\s)*$")
_HAS_WORD = re.compile(r"[^\W\d_]")
_HAS_ANY = re.compile(r"\w")
_FIRST_WORD = re.compile(r"[\"'“”‘’«(\[]*([^\W_]+(?:['’]\w+)?)")

# A name follows: never the end of a sentence.
_TITLES = """
    Adm Ald Amb Asst Atty Brig Capt Card Cdr Cllr Cmdr Col Comdr Const Cpl Dep Det Dr DR Fr Gen GEN
    Gov GOV Hon Insp Lt Maj Messrs Mlle Mme Mr MR Mrs MRS Ms MS Msgr
    Pres Prof Pte Pvt Rep REP Reps Rev REV Sen SEN Sens Sgt Spc
    Sr Sra St ST Ste Supt Sup Treas
"""
# The end of a sentence only when a word that opens one follows.
_UNSURE = """
    Ala Ariz Ark Assn Assoc Aug Ave Blvd Bros Calif Co Colo Conn Corp Ct Dec Del Dept Dist Esq Est
    Feb Fla Ft Ga Govt Hwy Ill Inc Ind Intl Jan Jr Jul Jun Kan Kans Ky La Ltd Mass Md Mfg Mich Minn
    Miss Mo Mont Mt Mtn Neb Nebr Nev Nov Oct Okla Ont Ore Pa Penn Pfc Ph.D Pkwy Pt Que Rd Sask Sec
    Sept Tenn Tex Univ Va Vt Wash Wis Wyo vs VS v
"""
# Only before a number.
_NUMBERED = "No Nos no nos Art Arts Ch Fig Figs Para p pp Sec Sect Vol Vols art ch fig vol"
# Names that end in an exclamation mark.
_EXCLAIMED = ("Yahoo!", "Jeopardy!", "Yum!", "Mamma Mia!")
# What may open a sentence and is hardly ever a name.
_OPENERS = """
    A About According After All Also Although Among An And Another Any As Asked At Authorities Back
    Because Before But By Critics Despite Do Does During Each Earlier Even Every Few For From
    Further Given Had Has Have He Her Here His How However If In Instead Is It Its Last Later Many
    Meanwhile Moreover Most Much Neither Nevertheless No Nobody None Nor Not Nothing Now Of
    Officials On Once One Only Or Other Others Our Over People Perhaps Police Prosecutors Rather
    Residents She Since So Some Sometimes Speaking Still Such That The Their Then There These They
    This Those Though Through Thus To Today Under Unlike Until Was We Were What When Where Whether
    Which While Who Why With Without Yesterday Yet You
"""


def _words(table: str) -> str:
    return "|".join(sorted((re.escape(word) for word in table.split()), key=len, reverse=True))


_BEFORE = r"(?:^|[\s\"'“‘«(\[\-–—/])"
_TITLE_END = re.compile(rf"{_BEFORE}(?:{_words(_TITLES)})\.$")
_UNSURE_END = re.compile(rf"{_BEFORE}(?:{_words(_UNSURE)})\.$")
_NUMBERED_END = re.compile(rf"{_BEFORE}(?:{_words(_NUMBERED)})\.$")
_OPENER_SET = frozenset(_OPENERS.split())

_MISSED = re.compile(
    # An abbreviation that ends a sentence: syntok knows only some of the openers.
    r"(?:\b(?:Inc|Co|Corp|Ltd|Jr|Sr|[ap]\.m|U\.S|U\.K|U\.N|E\.U|D\.C|U\.S\.A|Ph\.D|etc)\.[\"”’)]*"
    # An ellipsis in one character.
    r"|(?<=\w)…[\"”’)]*"
    rf")\s+(?=[\"“‘]?(?:{_words(_OPENERS)})\s)"
    # An address.
    r"|\w\.(?:com|edu|gov|net|org|uk)\.\s+(?=[\"“‘]?[A-Z])"
    # A reference mark.
    r"|[.!?][\"”’)]*(?:\[\d{1,3}\])+\s+(?=[\"“‘]?[A-Z])"
    # Two closing quotation marks.
    r"|[.!?](?:[’'][”\"]|[”\"][’'])\s+(?=[\"“‘]?[A-Z])"
    # A number of three or more digits opens a sentence after an ordinary word.
    r"|(?<=\s)(?!(?:al|approx|art|avg|ca|ch|circa|est|fig|max|min|no|nos|pop|pp|sec|vol)\.)"
    r"[a-z]{2,}[.!?][\"”’)]*\s+(?=\d[\d,.]*\s[a-z])"
)
# The same where a space is missing: ``said."We go`` and ``said.”The``.
_GLUED = re.compile(r"[a-z]{2}[.!?](?=[\"“”][A-Z][a-z' ])")


def belongs_together(left: str, right: str) -> bool:
    """Whether two neighbours that syntok separated are one sentence after all."""
    if not _ENDS.search(left[-16:]) or not _HAS_WORD.search(left) or not _HAS_ANY.search(right):
        return True
    tail = left[-16:]
    if _TITLE_END.search(tail):
        return True
    if tail.endswith("www."):
        return True
    if tail.endswith(_EXCLAIMED) and not _opens_sentence(right):
        return True
    if _NUMBERED_END.search(tail) and right[:1].isdigit():
        return True
    return bool(_UNSURE_END.search(tail)) and not _opens_sentence(right)


def missed_starts(sentence: str) -> list[int]:
    """Offsets at which another sentence begins inside what syntok took for one."""
    starts = [match.end() for match in _MISSED.finditer(sentence)]
    return sorted({*starts, *_starts_at_glued_quotes(sentence)})


def _starts_at_glued_quotes(sentence: str) -> Iterator[int]:
    """Where a space is missing at a quotation mark, which opens or closes a quotation."""
    seen = quotes = 0
    for match in _GLUED.finditer(sentence):
        position = match.end()
        quotes += sentence.count('"', seen, position)
        seen = position
        opens = sentence[position] == "“" or (sentence[position] == '"' and quotes % 2 == 0)
        yield position if opens else position + 1


def _opens_sentence(text: str) -> bool:
    first = _FIRST_WORD.match(text)
    return bool(first) and first[1].split("'")[0].split("’")[0] in _OPENER_SET  # type: ignore[index]
