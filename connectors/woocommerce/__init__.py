"""WooCommerce: what its webhooks say and how it signs them."""
