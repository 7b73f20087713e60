"""The production server's worker with less patience, so that tests need none. Gunicorn imports it by name."""

from integration.web.reception import Reception


class Hurried(Reception):
    """Waits a second where the real one waits twenty, or fifteen."""

    arrival_seconds = taking_seconds = 1.0
    answer_room, most_untaken = 4_096, 10**9  # any answer is as a file to it
