"""One sale, as Shopify's sandbox and Shopify's webhook would each tell it. Constructed: made up field by field after the
references of the two; no sale was recorded from both sides.
"""

from dataclasses import dataclass
from typing import Any

TOKEN = "8c8bb04e5a9d907653b7b77938731b54"


@dataclass(frozen=True)
class Piece:
    """One position; the price of one piece, in the buyer's currency, as text."""

    price: str
    quantity: int = 1
    variant: str = "47210300010001"
    product: str = "8641200010001"
    sku: str = "LL-THROW-SAND"


@dataclass(frozen=True)
class Sale:
    """Amounts as text, in the buyer's currency. `paid_by`: the gateway, and Shopify's type of it in the sandbox."""

    total: str
    subtotal: str
    tax: str
    currency: str = "EUR"
    pieces: tuple[Piece, ...] = (Piece("49.00", 2),)
    id: str = "6310000000102"
    order_gid: str = "{id}"
    customer: str | None = "8123450000102"
    paid_by: tuple[str, str] = ("shopify_payments", "creditCard")
    status: str = "paid"
    shop_currency: str | None = None
    country: str = "DE"

    def event(self, name: str = "checkout_completed", **checkout: Any) -> dict[str, Any]:
        """What the sandbox publishes. Ids come as text, amounts as numbers."""
        order = {
            "id": self.order_gid.format(id=self.id),
            "customer": {"id": self.customer, "isFirstOrder": False} if self.customer else None,
        }
        gateway, kind = self.paid_by
        told = {
            "token": TOKEN,
            "currencyCode": self.currency,
            "email": "jonas.brandt@example.com",
            "phone": None,
            "billingAddress": {"firstName": "Jonas", "lastName": "Brandt", "countryCode": self.country},
            "shippingAddress": {"countryCode": self.country},
            "totalPrice": self._coin(self.total),
            "subtotalPrice": self._coin(self.subtotal),
            "totalTax": self._coin(self.tax),
            "lineItems": [self._published(piece) for piece in self.pieces],
        }
        if name == "checkout_completed":
            told["order"] = order
            told["transactions"] = [
                {"amount": told["totalPrice"], "gateway": gateway, "paymentMethod": {"name": gateway, "type": kind}}
            ]
        return {
            "id": f"sh-{name}-0001",
            "name": name,
            "data": {"checkout": told | checkout},
            "context": {
                "document": {
                    "location": {"href": "https://shop.example/", "origin": "https://shop.example", "search": ""}
                },
                "navigator": {"userAgent": "Mozilla/5.0 (constructed)"},
            },
        }

    def _coin(self, amount: str) -> dict[str, Any]:
        return {"amount": float(amount), "currencyCode": self.currency}

    def _published(self, piece: Piece) -> dict[str, Any]:
        variant = {
            "id": piece.variant,
            "sku": piece.sku,
            "price": self._coin(piece.price),
            "product": {"id": piece.product},
        }
        return {"id": piece.variant, "quantity": piece.quantity, "variant": variant}

    def body(self) -> dict[str, Any]:
        """orders/create. Ids come as numbers, amounts as text."""
        return {
            "id": int(self.id),
            "admin_graphql_api_id": f"gid://shopify/Order/{self.id}",
            "created_at": "2026-10-06T19:03:05+02:00",
            "updated_at": "2026-10-06T19:03:06+02:00",
            "financial_status": self.status,
            "confirmed": True,
            "cart_token": "hWN5bf86b08c039b96a1ed91",
            "checkout_token": TOKEN,
            "source_name": "web",
            "order_number": 1102,
            "email": "jonas.brandt@example.com",
            "payment_gateway_names": [self.paid_by[0]],
            "currency": self.shop_currency or self.currency,
            "presentment_currency": self.currency,
            "total_price_set": self._set(self.total),
            "subtotal_price_set": self._set(self.subtotal),
            "total_tax_set": self._set(self.tax),
            "customer": {"id": int(self.customer), "email": "jonas.brandt@example.com"} if self.customer else None,
            "line_items": [self._listed(piece) for piece in self.pieces],
        }

    def _set(self, amount: str) -> dict[str, Any]:
        """The shop's side is another amount wherever it is another currency, so that reading it would be seen."""
        theirs = {"amount": "1.11", "currency_code": self.shop_currency} if self.shop_currency else None
        ours = {"amount": amount, "currency_code": self.currency}
        return {"shop_money": theirs or ours, "presentment_money": ours}

    def _listed(self, piece: Piece) -> dict[str, Any]:
        return {
            "product_id": int(piece.product),
            "variant_id": int(piece.variant),
            "sku": piece.sku,
            "quantity": piece.quantity,
            "price_set": self._set(piece.price),
        }


CARD = Sale("98.00", "98.00", "15.65")
CASH = ("Cash on Delivery (COD)", "manualPayment")
BANK = ("Bank Deposit", "manualPayment")
