"""A stand-in for Shopify on loopback: shops, their admin, OAuth, the Admin API, webhooks. Constructed, not captured.

Its own process (`python -m connectors.shopify.standin`), standard library only, and it shares no code with the connector:
it signs, verifies and words everything by itself, so that a mistake of ours cannot be repeated here and cancel out. What
it does rests on Shopify's published documents; where those are silent it is strict, and says so with "unverified".

It believes everyone who reaches it, keeps all in memory, listens on loopback only and sends to loopback only.
"""
