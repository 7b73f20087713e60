"""Meta's language: events, hashing, the one client to the Graph API; knows no platform."""
