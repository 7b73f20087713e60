"""Tandem, the service: takes webhooks in, tells Meta once, keeps the proof."""

__version__ = "0.1.0"
