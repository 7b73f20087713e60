import pytest

EMPTY = dict.fromkeys(
    ("first_name", "last_name", "company", "address_1", "city", "state", "postcode", "country", "email", "phone"), ""
)
SOMEWHERE = EMPTY | {"city": "Lyon", "postcode": "69001", "country": "FR"}


def test_a_guest_has_no_customer_id(told):
    """Quirk: customer_id 0."""
    assert told(customer_id=0)[0].customer.id is None
    assert told(customer_id=34)[0].customer.id == "34"


def test_empty_texts_are_nothing(told):
    """Quirk: REST and admin orders may have every field empty."""
    customer = told(billing=EMPTY, shipping=EMPTY)[0].customer
    assert (customer.email, customer.phone, customer.first_name, customer.city) == (None, None, None, None)


@pytest.mark.parametrize("billing", [None, [], {}, "x", 5])
def test_a_billing_address_of_another_shape_is_an_empty_one(told, billing):
    """Quirk: PHP writes an empty object as []."""
    event = told(billing=billing, shipping=SOMEWHERE | {"first_name": "Rémi"})[0]
    assert event.customer.email is None
    assert (event.customer.first_name, event.customer.city) == ("Rémi", "Lyon")


def test_a_name_or_a_place_that_billing_lacks_is_taken_whole_from_shipping(told):
    billing = EMPTY | {"first_name": "Ada", "country": "US", "state": "CA"}
    customer = told(billing=billing, shipping=SOMEWHERE | {"first_name": "Rémi", "last_name": "Exemple"})[0].customer
    assert (customer.first_name, customer.last_name) == ("Ada", None)
    assert (customer.city, customer.state, customer.postcode, customer.country) == ("Lyon", None, "69001", "FR")


def test_a_country_alone_is_kept_where_shipping_tells_no_more(told):
    customer = told(billing=EMPTY | {"country": "US", "state": "CA"}, shipping=EMPTY)[0].customer
    assert (customer.country, customer.state) == ("US", "CA")


def test_the_phone_is_the_billing_ones_and_else_the_parcels(told):
    assert told(billing=SOMEWHERE | {"phone": "1"}, shipping=EMPTY | {"phone": "2"})[0].customer.phone == "1"
    assert told(billing=SOMEWHERE, shipping=EMPTY | {"phone": "2"})[0].customer.phone == "2"


def test_nothing_typed_is_tidied(told):
    """Quirk: phones come as typed, e-mail addresses keep their capitals."""
    billing = SOMEWHERE | {
        "email": "Ada.Fernwood@Example.COM",
        "phone": "(408) 996-1010 #12",
        "last_name": "O'Brien-Smith",
    }
    customer = told(billing=billing)[0].customer
    assert customer.email == "Ada.Fernwood@Example.COM"
    assert (customer.phone, customer.last_name) == ("(408) 996-1010 #12", "O'Brien-Smith")


@pytest.mark.parametrize(
    ("country", "given", "state"),
    [
        ("DE", "DE-NW", "NW"),
        ("JP", "JP13", "13"),
        ("UG", "UG314", "314"),
        ("PY", "PY-ASU", "ASU"),
        ("EG", "EGALX", "ALX"),
        ("RS", "RS00", "00"),
        ("RS", "RSKM", "KM"),
        ("US", "CA", "CA"),
        ("IE", "D", "D"),
        ("MX", "MX", "MX"),
        ("CA", "CA", "CA"),
        ("IT", "ITALY", "ITALY"),
        ("IT", "IT-Toscana", "IT-Toscana"),
        ("FR", "DE-NW", "DE-NW"),
        ("", "DE-NW", "DE-NW"),
        ("DE", "", None),
    ],
)
def test_the_country_is_taken_off_a_state_code_where_woocommerce_puts_it_in_front(told, country, given, state):
    """Quirk: its own list writes DE-NW, JP13 and EGALX, but CA for California."""
    event = told(billing=SOMEWHERE | {"country": country, "state": given})[0]
    assert event.customer.state == state


def test_the_region_is_billings_and_else_the_parcels(told):
    berlin = SOMEWHERE | {"country": "DE", "state": "DE-BE"}
    assert told(billing=berlin, shipping=SOMEWHERE)[0].region == ("DE", "BE")
    assert told(billing=EMPTY, shipping=berlin)[0].region == ("DE", "BE")
    assert told(billing=EMPTY, shipping=EMPTY)[0].region == (None, None)


def test_a_null_character_or_a_cut_emoji_in_a_name_costs_nothing(told):
    """W62, W63."""
    customer = told(billing=SOMEWHERE | {"first_name": "A\x00da", "last_name": "F\ud83d"})[0].customer
    assert customer.first_name == "Ada"
    assert customer.last_name == "F\ufffd"
