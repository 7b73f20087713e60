"""Whom a request is about, in the terms in which the ledger can find them."""

from typing import NamedTuple


class Wanted(NamedTuple):
    """`hmacs`: keyed HMACs of an e-mail address, a phone number or a customer id; `order_ids`: the platform's own."""

    hmacs: frozenset[str]
    order_ids: tuple[str, ...]
