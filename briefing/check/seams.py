"""Where a line leaves words of its source out: does the cut run along the joints of the sentence?

A small model that compresses by copying goes wrong where it cuts. It stops inside a phrase ("Minor
has granted." of "has granted more than $1.5 million"), or joins a verb to the object of another
("unleashed the Act" of "unleashed a firestorm when he signed the Act"). Both hold only words of
the source, in order, so overlap does not see them. The source itself shows it: the words left out
must begin where a phrase begins and end where one ends. Dependency-based compression asks the same
of subtrees (Filippova and Strube 2008, "Dependency tree based sentence compression"); this does it
without a parser, for English.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from briefing.check.equivalents import TITLES
from briefing.check.evidence import Evidence
from briefing.check.form import verb_like
from briefing.check.lexicon import IRREGULAR, NEGATIONS
from briefing.check.placing import Place, Placed, placed
from briefing.check.verbs import AUXILIARY
from briefing.check.words import Token

_OPENS = frozenset(
    "in on at for from with by as after before while because since until when where which "
    "who whose that and but or nor amid during over under against about into despite although if "
    "whether including through between among toward towards within across along "
    "around behind beyond near outside inside upon via per so yet though unless last next this "
    "yesterday today tonight tomorrow monday tuesday wednesday thursday friday saturday sunday "
    "earlier later".split()
)
_SUBORDINATES = frozenset(
    "while when if although though because since after before unless as whether that who which "
    "whose where until".split()
)
_JOINS = frozenset(("and", "or", "but", "nor"))
_REPORTS = frozenset(
    "said says say told added noted suggest suggests argued argue warned claimed claim believe "
    "believes announced thinks".split()
)
_COMPANY = frozenset("inc corp co ltd plc llc llp ag sa nv spa gmbh group company".split())
_SPEAKERS = frozenset("it he she they".split())
_FUTURE = frozenset("will would to".split())
_DETERMINERS = frozenset("a an the its his her their our this these those some any".split())
_QUALIFIERS = frozenset(
    "former alleged allegedly suspected attempted proposed possible possibly potential "
    "potentially planned fake false would-be so-called likely apparent apparently purported "
    "acting vice deputy assistant interim rumoured rumored mock anti non ex nearly almost "
    "barely hardly scarcely unlikely few fewer less more than without estimated".split()
)
"""Words that change what the next one means: "alleged fraud" is not "fraud"."""
_NEEDS_INFINITIVE = frozenset(
    "plan plans bid effort efforts deal right rights decision move moves proposal attempt attempts "
    "agreement offer order orders ability chance way ways need needs able ready likely unlikely "
    "expected set due willing going time power failure refusal pressure call calls vow pledge "
    "promise threat able unable eager reluctant prepared first last".split()
)
_CONTROLS = frozenset(
    "ask asks asked urge urges urged urging force forces forced order orders ordered want wants "
    "wanted allow allows allowed tell tells told get gets require requires required expect "
    "expects expected persuade encourage encourages encouraged help helps helped call calls "
    "called calling enable enables enabled invite invited push pushes pushed pressure permit "
    "permits permitted cause causes caused lead leads led use uses used press pressed".split()
)
"""Verbs whose object needs its infinitive: "asked Congress to act" is not "asked Congress"."""
_COMPARED = frozenset(
    "same such as more less fewer rather other better worse higher lower twice half times".split()
)
_ABOUT = frozenset("about around some over under nearly almost than least most to roughly".split())
"""Words before a number without which it is another one: "at least 12" is not "12"."""
_FREE = frozenset("a an the to".split())
"""Grammatical words that a compression may bring in; another one changes who does what."""
_DIRECTIONS = frozenset(
    "through from to into onto over with against out up down off by at for of about toward towards "
    "as".split()
)
_FEW = frozenset("two three four five six seven eight nine ten both either".split())
_ADVERBS = frozenset("also now still already again just then once ever since long since".split())
_ONGOING = frozenset(
    "ending beginning starting ranging including according following regarding leading".split()
)
_STATES = frozenset(
    "is are was were be been being seem seems seemed appear appears appeared".split()
)
_PREMODIFIERS = 4
_OWN_WORDS = 0.3
"""A model that is let choose fewer of its words than this may not bring in new ones."""
_NEAR = 6
"""A longer gap is a clause of its own, whose "not" is its own too."""
_UNCOUNTED = frozenset("total number sum average one some many most all part half group".split())
_MARKS = frozenset(',;:.!?()[]—–"')
_SMALL = 2
"""A gap of so many words is a modifier: an adjective, an adverb, "on Monday"."""


_OPENS_PHRASE = frozenset(
    "of in on at to from by with for as into onto over under after before during through between "
    "among against within without upon since until while and or but nor if because".split()
)
"""Words that no article stands before, except in a name or a compound of the source's own."""


def strays(line: str, source: Evidence, novel: float = 1.0) -> bool:
    """True where more than ``novel`` of the line's content words are not in their order.

    So is a line that moves a number from its place, or leaves out a word that turns the meaning
    of the next one: "not", "former", "alleged".
    """
    over = placed(line, source)
    if over is None:
        return False
    words, places, where = over.words, over.places, over.where
    loose = [word for word, at in zip(words, over.found, strict=True) if at is None]
    if not where or _made_up(loose, words, source) > novel or any(_fact(t, source) for t in loose):
        return True
    if novel < _OWN_WORDS and any(_new(token, source) for token in loose):
        return True
    if _owns_anew(words, source) or _bad_start(where[0], places) or _exact(where, places):
        return True
    if _bare_article(over):
        return True
    if novel < _OWN_WORDS and any(t.function and t.key not in _FREE for t in loose):
        return True
    return any(
        place.token.key in NEGATIONS or place.token.key in _QUALIFIERS
        for one, two in _cuts(where)
        if two - one <= _NEAR
        for place in places[one + 1 : two]
    )


def _bare_article(over: Placed) -> bool:
    """True for "The over time, they opened their homes": an article without its noun, which the
    source does not have there.
    """
    pairs = zip(pairwise(over.words), pairwise(over.found), strict=True)
    return any(
        one.key in ("the", "a", "an")
        and two.key in _OPENS_PHRASE
        and two.gap == " "
        and (here is None or there != here + 1)
        for (one, two), (here, there) in pairs
    )


def left_hanging(line: str, source: Evidence) -> bool:
    """True where the line ends on a word that its source goes on from at once.

    Inside a hyphenated word, after "the same" without its "as", or after a participle without
    what it goes with: "are engaged | in trade", "the week ending | in July".
    """
    over = placed(line, source)
    if over is None:
        return False
    places, last = over.places, next(iter(over.where[-1:]), None)
    if last is None or last + 1 == len(places) or places[last + 1].first:
        return False
    tokens = [place.token for place in places]
    following = tokens[last + 1]
    if following.gap == "-":
        return True
    if following.key in ("and", "or"):
        near = tokens[max(0, last - 3) : last + 1]
        return any(
            token.key[0].isdigit() or token.key in _FEW or "," in token.gap for token in near
        )
    if following.key in ("as", "than"):
        return any(t.key in _COMPARED for t in tokens[max(0, last - 6) : last + 1])
    past = tokens[last].key.endswith("ed") or tokens[last].key in IRREGULAR
    if last and past and verb_like(tokens, last) and following.key in _DIRECTIONS:
        return not _marked(following)
    ongoing = tokens[last].key in _ONGOING
    passive = ongoing or (
        tokens[last].key.endswith("ed")
        and any(token.key in _STATES for token in tokens[max(0, last - 2) : last])
    )
    return passive and not _marked(following) and following.key in _OPENS | {"to", "of"}


def telegraphic(line: str, source: Evidence) -> bool:
    """True where articles are left out, as headlines do and sentences do not."""
    over = placed(line, source)
    if over is None:
        return False
    places, where = over.places, over.where
    lost = [one + 1 for one, two in _cuts(where) if two == one + 2]
    at = where[0] if where else 0
    while at and not places[at].first and where[0] - at < _PREMODIFIERS:
        at -= 1
        lost += [at] * (not places[where[0]].token.capital)
    return any(places[at].token.key in ("a", "an", "the") for at in lost)


def ill_cut(line: str, source: Evidence) -> bool:
    """True where a cut is not one that the rules know to be sound."""
    over = placed(line, source)
    if over is None:
        return False
    places, where = over.places, over.where
    if not where:
        return True
    return (
        _bad_start(where[0], places)
        or any(_bad_cut(one, two, places) for one, two in _cuts(where))
        or any(_runs_on(at, where, places) for at in range(1, len(where)))
        or not _may_stop(where[-1], places)
    )


def _made_up(loose: Sequence[Token], words: Sequence[Token], source: Evidence) -> float:
    """Share of the content words that the source does not hold, or holds elsewhere.

    A word that moved counts twice: a compression does not move words.
    """
    content = sum(not word.function for word in words)
    weights = [1 + (word.stem in source.stems) for word in loose if not word.function]
    return sum(weights) / content if content else 0.0


def _fact(token: Token, source: Evidence) -> bool:
    """Whether a word without a place in the source needs one: a number, or a new capital."""
    named = token.capital and not token.initial and token.stem not in source.stems
    return token.key[0].isdigit() or named


def _owns_anew(words: Sequence[Token], source: Evidence) -> bool:
    """Whether a word has an "'s" that it has nowhere in the source: "We's", "Iran's's"."""
    owners = {t.key for r in source.readings for t in r.words if t.possessive}
    capitals = {t.key for r in source.readings for t in r.words if t.capital and not t.function}
    return any(t.possessive and t.key not in owners | capitals for t in words)


def _exact(where: Sequence[int], places: Sequence[Place]) -> bool:
    """Whether a number lost the word that made it an estimate or a bound."""
    kept = set(where)
    return any(
        places[at].token.key[0].isdigit()
        and at
        and at - 1 not in kept
        and not places[at].first
        and places[at - 1].token.key in _ABOUT
        for at in where
    )


def _new(token: Token, source: Evidence) -> bool:
    """Whether a word says something that the source has no word for."""
    return not (token.function or token.key in _REPORTS or token.stem in source.stems)


def _cuts(where: Sequence[int]) -> Iterator[tuple[int, int]]:
    return ((one, two) for one, two in pairwise(where) if two != one + 1)


def _bad_start(first: int, places: Sequence[Place]) -> bool:
    """A line may not begin inside a phrase or a subordinate clause of its source.

    Without its "While", "While the talks went on, he ..." is two sentences run together.
    """
    if places[first].first:
        return False
    if _name_begun(first, places):
        return True
    at = first - 1
    while at and places[at].token.capital and not places[at].first:
        at -= 1  # over the first words of a name: "Residents of Port | Alder voted"
    before = places[at].token.key
    tokens = [place.token for place in places]
    begun = next(i for i in range(first, -1, -1) if places[i].first)
    acts = any(verb_like(tokens, i) for i in range(begun, first))
    if acts and not _marked(tokens[first]) and tokens[first - 1].key not in _REPORTS:
        return True
    inside = before in _SUBORDINATES or before in _OPENS or before in ("of", "to", "than")
    return inside and not _marked(places[first].token)


def _name_begun(first: int, places: Sequence[Place]) -> bool:
    """Whether a name of several words began before: "Alliance | Defending Freedom said".

    A surname may stand alone, and a title may go.
    """
    before, token = places[first - 1].token, places[first].token
    joined = token.capital and token.gap == " " and before.capital and len(before.text) > 2
    after = [place.token for place in places[first + 1 : first + 2]]
    longer = any(word.capital and word.gap == " " for word in after)
    return joined and longer and before.key not in TITLES


def _bad_cut(one: int, two: int, places: Sequence[Place]) -> bool:
    """The words between two neighbours of the line, left out: are they a phrase?"""
    gone = [place.token for place in places[one + 1 : two]]
    if any(token.key in NEGATIONS for token in gone):
        return True
    if _reported(one, two, places) or _premodifiers(one, two, places):
        return False
    if _marked(gone[0]) and not _marked(places[two].token):
        return True  # the end of an aside may not stay when its beginning goes
    if _clause_goes(one, two, places):
        return True
    if places[one].token.key in AUXILIARY and not _adverb(gone[-1]):
        return True
    crosses = any(place.first for place in places[one + 1 : two + 1])
    if len(gone) <= _SMALL and not crosses and not _owner(one, places):
        return _name_lost(gone, places[two].token)
    modifier = gone[0].key == "of" and verb_like([place.token for place in places], two)
    return not modifier and not (_may_stop(one, places) and _may_resume(two, places))


def _clause_goes(one: int, two: int, places: Sequence[Place]) -> bool:
    """Whether a clause is left out but for its end: "cut short ~when storms drove it~ on to"."""
    tokens = [place.token for place in places]
    acts = any(verb_like(tokens, at) for at in range(one + 1, two))
    return (
        acts
        and two - one > _SMALL + 1
        and not _marked(tokens[two])
        and not (places[two].first or verb_like(tokens, two))
    )


def _adverb(token: Token) -> bool:
    return token.key.endswith("ly") or token.key in _ADVERBS


def _reported(one: int, two: int, places: Sequence[Place]) -> bool:
    """True where "Acme ~Corp said it~ will buy" loses only who said it, the one who acts."""
    gone = [place.token for place in places[one + 1 : two]]
    if any(place.first for place in places[one + 1 : two + 1]):
        return False
    while gone and gone[0].key in _COMPANY:
        gone = gone[1:]
    if not gone:
        return True
    said = gone[0].key in _REPORTS
    rest = [token.key for token in gone[1:] if token.key != "that"]
    if not said or not rest:
        return False
    speaker = rest[0] in _SPEAKERS or rest[:2] == ["the", "company"]
    helpers = rest[2:] if rest[0] == "the" else rest[1:]
    return speaker and all(key in AUXILIARY or key in _FUTURE for key in helpers)


def _premodifiers(one: int, two: int, places: Sequence[Place]) -> bool:
    """True for words before a noun, its determiner among them: "approve ~the new~ plan"."""
    tokens = [place.token for place in places]
    gone = tokens[one + 1 : two]
    if len(gone) > _PREMODIFIERS or any(place.first for place in places[one + 1 : two + 1]):
        return False
    if any(_marked(token) for token in tokens[one + 1 : two + 1]) or _owner(one, places):
        return False
    plain = all(
        token.key in _DETERMINERS or not (token.function or token.capital or token.key[0].isdigit())
        for token in gone
    )
    if not plain or any(token.key in _DETERMINERS for token in gone[1:]):
        return False
    head = tokens[two]
    acts = any(verb_like(tokens, at) for at in range(one + 1, two + 1))
    before = tokens[one].key
    opens = tokens[one].function or before[0].isdigit() or verb_like(tokens, one)
    return opens and not acts and not head.function and not head.key[0].isdigit()


def _name_lost(gone: Sequence[Token], following: Token) -> bool:
    """True for "officer Hugh Holt said" without its name; "President Barack Obama" may go short."""
    names = any(token.capital for token in gone) and gone[0].key not in _OPENS
    return names and not following.capital


def _owner(at: int, places: Sequence[Place]) -> bool:
    """Whether the word is a possessive: what it owns may not be left out."""
    return places[at].token.possessive or places[at + 1].token.gap.startswith("'")


def _runs_on(at: int, where: Sequence[int], places: Sequence[Place]) -> bool:
    """True where a cut is followed by a verb though the line has a verb already, or lost it.

    "They vote in spring said it will comply" of "They vote in spring, and the owner said ...".
    """
    one, two = where[at - 1], where[at]
    tokens = [place.token for place in places]
    if two - one <= _SMALL + 1 or places[two].first or not verb_like(tokens, two):
        return False
    if _reported(one, two, places):
        return False
    if any(verb_like(tokens, place) for place in where[:at]):
        return True
    aside = tokens[one + 1].key in _SUBORDINATES
    return not aside and any(verb_like(tokens, place) for place in range(one + 1, two))


def _may_stop(at: int, places: Sequence[Place]) -> bool:
    """Whether a phrase can end after the source word at ``at``."""
    if at + 1 == len(places) or places[at + 1].first:
        return True
    last, following = places[at].token, places[at + 1].token
    if _marked(following):
        return True
    if last.key in _REPORTS or last.key in _OPENS or _inside_name(at, places):
        return False
    if following.possessive:
        return False  # "Tuesday's collapse" is no time
    if following.key == "by" and last.key.endswith("ed"):
        return False
    return following.key in _OPENS or _destination(at + 1, places) or _afterthought(at, places)


def _inside_name(at: int, places: Sequence[Place]) -> bool:
    """Whether a name goes on: "the National Association | for the Advancement of ..."."""
    if not places[at].token.capital or places[at + 1].token.key not in ("for", "of", "and"):
        return False
    after = [place.token for place in places[at + 2 : at + 4]]
    return any(t.capital for t in after[:1]) or (
        len(after) == 2 and after[0].key == "the" and after[1].capital
    )


def _destination(at: int, places: Sequence[Place]) -> bool:
    """Whether "to" opens a phrase of its own ("to the island"), not what a verb needs."""
    if places[at].token.key != "to" or at + 1 == len(places):
        return False
    after = places[at + 1].token
    return after.key in ("the", "a", "an") or after.capital


def _afterthought(at: int, places: Sequence[Place]) -> bool:
    """True before what a noun can do without: "to" with its purpose, "of" with an amount."""
    tokens = [place.token for place in places]
    last, after = tokens[at], tokens[at + 2 : at + 3]
    if not after or last.function or last.key[0].isdigit() or verb_like(tokens, at):
        return False
    if tokens[at + 1].key == "of":
        return after[0].key[0].isdigit() and last.key not in _UNCOUNTED
    if tokens[at + 1].key != "to" or last.key in _NEEDS_INFINITIVE:
        return False
    near = tokens[max(0, at - 6) : at]
    return all(token.key not in _CONTROLS and token.key != "it" for token in near)


def _may_resume(at: int, places: Sequence[Place]) -> bool:
    """Whether a line can go on with the source word at ``at`` after words left out before it."""
    token = places[at].token
    if places[at].first or _marked(token):
        return token.key not in _JOINS or _clause_follows(at, places)
    if token.key in _JOINS:
        return False
    tokens = [place.token for place in places]
    return token.key in _OPENS or verb_like(tokens, at)


def _clause_follows(at: int, places: Sequence[Place]) -> bool:
    tokens = [place.token for place in places]
    return any(verb_like(tokens, i) for i in range(at + 1, min(at + 6, len(tokens))))


def _marked(token: Token) -> bool:
    """Whether a mark of punctuation stands before the word, not inside it as in "a.com"."""
    apart = " " in token.gap or any(c in '()[]—"' for c in token.gap)
    return (
        apart and (any(c in _MARKS for c in token.gap) or " - " in token.gap)
    ) or "--" in token.gap
