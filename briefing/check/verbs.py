"""Verbs of news English, by hand: what a line without a parser can take for a finite verb."""

from briefing.check.lexicon import IRREGULAR, SPEECH, word_list

AUXILIARY = frozenset(
    word_list(
        "is are was were am has have had do does did will would can could may might shall "
        "should must cannot isn't aren't wasn't weren't hasn't haven't hadn't doesn't don't "
        "didn't won't"
    )
)
_BASES = word_list(
    "accept accuse add admit adopt affect agree aim allow announce appear appeal apologise "
    "apologize apply appoint approve argue arrest arrive ask assault attack attempt attend "
    "avoid award back ban bar battle beat become begin believe belong blame block boast "
    "bomb boost boycott break bring build burn buy call campaign cancel carry cause "
    "celebrate challenge change charge cheer claim clash clear climb close collapse collect "
    "come compete complain complete concede condemn confirm consider contain continue "
    "control convict cost count cover crash create criticise criticize cross cut damage "
    "deal debate decide decline defeat defend delay deliver demand deny depend deploy "
    "describe design destroy detain develop die disappear discover discuss dismiss dominate "
    "donate double drive drop earn edge eliminate emerge employ encourage end endorse enjoy "
    "enter escape evacuate examine expand expect explain explode express extend face fail "
    "fear feature feel file find fine fire flee follow force form freeze fuel fund gain "
    "gather get give go grant grow guide halt hamper head hear help hire hit hold honour "
    "hope host hurt identify ignore impose improve include increase indicate injure insist "
    "inspire intend introduce invade invest investigate invite involve issue jail join jump "
    "keep kick kill know lack land launch lead leave lie lift limit link live lose "
    "love make manage mark maintain marry mean meet miss mourn move name need negotiate "
    "nominate offer open operate oppose order oust outline overcome owe own pay perform "
    "plan play plead pledge plunge point pose postpone praise prepare present press prevent "
    "produce promise promote propose protect protest prove provide publish pull pursue push "
    "put question quit raise reach read receive recommend recover reduce refuse regain "
    "reject release remain remember remove repeal replace report request require rescue "
    "resign resist respond restore resume retain retire return reveal ride rise rule run "
    "save say score secure see seek seem seize sell send sentence serve set settle shake "
    "share shoot show sign sink slam slow soar speak spend spark stage stand start stay "
    "steal stem stop storm strike struggle submit succeed suffer suggest sue support "
    "suspend survive take talk target tell test threaten tie top toss trade train travel "
    "trigger try tumble turn unveil urge use value vary veto vie visit vote vow wait walk "
    "want warn watch weigh welcome win withdraw work worry write yield represent reflect "
    "suggest hail hike slash spell stun contribute march focus explore kiss supply "
    "reiterate conduct distribute range lash spar rally arrange achieve admire advise alter "
    "analyse assess assist assume avert bear bid blast breach brand cite climb coach "
    "combine compare confront consist contact cope correct dig divide doubt dream drown "
    "dump elect enable estimate evolve exceed exist fix flood forget found function govern "
    "greet handle hunt illustrate import inform inspect install invent judge knock label "
    "laugh learn locate lower maintain match measure mention merge monitor note object "
    "obtain occur occupy organise organize overturn pack park participate pause pick pour "
    "praise predict prefer preserve prosecute purchase race rank realise realize rebuild "
    "recall recognise recognize recruit refer relate rely remind rent repair repeat resolve "
    "reverse review rob rush sail search select separate ship signal smash smoke sound spot "
    "spread step study succeed surprise surrender surround swap sweep swim switch teach "
    "tend throw topple touch trace transform treat understand unite update upset violate "
    "wake wash waste wear wipe witness wonder wound tour tighten tackle top trail urge wed "
    "woo"
)
VERBS = (
    frozenset(_BASES)
    | frozenset(w for w, base in IRREGULAR.items() if base in _BASES and not w.endswith("ing"))
    | frozenset(w for w in SPEECH)
    | frozenset(
        word_list("won lost rose fell made took gave got went came saw told left kept held led")
    )
    | frozenset(
        word_list("felt brought began found met ran paid spoke sent built spent hit shot cut set")
    )
)
NOT_VERBS = frozenset(word_list("united red bed hundred indeed"))
