"""Orders and refunds as REST and webhooks tell them (wc/v3), and as they are at that moment. Pure.

The order of the keys is the recorded one.
"""

from decimal import Decimal
from typing import Any

from connectors.woocommerce.standin.orders import ZERO, Line, Meta, Order, Refund
from connectors.woocommerce.standin.site import Site

_ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_EDITABLE = ("pending", "on-hold", "auto-draft")
_PAYABLE = ("pending", "failed", "checkout-draft")
_RATE = 1  # the id of the one tax rate


def order_body(site: Site, order: Order, home: str | None = None) -> dict[str, Any]:
    """GET orders/<id>, and the body of order.created, order.updated and order.restored. `home`: as the caller came."""
    base = home or site.home
    local = {f"date_{name}": site.local(moment) for name, moment in _moments(order).items()}
    gmt = {f"date_{name}_gmt": site.gmt(moment) for name, moment in _moments(order).items()}
    return {
        "id": order.id,
        "parent_id": 0,
        "status": "trash" if order.trashed else order.status,
        "currency": order.currency,
        "version": site.woocommerce,
        "prices_include_tax": order.prices_include_tax,
        "date_created": local["date_created"],
        "date_modified": local["date_modified"],
        "discount_total": order.money(ZERO),
        "discount_tax": order.money(ZERO),
        "shipping_total": order.money(order.shipping_total),
        "shipping_tax": order.money(order.shipping_tax),
        "cart_tax": order.money(order.cart_tax),
        "total": order.money(order.total),
        "total_tax": order.money(order.cart_tax + order.shipping_tax),
        "customer_id": order.customer_id,
        "order_key": order.key,
        "billing": order.billing,
        "shipping": order.shipping,
        "payment_method": order.payment_method,
        "payment_method_title": order.payment_title,
        "transaction_id": order.transaction_id,
        "customer_ip_address": order.ip,
        "customer_user_agent": order.agent,
        "created_via": order.via,
        "customer_note": "",
        "date_completed": local["date_completed"],
        "date_paid": local["date_paid"],
        "cart_hash": order.cart_hash,
        "number": order.number or str(order.id),
        "meta_data": [_meta(one) for one in _sorted(order.meta, by_key=site.hpos)],
        "line_items": [_line(order, line) for line in order.lines],
        "tax_lines": [_tax_line(order, order.cart_tax, order.shipping_tax)] if order.tax_rate else [],
        "shipping_lines": [_shipping_line(order)] if order.shipping_total else [],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [_told_refund(order, one) for one in _newest_first(order.refunds)],
        "payment_url": f"{base}/checkout/order-pay/{order.id}/?pay_for_order=true&key={order.key}",
        "is_editable": order.status in _EDITABLE,
        "needs_payment": order.status in _PAYABLE and order.total > 0,
        "needs_processing": not order.virtual,
        **gmt,
        "currency_symbol": order.symbol,
        "_links": _links(site, base, order),
    }


def refund_body(site: Site, order: Order, refund: Refund, home: str | None = None) -> dict[str, Any]:
    """One of GET orders/<id>/refunds: positive amount, negative lines. The order's own body tells less."""
    route = f"/wc/v3/orders/{order.id}"
    return {
        "id": refund.id,
        "date_created": site.local(refund.created),
        "date_created_gmt": site.gmt(refund.created),
        "amount": order.money(refund.amount),
        "reason": refund.reason,
        "refunded_by": 1,
        "refunded_payment": refund.paid_back,
        "meta_data": [],
        "line_items": [_line(order, line, of=line.id) for line in refund.lines],
        "shipping_lines": [],
        "tax_lines": [_tax_line(order, sum((line.tax for line in refund.lines), ZERO), ZERO)] if refund.lines else [],
        "fee_lines": [],
        "_links": {
            "self": [
                {
                    "href": site.rest_url(f"{route}/refunds/{refund.id}", home),
                    "targetHints": {"allow": ["GET", "DELETE"]},
                }
            ],
            "collection": [{"href": site.rest_url(f"{route}/refunds", home)}],
            "up": [{"href": site.rest_url(route, home)}],
        },
    }


def newest_refunds(order: Order) -> list[Refund]:
    """As every listing has them."""
    return _newest_first(order.refunds)


def _moments(order: Order) -> dict[str, float | None]:
    return {
        "created": order.created,
        "modified": order.modified,
        "completed": order.completed,
        "paid": order.paid,
    }


def _newest_first(refunds: list[Refund]) -> list[Refund]:
    return sorted(refunds, key=lambda one: (one.created, one.id), reverse=True)


def _sorted(meta: list[Meta], *, by_key: bool) -> list[Meta]:
    """HPOS reads meta sorted by key, the posts table in the order it was written."""
    return sorted(meta, key=lambda one: one.key) if by_key else meta


def _meta(one: Meta) -> dict[str, Any]:
    return {"id": one.id, "key": one.key, "value": one.value}


def _told_refund(order: Order, refund: Refund) -> dict[str, Any]:
    return {"id": refund.id, "reason": refund.reason, "total": f"-{order.money(refund.amount)}"}


def _line(order: Order, line: Line, of: int | None = None) -> dict[str, Any]:
    """A line item; of a refund where `of` names the line it is about."""
    total, tax = order.money(line.total), order.money(line.tax)
    meta = [_choice(line.id, *line.choice)] if line.choice else []
    if of is not None:
        meta = [{"id": of, "key": "_refunded_item_id", "value": str(of)}]
        meta = [{**one, "display_key": one["key"], "display_value": one["value"]} for one in meta]
    return {
        "id": line.id,
        "name": line.name,
        "product_id": line.product_id,
        "variation_id": line.variation_id,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": total,
        "subtotal_tax": tax,
        "total": total,
        "total_tax": tax,
        "taxes": [{"id": _RATE, "total": tax, "subtotal": tax}] if order.tax_rate else [],
        "meta_data": meta,
        "sku": line.sku,
        "price": float(line.total / line.quantity) if line.quantity else 0,
        "image": {"id": "", "src": ""} if line.parent_name is None else {"id": 0, "src": ""},
        "parent_name": line.parent_name,
    }


def _choice(line_id: int, name: str, value: str) -> dict[str, Any]:
    told = {"id": 1000 + line_id, "key": name, "value": value}
    return {**told, "display_key": name.capitalize(), "display_value": value}


def _tax_line(order: Order, on_lines: Decimal, on_shipping: Decimal) -> dict[str, Any]:
    return {
        "id": order.id * 10 + 1,
        "rate_code": f"{order.tax_name.upper()}-1",
        "rate_id": _RATE,
        "label": order.tax_name,
        "compound": False,
        "tax_total": order.money(on_lines),
        "shipping_tax_total": order.money(on_shipping),
        "rate_percent": float(order.tax_rate),
        "meta_data": [],
    }


def _shipping_line(order: Order) -> dict[str, Any]:
    tax = order.money(order.shipping_tax)
    return {
        "id": order.id * 10 + 2,
        "method_title": "Flat rate",
        "method_id": "flat_rate",
        "instance_id": "1",
        "total": order.money(order.shipping_total),
        "total_tax": tax,
        "taxes": [{"id": _RATE, "total": tax, "subtotal": ""}] if order.tax_rate else [],
        "tax_status": "taxable",
        "meta_data": [],
    }


def _links(site: Site, home: str, order: Order) -> dict[str, Any]:
    own = site.rest_url(f"/wc/v3/orders/{order.id}", home)
    return {
        "self": [{"href": own, "targetHints": {"allow": _ALL}}],
        "collection": [{"href": site.rest_url("/wc/v3/orders", home)}],
        "email_templates": [{"embeddable": True, "href": f"{own}/actions/email_templates"}],
    }
