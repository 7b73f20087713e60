"""What a store's platform, and our half in its storefront, are told of us."""

from connectors import registry
from connectors.access import Endpoint, Storefront
from integration.db.stores import Store
from integration.pipeline.signers import own_secrets
from integration.stores.platforms import Platforms


def endpoint(platforms: Platforms, store: Store, *, renew: bool = False) -> Endpoint:
    """Where this store's webhooks are to go, and, where it has a secret of its own, what they are to be signed with.
    `renew`: those there are may not know it yet.
    """
    path = registry.get(store.platform).webhook_path(store.webhook_key)
    secret = next(iter(own_secrets(platforms.sealer, store)), None)
    return Endpoint(platforms.app(store.platform).public_url + path, secret, renew=renew)


def storefront(platforms: Platforms, store: Store) -> Storefront:
    """What our code in this store's storefront has to know."""
    return Storefront(store.public_key, platforms.app(store.platform).public_url, endpoint(platforms, store))
