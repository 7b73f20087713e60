"""Addresses of pages at Meta. For people to click: nothing of ours asks there.

That Events Manager still takes these paths is unverified: Meta documents none, though many link to them.
"""

_EVENTS_MANAGER = "https://business.facebook.com/events_manager2"


def overview() -> str:
    """All datasets of whoever is signed in there."""
    return f"{_EVENTS_MANAGER}/"


def settings(dataset_id: str) -> str:
    """Where the token of a dataset is made."""
    return f"{_EVENTS_MANAGER}/list/dataset/{dataset_id}/settings"


def test_events(dataset_id: str) -> str:
    """Where test events are shown, with the code."""
    return f"{_EVENTS_MANAGER}/list/dataset/{dataset_id}/test_events"
