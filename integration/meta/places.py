"""Codes of countries and states, from however they were written. Pure; the tables are the knowledge here.

Both parameters want codes: `country` ISO 3166-1 alpha-2, `st` the two letters of a US state or Canadian province.
Meta's own browser code guesses where it finds none (by the first two letters, or by a name inside a longer word):
"Great Britain" becomes Greece, "Washington DC" the state. We never guess: what is in no table is no country.
"""

import re
import unicodedata
from functools import cache

# ISO 3166-1 alpha-2, all 249 officially assigned. "UK" and "XK" (Kosovo) are in use, but no members.
_ISO_COUNTRIES = frozenset(
    """
    ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz
    ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi fj fk fm fo fr
    ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp
    ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt
    mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw
    sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz
    ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
    """.split()
)
_CODES_IN_USE = {"uk": "gb"}
# As the platforms write codes, ready to be looked up.
_WRITTEN_CODES = {
    spelled: code
    for written, code in ({code: code for code in _ISO_COUNTRIES} | _CODES_IN_USE).items()
    for spelled in (written, written.upper())
}

# What people and ISO's own list write, and CLDR's English names do not have. Letters only, as `_letters` leaves them.
_MORE_NAMES = {
    "bl": "saintbarthelemy",
    "bn": "bruneidarussalam",
    "bo": "boliviaplurinationalstateof plurinationalstateofbolivia",
    "bq": "bonairesinteustatiusandsaba bonairesinteustatinsandsaba",
    "cd": "congothedemocraticrepublicofthe democraticrepublicofthecongo congodemocraticrepublicofthe drcongo",
    "cg": "congo republicofthecongo congorepublicofthe",
    "ci": "ivorycoast",
    "cv": "caboverde",
    "cz": "czechrepublic",
    "fk": "falklandislandsmalvinas",
    "fm": "micronesiafederatedstatesof federatedstatesofmicronesia",
    "gb": "greatbritain britain england scotland wales northernireland unitedkingdomofgreatbritainandnorthernireland",
    "gs": "southgeorgiaandthesouthsandwichislands",
    "hk": "hongkong",
    "hm": "heardislandandmcdonaldislands",
    "ie": "republicofireland",
    "ir": "iranislamicrepublicof islamicrepublicofiran",
    "kp": "koreademocraticpeoplesrepublicof democraticpeoplesrepublicofkorea",
    "kr": "korearepublicof republicofkorea",
    "la": "laopeoplesdemocraticrepublic laopdr",
    "md": "moldovarepublicof republicofmoldova",
    "mf": "saintmartinfrenchpart",
    "mk": "macedonia macedoniatheformeryugoslavrepublicof republicofnorthmacedonia",
    "mm": "myanmar burma",
    "mo": "macao macau",
    "nl": "holland netherlandskingdomof kingdomofthenetherlands",
    "pn": "pitcairn",
    "ps": "palestine palestinestateof stateofpalestine",
    "ru": "russianfederation",
    "sh": "sainthelenaascensionandtristandacunha",
    "sx": "sintmaartendutchpart sintmaartenductchpart",
    "sy": "syrianarabrepublic",
    "sz": "swaziland",
    "tl": "easttimor",
    "tr": "turkey",
    "tw": "taiwanprovinceofchina",
    "tz": "tanzaniaunitedrepublicof unitedrepublicoftanzania",
    "um": "unitedstatesminoroutlyingislands",
    "us": "unitedstatesofamerica",
    "va": "vatican holysee holyseevaticancitystate",
    "vc": "saintvincentandthegrenadines",
    "ve": "venezuelabolivarianrepublicof bolivarianrepublicofvenezuela",
    "vg": "virginislandsbritish",
    "vi": "virginislandsus",
}

# ANSI codes of the US (states, district, territories, military mail) and Canada Post's codes of the provinces.
_US_AND_CANADA = {"us", "ca"}
_CODES_AND_STATES = """
    al alabama  ak alaska  az arizona  ar arkansas  ca california  co colorado  ct connecticut  de delaware  fl florida
    ga georgia  hi hawaii  id idaho  il illinois  in indiana  ia iowa  ks kansas  ky kentucky  la louisiana  me maine
    md maryland  ma massachusetts  mi michigan  mn minnesota  ms mississippi  mo missouri  mt montana  ne nebraska
    nv nevada  nh newhampshire  nj newjersey  nm newmexico  ny newyork  nc northcarolina  nd northdakota  oh ohio
    ok oklahoma  or oregon  pa pennsylvania  ri rhodeisland  sc southcarolina  sd southdakota  tn tennessee  tx texas
    ut utah  vt vermont  va virginia  wa washington  wv westvirginia  wi wisconsin  wy wyoming
    dc districtofcolumbia  dc washingtondc  pr puertorico  gu guam  as americansamoa  vi usvirginislands
    vi virginislands  mp northernmarianaislands  aa armedforcesamericas  ae armedforceseurope  ap armedforcespacific
    ab alberta  bc britishcolumbia  mb manitoba  nb newbrunswick  nl newfoundlandandlabrador  nl newfoundland
    ns novascotia  nt northwestterritories  nu nunavut  on ontario  pe princeedwardisland  qc quebec
    sk saskatchewan  yt yukon  yt yukonterritory
    """.split()
_STATE_CODES = dict(zip(_CODES_AND_STATES[1::2], _CODES_AND_STATES[::2], strict=True))

_NO_LETTER = re.compile(r"[\W\d_]+")
_NO_ASCII_LETTER = re.compile(r"[^a-z]+")
_NO_ASCII_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]+")


def country_code(text: str | None) -> str | None:
    """The ISO 3166-1 alpha-2 code, lower-case, of a code or a full English name; None for anything else.

    Digits, spaces and punctuation do not matter ("U.S.", "it42"), accents may be left out but not be wrong
    ("Cote d'Ivoire" yes, "Gërmany" no), and alpha-3 codes are understood.
    """
    if text in _WRITTEN_CODES:
        return _WRITTEN_CODES[text]
    letters = _letters(text or "")
    if len(letters) == 2:
        code = _CODES_IN_USE.get(letters, letters)
        return code if code in _ISO_COUNTRIES else None
    return _country_names().get(letters.removeprefix("the")) if letters else None


def state_code(text: str, country: str | None) -> str | None:
    """The state, told as Meta wants it; `country` is an alpha-2 code or None where it is not known.

    In the US and Canada, and where the country is not known: two letters, from a code or a full name. Anything else is
    the whole text, lower-case, without accents, spaces and punctuation, and never cut: "nsw", "hessen". The country's
    own prefix of ISO 3166-2 goes: "DE-BY" in Germany is "by". None if no letter is left.
    """
    codes = country is None or country in _US_AND_CANADA
    if text.isascii() and text.isalpha() and (len(text) == 2 or not codes):
        return text.lower()
    plain = _unaccented(text.strip().lower()).replace("&", "and")
    if country:
        plain = plain.removeprefix(f"{country}-")
    if codes:
        letters = _NO_ASCII_LETTER.sub("", plain)
        if len(letters) == 2 or letters in _STATE_CODES:
            return _STATE_CODES.get(letters, letters)
    spelled = _NO_ASCII_LETTER_OR_DIGIT.sub("", plain)
    return None if not spelled or spelled.isdigit() else spelled


def _letters(name: str) -> str:
    return _NO_LETTER.sub("", name.lower().replace("&", "and"))


def _unaccented(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


@cache
def _country_names() -> dict[str, str]:
    """Names and alpha-3 codes, in letters only, to codes. Read on first need: the platforms give codes, not names."""
    from babel import Locale
    from babel.core import get_global

    english = {code: name for code, name in Locale("en").territories.items() if code.lower() in _ISO_COUNTRIES}
    names = {_letters(way): code.lower() for code, name in english.items() for way in _ways_to_write(name)}
    # A code of a country that fell apart has several successors: that would be a guess.
    three = {
        old.lower(): new[0].lower()
        for old, new in get_global("territory_aliases").items()
        if len(old) == 3 and len(new) == 1
    }
    more = {name: code for code, names in _MORE_NAMES.items() for name in names.split()}
    return {key: code for key, code in (three | names | more).items() if code in _ISO_COUNTRIES}


def _ways_to_write(name: str) -> set[str]:
    saint = name.replace("St. ", "Saint ")
    return {name, saint, _unaccented(name), _unaccented(saint)}
