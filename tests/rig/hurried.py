"""The production server's worker with less patience, so that tests need none. Gunicorn imports it by name."""

from integration.web.reception import Reception


class Hurried(Reception):
    """Waits a second where the real one waits twenty, or fifteen."""

    arrival_seconds = taking_seconds = 1.0
