"""Connecting a shop by redirects: the authorization-code grant, for a merchant who comes to us first.

An embedded app that is installed from Shopify's own pages needs none of it: see `sessions`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from connectors.access import App, Grant, Http, HttpAnswer, Returned
from connectors.errors import ConnectorError, CredentialsRejected, RequestMalformed, RequestRefused, Unreachable
from connectors.shopify import addresses, queries, tokens

CALLBACK = "/shopify/callback"

_CODE = re.compile(r"[A-Za-z0-9._~-]{1,400}", re.ASCII)
_STATE = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)


class ShopifyOAuth:
    """See `connectors.access.OAuth`."""

    def asked(self, app: App, raw_query: str, now: datetime) -> str:
        """The shop's domain, where Shopify signed the query; or where nobody signed it and it names a shop.

        What is not signed may begin too: all it leads to is that shop's own consent page, and whoever comes back from
        there needs the state and the browser it was made for. Raises RequestRefused for a bad or old signature.
        """
        values = queries.read(raw_query)
        if queries.HMAC in values:
            queries.signed(app, values, now)
        return queries.shop_of(values)

    def consent_address(self, app: App, domain: str, state: str) -> str:
        """The shop's page that asks the merchant. Raises RequestRefused for what is no shop."""
        if addresses.shop(domain) != domain:
            raise RequestRefused("This is no shop's address under myshopify.com.")
        asked = {
            "client_id": app.key,
            "scope": ",".join(tokens.SCOPES),
            "redirect_uri": f"{app.public_url}{CALLBACK}",
            "state": state,
        }
        return f"{addresses.shop_url(app, domain)}/admin/oauth/authorize?{urlencode(asked)}"

    def returned(self, app: App, raw_query: str, now: datetime) -> Returned:
        """Who came back. Raises RequestRefused unless Shopify signed it just now, with a shop, a state and a code."""
        values = queries.read(raw_query)
        queries.signed(app, values, now)
        domain = queries.shop_of(values)
        return Returned(domain, state=_matching(values, "state", _STATE), code=_matching(values, "code", _CODE))

    def redeem(self, app: App, http: Http, returned: Returned, now: datetime) -> Grant:
        """The code's grant: one that expires, as public apps made since 2026-04-01 must have.

        A code is good once. Raises CredentialsRejected for one that is not, and where the merchant granted too little.
        """
        asked = {"code": returned.code, "expiring": "1"}
        return tokens.sure_of_scopes(tokens.ask(app, http, returned.domain, asked, now, _code_refused))

    def renew(self, app: App, http: Http, domain: str, grant: Grant, now: datetime) -> Grant:
        """The next pair. Scopes are not judged here: a token that may do less than we ask is better than none.

        Until the new token is first used, the old pair stays good (since 2026-08-28), so an answer lost on its way
        costs nothing.
        """
        if grant.refresh_token is None:
            raise CredentialsRejected("Shopify gave no way to renew this shop's token.")
        asked = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
        ended = grant.refresh_expires_at is not None and grant.refresh_expires_at <= now

        def refused(answer: HttpAnswer) -> ConnectorError:
            return _renewal_refused(answer, ended=ended)

        return tokens.successor(tokens.ask(app, http, domain, asked, now, refused), grant, now)


OAUTH = ShopifyOAuth()


def _matching(values: Mapping[str, str], key: str, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(values.get(key, "")):
        raise RequestMalformed("This address lacks something that Shopify sends.")
    return values[key]


def _code_refused(answer: HttpAnswer) -> ConnectorError:  # noqa: ARG001 (whatever it says, this code is spent)
    return CredentialsRejected("Shopify does not take this installation's code, or not again. Start it again.")


def _renewal_refused(answer: HttpAnswer, *, ended: bool) -> ConnectorError:
    """A 400 may also be our own mistake, and one of ours must not disconnect every shop."""
    if ended or tokens.is_over(answer):
        return CredentialsRejected("Shopify does not renew this shop's token any more.")
    return Unreachable("Shopify declined to renew a token and did not say that it is over.")
