"""Who buys, by country, and how much tax is put on it. Nobody of these exists; all addresses are at example.com. Pure."""

from decimal import Decimal

_FIELDS = ("first_name", "last_name", "address_1", "city", "state", "postcode", "country", "phone")
_BUYERS = {
    "US": ("Noah", "Barlow", "41 Alder Way", "Oakland", "CA", "94601", "US", "(510) 555-0142"),
    "DE": ("Mira", "Vogel", "Lindenstraße 7", "Köln", "DE-NW", "50667", "DE", "0221 / 555 01-67"),
    "GB": ("Ada", "Whitfield", "3 Mill Lane", "Leeds", "", "LS1 4AP", "GB", "0113 496 0107"),
    "FR": ("Léa", "Fournier", "12 rue des Tanneurs", "Lyon", "", "69002", "FR", "04 65 71 00 18"),
    "JP": ("Haru", "Sakai", "2-11 Shimogyo", "Kyoto", "JP26", "600-8216", "JP", "075-555-0131"),
    "IN": ("Asha", "Menon", "88 Hill Road", "Mumbai", "MH", "400050", "IN", "098765 01142"),
    "BR": ("Caio", "Ramos", "Rua das Flores 19", "São Paulo", "SP", "01310-100", "BR", "(11) 5550-0121"),
    "KW": ("Noor", "Haddad", "Block 4, Street 12", "Kuwait City", "", "13001", "KW", "2255 0113"),
}
_PERCENT = {"US": "8.25", "DE": "19", "GB": "20", "FR": "20", "JP": "10", "IN": "18"}
_TAXES = {"US": "CA Tax", "DE": "MwSt.", "GB": "VAT", "FR": "TVA", "JP": "JCT", "IN": "GST"}


def billing(country: str, number: int) -> dict[str, str]:
    """A billing address as it was typed; `number` tells the buyers apart."""
    known = _BUYERS.get(
        country, ("Kim", "Example", "1 Example Street", "Springfield", "", "00000", country, "555-0100")
    )
    told = dict(zip(_FIELDS, known, strict=True))
    return {
        "first_name": told["first_name"],
        "last_name": told["last_name"],
        "company": "",
        "address_1": told["address_1"],
        "address_2": "",
        "city": told["city"],
        "state": told["state"],
        "postcode": told["postcode"],
        "country": told["country"],
        "email": f"{told['first_name']}.{number}@example.com",
        "phone": told["phone"],
    }


def shipping(address: dict[str, str]) -> dict[str, str]:
    """The same, without what only bills have."""
    told = {key: value for key, value in address.items() if key != "email"}
    return {**told, "phone": ""}


def tax(country: str) -> tuple[Decimal, str]:
    """How many percent, and how the tax is called."""
    return Decimal(_PERCENT.get(country, "0")), _TAXES.get(country, "Tax")
