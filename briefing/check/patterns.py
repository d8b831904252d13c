"""Patterns and word lists behind the trims: how English news writes what can be spared."""

import re

from briefing.check.lexicon import word_list

WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
PLACE = r"[A-Z][\w.']+(?:[ -][A-Z][\w.']+){0,2}"
REGION = rf"(?:, {PLACE})??(?:,? [A-Z][a-z]{{2,8}}\.? \d{{1,2}})?"
AGENCY = r"\((?:[A-Z]{2,5}(?: [A-Z][a-z]+)?|Reuters|Bloomberg|Xinhua|Tass)\)"
DASH = r"(?:--?|–|—)"
DATELINE = re.compile(
    rf"(?:By (?:[A-Z][\w.]* ){{2,4}})?(?:(?:{PLACE}{REGION} )?{AGENCY} ?(?:{DASH} )?"
    rf"|{PLACE}{REGION} \([A-Z][\w ]{{1,20}}\) ?{DASH} "
    rf"|[A-Z][A-Z.' ]{{2,25}}{REGION} {DASH} |{PLACE}{REGION} (?:--|–|—) )(?=[\"A-Z])"
)
CONNECTIVE = re.compile(
    r"(?:However|Meanwhile|Moreover|Furthermore|Nevertheless|Nonetheless|Instead|Indeed|Also|Still|"
    r"In addition|In fact|Of course|As a result|By contrast|In contrast|On the other hand|Besides|"
    r"Additionally|Similarly|Likewise|Consequently|Therefore|Thus|For example|For instance|Now|"
    r"Then|Again|Separately|Interestingly|Unfortunately|Sadly|Crucially|Notably|Importantly), "
    r"|(?:But|And),? (?=\S)"
    r"|(?:So|Yet|Plus),? "
    r"(?=[\"A-Z]|the |a |an |it |he |she |they |we |in |on |at |no |there )"
)
LEAD = re.compile(
    r"(?!At (?:least|most) |Over \d|Under \d|As (?:many|much|few) )"
    r"(?:On|In|At|After|Before|During|Since|By|Following|When|While|As|Although|Though|With|Amid|"
    r"Despite|Under|Over|For|From|According to|Until|Speaking|Asked|Writing|Because of|Due to|"
    r"Along with|Apart from|Aside from|Among|To|Having|Based on|Yesterday|Today|Once|"
    rf"(?:Earlier|Later|Late|Early)(?= (?:on|this|last|in|that|next|{WEEKDAY})\b)|"
    r"(?:This|Last|Next) (?:week|month|year|summer|winter|spring|autumn|season|night|weekend)(?!'))"
    r"\b[^,;:\"()]{0,110}, "
)
ASIDE = re.compile(r" ?[(\[][^()\[\]]*[)\]]")
DASHES = re.compile(r" (?:--|–|—|-) [^–—\"]{3,120}? (?:--|–|—|-)(?= [a-z])")
HOWEVER = re.compile(
    r", (?:however|meanwhile|though|too|of course|in fact|for example|in turn|for instance|"
    r"moreover|therefore|also|then|instead|as well)(?:, |(?=\.$))"
)
SAID = re.compile(
    r"(?:said|says|told|added|according to|wrote|reported|reports|announced|tweeted|explained|"
    r"noted|claimed|warned|insisted|confirmed|stated)\b"
)
WHEN = re.compile(
    r"(?<!released)(?<!issued)(?<!published)(?<!posted)(?<!filed)(?<!held)"
    rf" (?:(?:late |early |earlier )?on {WEEKDAY}(?: (?:morning|afternoon|evening|night))?"
    r"|(?:earlier |later )?(?:this|last) (?:week|month|year)|in a (?:statement|tweet|post|speech|"
    r"letter|report|press release|news release)(?: on \w+)?|in an interview(?: with [A-Z][\w ]+?)?"
    rf"|at a (?:news|press) conference|{WEEKDAY}|yesterday|today)(?=[,.]| that | to | in | at |$)"
)
ADVERB = re.compile(
    r"(?<!n't)(?<! not) (?:also|actually|currently|recently|eventually|subsequently|already|"
    r"basically|quickly|previously)(?= [a-z])"
)
APPOSED = frozenset(word_list("a an the one former formerly aged his her its their including"))
RELATIVE = frozenset(word_list("who which whose whom where"))
TAIL_LINK = frozenset(
    word_list(
        "including with after as when while although though because despite amid following but "
        "before according whereas since leaving making so and particularly especially even "
        "rather such along where who which whose unlike like in on at from during until "
    )
)
BARE_LINK = re.compile(r" (?:after|amid|despite|following|because|while|although|whereas)\b (?=\w)")
PLACES = frozenset(word_list("in at across during near outside throughout amid by inside around"))
NEEDS_PLACE = frozenset(word_list("keep put plac leav remain stay hold set bring tak involv rank"))
PASSIVE = frozenset(word_list("was were been is are be being"))
SUBJECT = frozenset(
    word_list(
        "the a an he she it they we i there this that these those his her its their our many "
        "some most no several both one officials police"
    )
)
DETERMINED = SUBJECT | {"two", "three", "four", "more", "every", "each", "all"}


NO_CLAUSE = frozenset(
    word_list(
        "named look looking soon shortly years days months weeks hours minutes year day only just "
        "long week month even partly not"
    )
)
"""What "after" or "because" belongs to where it starts no clause that can be spared."""
DEPENDENT = re.compile(
    r"(?:When|While|As|Although|Though|After|If|Before|Since|Because|With|In|On|At|For|By|Despite|"
    r"During|Once|Until|Unless|Given|Under)\b[^,]*$"
)
CLAUSAL = frozenset(word_list("that it he she they was is were would had will"))
NO_PHRASE = NO_CLAUSE | frozenset(word_list("earlier later early late right back mid time"))
"""What "in" or "across" belongs to where it starts no phrase that can be spared."""
