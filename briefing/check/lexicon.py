"""Word lists the checks share: grammatical words, irregular verbs, opposites, cues.

All lists were written by hand for English news.
"""


def word_list(text: str) -> list[str]:
    """The words of a list written as running text."""
    return text.split()


FUNCTION = frozenset(
    word_list(
        "a an the and or but nor so yet for of in on at to from by with as into onto over under "
        "after before about up out off down through during between among against within without "
        "per via upon toward towards across behind beyond near around above below since until "
        "till while is are was were be been being am has have had having do does did doing done "
        "will would can could may might shall should must ought need it its itself he him his "
        "himself she her hers herself they them their theirs themselves this that these those "
        "who whom whose which what when where why how i me my mine we us our ours you your "
        "yours one ones there here than then if though although because unless whether not no "
        "never n't also just only very too more most such some any each every both all other "
        "another own same still already even ever again s t re ve ll d m didn't doesn't don't "
        "isn't aren't wasn't weren't won't can't cannot couldn't wouldn't shouldn't hasn't "
        "haven't hadn't it's he's she's they're that's there's i'm we're"
    )
)

_IRREGULAR_FORMS = """
say said says saying|tell told|win won winning|lose lost losing|rise rose risen rising
fall fell fallen|make made making|take took taken taking|give gave given giving
get got gotten getting|go went gone goes|come came coming|see saw seen|find found
know knew known|think thought|leave left leaving|feel felt|bring brought
begin began begun beginning|keep kept|hold held|write wrote written writing|stand stood
hear heard|let letting|mean meant|set setting|meet met|run ran running|pay paid|sit sat sitting
speak spoke spoken|lead led|read|grow grew grown|lay laid|send sent|build built|spend spent
cut cutting|strike struck striking|buy bought|sell sold|catch caught|teach taught|seek sought
fight fought|break broke broken|choose chose chosen choosing|drive drove driven driving
eat ate eaten|fly flew flown flies|forget forgot forgotten|hit hitting|hide hid hidden|hurt
shoot shot shooting|steal stole stolen|swear swore sworn|swim swam swum|throw threw thrown
wear wore worn|withdraw withdrew withdrawn|become became becoming|draw drew drawn|put putting
quit quitting|bid bidding|beat beaten|die died dies dying|lie lied lying|kill killing killer
stab stabbed stabbing|ban banned banning|drop dropped dropping|step stepped stepping
arise arose arisen|bear bore borne|bind bound|bleed bled|blow blew blown
forbid forbade forbidden|overtake overtook overtaken|undergo underwent undergone
shrink shrank shrunk|sink sank sunk|man men|woman women|child children|person people|foot feet
wife wives|life lives|leaf leaves|half halves|shelf shelves|thief thieves|knife knives
crisis crises|analysis analyses|use used using
""".strip()
IRREGULAR = {
    form: group.split()[0]
    for line in _IRREGULAR_FORMS.splitlines()
    for group in line.split("|")
    for form in group.split()
}

_OPPOSITE_PAIRS = """

rise increase grow climb gain jump surge soar up higher/fall decrease decline drop plunge lower
win victory/lose defeat loss|more/less fewer|above/below
accept approve back support endorse/reject oppose refuse|before/after
high highest/low lowest|best/worst|better/worse|open opened/close shut|legal/illegal
guilty/innocent acquitted|convict/acquit clear|arrest/release free|buy/sell
allow permit legalise legalize/ban forbid prohibit block|strengthen/weaken
start begin launch/end stop finish cease|hire/fire sack|enter join/leave quit exit
succeed/fail|confirm admit/deny|agree/disagree|profit/loss|male man boy/female woman girl
husband/wife|father/mother|son/daughter|brother/sister|north northern/south southern
east eastern/west western|major/minor|majority/minority|hot/cold|first/last
alive survive/dead die kill|pass/fail|left/right|save/cost|lend/borrow|import/export
improve/worsen|faster/slower|older/younger|larger bigger/smaller|longer/shorter
earlier/later|most/least|maximum/minimum|likely/unlikely
""".strip()
OPPOSITES = tuple(
    tuple(frozenset(side.split()) for side in pair.split("/"))
    for line in _OPPOSITE_PAIRS.splitlines()
    for pair in line.split("|")
)

NEGATIONS = frozenset(
    word_list(
        "not n't no never none nobody nothing nor neither without cannot can't won't don't "
        "doesn't didn't isn't aren't wasn't weren't couldn't wouldn't shouldn't hasn't haven't "
        "hadn't hardly barely unable"
    )
)
NEGATIVE_VERBS = frozenset(
    word_list(
        "deny denies denied denying refuse refuses refused refusing fail fails failed failing "
        "reject rejects rejected rejecting rule"
    )
) - {"rule"}

SPEECH = frozenset(
    word_list(
        "said says say saying told tells tell claimed claims claim announced announces warned "
        "warns added adds insisted insists argued argues stated states wrote writes reported "
        "reports explained explains admitted admits confirmed confirms suggested suggests "
        "tweeted alleged alleges declared declares"
    )
)
HEDGES = frozenset(
    word_list(
        "alleged allegedly reportedly accused suspected may might could possibly perhaps likely "
        "apparently claimed claims rumoured rumored potential potentially possible suspect "
        "expected planned proposed considering"
    )
)
PRONOUNS = frozenset(word_list("i we you he she they it this that these those who him her them"))
MEASURES = frozenset(
    word_list(
        "second minute hour day week month year decade century mile kilometre kilometer km "
        "metre meter foot inch yard acre hectare kilogram kg tonne ton pound gram degree point "
        "goal run wicket seat vote game match"
    )
)
MARKED = frozenset(
    word_list(
        "before after because despite although unless until without against no all every only "
        "never must should will would could may might can above below under over more less most "
        "least during since while if than both neither nor"
    )
)
"""Grammatical words that turn the meaning of a sentence."""
OPEN_ENDS = frozenset(
    word_list(
        "a an the and or but nor of at to from by with as into onto upon per that which who whose "
        "is are was were be been has have had will would can could may might should must than "
        "because while if although whether my our your their its his"
    )
)
"""Words that no sentence ends in."""
