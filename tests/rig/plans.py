"""A plan for the storefront's Pixel, as a store with the usual settings has it."""

from connectors.access import PixelPlan
from integration.store_settings import PRESET

PLAN = PixelPlan(
    beacon="https://tandem.example/s/0123456789abcdef0123456789abcdef",
    tells=True,
    datasets=("1234567890123456",),
    events=tuple(event_name for event_name, route in PRESET.items() if route.by_pixel),
    purchase_when="paid",
    cod_when="placed",
    event_id_template="{order_id}",
    store_key="01234567",
    content_id_template="{variant_id}",
    value_basis="total",
    limited_data_use="auto",
    carrier="fbq",
)
