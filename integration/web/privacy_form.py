"""What a merchant types about a person, or chooses to keep back, read from the form. Pure.

What was typed stands in no sentence here: it would come back in a page, and from there into somebody's log.
"""

import re
from collections.abc import Mapping, Sequence

from connectors.errors import RequestMalformed
from connectors.event import PrivacyKind, PrivacyRequest
from integration.privacy import person

# What a merchant may ask for; a store is erased by another way.
DEMANDS = (PrivacyKind.CUSTOMER_DATA, PrivacyKind.CUSTOMER_ERASURE)
MOST_ORDERS, LONGEST_ID, LONGEST_EMAIL, LONGEST_PHONE = 100, 64, 254, 40
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_ID = re.compile(rf"[!-~]{{1,{LONGEST_ID}}}")
_BETWEEN = re.compile(r"[\s,;#]+")


def demand(form: Mapping[str, str], site: str) -> PrivacyRequest:
    """The request. Raises RequestMalformed, with what to change."""
    told = {name: form.get(name, "").strip() for name in ("demand", "email", "phone", "customer_id", "order_ids")}
    if told["demand"] not in DEMANDS:
        raise RequestMalformed("Choose what is to be done: the person’s data, or their erasure.")
    if told["email"] and not (len(told["email"]) <= LONGEST_EMAIL and _EMAIL.fullmatch(told["email"])):
        raise RequestMalformed("The e-mail address is not one.")
    if told["phone"] and not (len(told["phone"]) <= LONGEST_PHONE and person.is_whole_phone(told["phone"])):
        raise RequestMalformed("Type the phone number with its country’s code, such as +49 202 55501.")
    order_ids = tuple(filter(None, _BETWEEN.split(told["order_ids"])))
    if not all(map(_ID.fullmatch, filter(None, (told["customer_id"], *order_ids)))) or len(order_ids) > MOST_ORDERS:
        raise RequestMalformed(f"Ids are letters and digits without spaces; up to {MOST_ORDERS} orders at once.")
    if not (told["email"] or told["phone"] or told["customer_id"] or order_ids):
        raise RequestMalformed("Name the person: by e-mail address, phone number, customer id or order ids.")
    named = {name: told[name] or None for name in ("customer_id", "email", "phone")}
    return PrivacyRequest(kind=PrivacyKind(told["demand"]), site=site, order_ids=order_ids, **named)


def kept_back(left_out: Sequence[str], never_named: str) -> dict[str, str]:
    """The two settings as `store_settings` reads them: checked boxes, and a pattern a line."""
    return {"leave_out": ",".join(left_out), "never_named": ",".join(never_named.splitlines())}
