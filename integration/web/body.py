"""The bytes of a request exactly as sent, for those whose signature is over them, and short JSON answers."""

from typing import Any

from flask import Response, abort, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge


def taken(most: int, words: str) -> bytes:
    """Of at most `most` bytes, `words` for people. Answers by itself where they are encoded (415), too many (413) or not all there (400)."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        # The signature is over the bytes as sent, and nothing of a stranger's is ever inflated.
        abort(told(415, {"error": "the body must not be encoded"}))
    # One byte more than may be: a chunked body says no length beforehand, and must not be taken cut short.
    request.max_content_length = most + 1
    try:
        body = request.get_data(cache=False, parse_form_data=False)
    except RequestEntityTooLarge:
        body = None
    except Exception:  # noqa: BLE001 (each server has its own words for broken chunks and for a sender that left)
        abort(told(400, {"error": "the body did not arrive whole"}))
    if body is None or len(body) > most:
        abort(told(413, {"error": f"the body is larger than {words}"}))
    return body


def told(status: int, answer: dict[str, Any]) -> Response:
    """A short answer in JSON."""
    response = jsonify(answer)
    response.status_code = status
    return response
