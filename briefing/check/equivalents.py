"""Names that say the same: countries and their adjectives, common short forms, titles.

``canonical`` maps the tokens of a text to keys, so that "Russian" and "Russia", "U.S." and
"United States" meet. Inflection of a name (demonym for country) is allowed, substitution is not.
"""

from collections.abc import Sequence
from typing import NamedTuple

from briefing.check.lexicon import word_list
from briefing.check.words import Token

_COUNTRY_FORMS = """
russia russian russians|britain british briton britons uk|china chinese|france french frenchman
germany german germans|spain spanish spaniard spaniards|italy italian italians|japan japanese
india indian indians|israel israeli israelis|iran iranian iranians|iraq iraqi iraqis
syria syrian syrians|turkey turkish turks turkiye|ukraine ukrainian ukrainians
poland polish poles|greece greek greeks|ireland irish|scotland scottish scots|wales welsh
england english|america american americans us usa|canada canadian canadians
mexico mexican mexicans|brazil brazilian brazilians|argentina argentine argentinian
australia australian australians aussie|egypt egyptian egyptians|libya libyan libyans
sudan sudanese|nigeria nigerian nigerians|kenya kenyan kenyans|afghanistan afghan afghans
pakistan pakistani pakistanis|korea korean koreans|vietnam vietnamese|thailand thai thais
indonesia indonesian indonesians|malaysia malaysian malaysians
philippines philippine filipino filipinos|palestine palestinian palestinians|lebanon lebanese
jordan jordanian jordanians|yemen yemeni yemenis|saudi saudis|qatar qatari qataris
sweden swedish swedes swede|norway norwegian norwegians|denmark danish danes dane
finland finnish finns|netherlands dutch|belgium belgian belgians|switzerland swiss
austria austrian austrians|portugal portuguese|hungary hungarian hungarians
romania romanian romanians|bulgaria bulgarian bulgarians|serbia serbian serbians serb serbs
croatia croatian croatians croat|bosnia bosnian bosnians|albania albanian albanians
cuba cuban cubans|venezuela venezuelan venezuelans|colombia colombian colombians
chile chilean chileans|peru peruvian peruvians|haiti haitian haitians|jamaica jamaican jamaicans
cyprus cypriot cypriots|europe european europeans|africa african africans|asia asian asians
taiwan taiwanese|tibet tibetan tibetans|nepal nepalese nepali
bangladesh bangladeshi bangladeshis|myanmar burma burmese|cambodia cambodian cambodians
ethiopia ethiopian ethiopians|somalia somali somalis|zimbabwe zimbabwean zimbabweans
ghana ghanaian ghanaians|morocco moroccan moroccans|algeria algerian algerians
tunisia tunisian tunisians|georgia georgian georgians|armenia armenian armenians
azerbaijan azerbaijani azeri|belarus belarusian belarusians|chechnya chechen chechens
iceland icelandic icelanders|estonia estonian estonians|latvia latvian latvians
lithuania lithuanian lithuanians|rwanda rwandan rwandans|uganda ugandan ugandans|congo congolese
mali malian malians|senegal senegalese|kurd kurds kurdish kurdistan|crimea crimean
catalonia catalan catalans
""".strip()
_OTHER_FORMS = """
islam islamic islamist islamists|muslim muslims|catholic catholics|jew jews jewish
christian christians christianity|democrat democrats democratic dems dem
republican republicans gop|tory tories|conservative conservatives|london londoner londoners
york yorker yorkers|paris parisian|texas texan texans|california californian californians
quebec quebecois|nazi nazis|soviet soviets|olympic olympics|christmas xmas
""".strip()


def _groups(table: str) -> list[list[str]]:
    """The groups of forms in a table; the first form of each is its key."""
    return [group.split() for line in table.splitlines() for group in line.split("|")]


_CANON = {
    form: group[0]
    for table in (_COUNTRY_FORMS, _OTHER_FORMS)
    for group in _groups(table)
    for form in group
}
_MULTI = {
    ("united", "states"): "america",
    ("united", "kingdom"): "britain",
    ("great", "britain"): "britain",
    ("united", "nations"): "un",
    ("european", "union"): "eu",
    ("new", "zealander"): "zealand",
    ("supreme", "court"): "supreme-court",
}
_FIRST = {pair[0] for pair in _MULTI}
TITLES = frozenset(
    word_list(
        "mr mrs ms miss dr sir dame lord lady prof professor sen senator rep representative gov "
        "governor gen general col colonel lt lieutenant sgt sergeant capt captain maj major adm "
        "admiral rev reverend pope king queen prince princess duke duchess president vice prime "
        "minister secretary chancellor judge justice attorney mayor councillor chairman "
        "chairwoman chief chair ceo cfo coo executive officer director head coach manager pm mp "
        "msp mep detective inspector constable superintendent commissioner ambassador speaker "
        "majority minority leader former ex spokesman spokeswoman spokesperson foreign defence "
        "defense home interior finance treasury state deputy first lady editor correspondent "
        "candidate doctor actor actress singer striker midfielder"
    )
)
PARTICLES = frozenset(
    word_list("de van von der den bin ibn al el la le du da dos del di abu ben ul ur y e mac st")
)
LINKS = frozenset(word_list("of the and for in on to")) | {"&"}
"""Words inside a long name that its initials skip."""
GROUPS = frozenset(
    word_list(
        "america britain eu un republican democrat tory conservative labour senate house "
        "congress parliament commons white pentagon nato fbi cia bbc nhs"
    )
)
_COUNTRIES = frozenset(group[0] for group in _groups(_COUNTRY_FORMS))


class Name(NamedTuple):
    """One canonical unit of a text: its key and the tokens ``first..last`` it covers."""

    key: str
    first: int
    last: int


def canonical(words: Sequence[Token]) -> tuple[Name, ...]:
    """The tokens of a text as canonical keys, "United States" as one."""
    found: list[Name] = []
    index = 0
    while index < len(words):
        key, width = words[index].key, 1
        if key in _FIRST and index + 1 < len(words):
            pair = (key, words[index + 1].key)
            if pair in _MULTI and words[index + 1].gap == " ":
                key, width = _MULTI[pair], 2
        if width == 1:
            key = canon(words[index])
        found.append(Name(key, index, index + width - 1))
        index += width
    return tuple(found)


def canon(token: Token) -> str:
    """Canonical key of one token; "us" only counts as the country where it is written so."""
    if token.key == "us" and token.text not in ("US", "U.S.", "U.S", "US's", "U.S.'s"):
        return "us"
    return _CANON.get(token.key, token.key)


def separates(key: str) -> bool:
    """True where a name may end beside this word: "US President", "Senate Republicans"."""
    return key in TITLES or key in GROUPS or key in _COUNTRIES


def known_name(key: str) -> bool:
    """True for a form of a country, faith or party: ``italy``, ``tories``."""
    return key in _CANON
