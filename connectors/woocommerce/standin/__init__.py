"""A stand-in for one WooCommerce store on loopback: wc-auth, its REST API, orders, webhooks, our plugin. Constructed.

Its own process (`python -m connectors.woocommerce.standin`), standard library only, and it shares no code with the
connector: it signs, verifies and words everything by itself, so that a mistake of ours cannot be repeated here and cancel
out. It behaves as WooCommerce 10.0.2 was measured to, traps included; what was only read in its source says so, and what
nobody looked at is marked "unverified".

It believes everyone who reaches its doors under /_standin, keeps all in memory, listens on loopback only and sends to
loopback only.
"""
