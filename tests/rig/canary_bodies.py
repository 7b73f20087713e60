"""What the shops tell of the canary: who buys, and who is also named where nobody would look for a name."""

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import registry
from tests.rig.canary import BROWSER, PERSON


def sampled(platform: str, topic: str, case: str, order_id: str, domain: str) -> bytes:
    """A body of that platform's, of an order that was placed five minutes ago."""
    placed_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    body = registry.sample(platform, topic, case)
    return registry.get(platform).restage(body, order_id=order_id, placed_at=placed_at, domain=domain)


def about_the_canary(body: dict[str, Any]) -> dict[str, Any]:
    """The same of the canary, who is also named where nobody would look for a name."""
    first, last, email, phone = (PERSON[name] for name in ("first_name", "last_name", "email", "phone"))
    where = {"address1": PERSON["street"], "city": PERSON["city"], "zip": "50667", "country_code": "DE"}
    address = {"first_name": first, "last_name": last, "name": f"{first} {last}", "phone": phone, **where}
    customer = {"id": 8_200_000_007_007, "email": email, "phone": phone, "first_name": first, "last_name": last}
    everywhere = f"For {first} {last}, {PERSON['street']}, {PERSON['city']}, {email}, {phone}"
    odd = {"note": everywhere, "tags": everywhere, "landing_site": f"/?email={email}&fbclid={BROWSER['click']}"}
    odd |= {"referring_site": f"https://mail.example.com/{email}?to={phone}", "browser_ip": BROWSER["ip"]}
    odd |= {"client_details": {"browser_ip": BROWSER["ip"], "user_agent": BROWSER["user_agent"]}}
    odd |= {"note_attributes": [{"name": "gift for", "value": everywhere}, {"name": email, "value": phone}]}
    lines = [
        {**line, "name": everywhere, "title": everywhere, "properties": [{"name": "Engraving", "value": everywhere}]}
        for line in body.get("line_items", [])
    ]
    known = {"email": email, "contact_email": email, "phone": phone, "customer": customer, **odd}
    if "transactions" in body:  # a refund
        return body | {"note": everywhere}
    return body | known | {"billing_address": address, "shipping_address": address, "line_items": lines}


def woocommerce_fields() -> dict[str, Any]:
    """Of an order in the stand-in for WooCommerce."""
    names = {"first_name": PERSON["first_name"], "last_name": PERSON["last_name"]}
    where = {"address_1": PERSON["street"], "address_2": "", "city": PERSON["city"], "company": ""}
    where |= {"state": "", "postcode": "50667", "country": "DE"}
    billing = {**names, **where, "email": PERSON["email"], "phone": PERSON["phone"]}
    fields = {"billing": billing, "shipping": {**names, **where, "phone": ""}}
    return fields | {"ip": BROWSER["ip"], "agent": BROWSER["user_agent"]}
