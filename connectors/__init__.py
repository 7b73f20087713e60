"""The platforms: what we know of each shop system, and nothing of who listens.

A connector turns a platform's signed webhooks into the events of `connectors.event`.
It does no I/O on that path, and knows neither Flask, nor SQL, nor the queue, nor Meta.
"""
