"""What a store's platform, and our half in its storefront, are told of us."""

from collections.abc import Sequence

from connectors import registry
from connectors.access import Endpoint, PixelPlan, Storefront
from integration.db import datasets, reading
from integration.db.stores import Store
from integration.pipeline.signers import own_secrets
from integration.store_settings import PixelOwner
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
    with reading(platforms.engine) as connection:
        attached = datasets.of_store(connection, store.id)
    public_url = platforms.app(store.platform).public_url
    planned = plan(store, [one.dataset_id for one in attached], public_url=public_url)
    return Storefront(store.public_key, public_url, endpoint(platforms, store), planned)


def plan(store: Store, dataset_ids: Sequence[str], *, public_url: str) -> PixelPlan:
    """What the storefront's Pixel tells of this store, for the store's own server. Pure."""
    settings = store.settings
    return PixelPlan(
        beacon=f"{public_url}/s/{store.public_key}",
        tells=store.live and store.uninstalled_at is None and settings.pixel is PixelOwner.OURS,
        datasets=tuple(dataset_ids),
        events=tuple(event_name for event_name, route in settings.routing if route.by_pixel),
        purchase_when=settings.purchase_when,
        cod_when=settings.cod_when,
        event_id_template=settings.event_id_template,
        store_key=store.short_key,
        content_id_template=settings.content_id_template,
        value_basis=settings.value_basis,
        limited_data_use=settings.limited_data_use,
        carrier=settings.pixel_carrier,
        leave_out=tuple(sorted(settings.leave_out)),
        never_named=settings.never_named,
    )


def public_plan(store: Store, dataset_ids: Sequence[str], *, public_url: str) -> PixelPlan:
    """The same as anybody may read it: what is sensitive to the merchant is not listed for everyone. Pure."""
    return registry.get(store.platform).public_plan(plan(store, dataset_ids, public_url=public_url))
