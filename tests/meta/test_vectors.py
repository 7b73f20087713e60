"""Vectors collected from Meta's documentation and libraries, run against our rules. They lie outside the repository."""

import json
from collections import Counter
from pathlib import Path

import pytest

from integration.meta.hashing import FIELDS, normalize

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus/meta/normalization-vectors.json"
VECTORS = json.loads(CORPUS.read_text()) if CORPUS.exists() else []

LAW_FIELDS = set("em ph fn ln db ge ct st zp country external_id fbc client_ip_address".split())
# Currency is upper-case here, and a browser id is only ever passed on: the vector wants one made.
DIFFERENT_BY_DESIGN = {"currency", "fbp"}
NOT_SENT = set("dobd dobm doby f5first f5last fi appendix subdomain_index".split())

LAW = [vector for vector in VECTORS if vector["field"] in LAW_FIELDS and not vector["disputed"]]
DISPUTED = [vector for vector in VECTORS if vector["field"] in LAW_FIELDS and vector["disputed"]]

needs_corpus = pytest.mark.skipif(not VECTORS, reason="no ../shared/corpus beside the repository")


def _each(vectors):
    if not vectors:
        return [pytest.param(None, marks=needs_corpus)]
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


def _agrees(vector):
    told = normalize(vector["field"], vector["input"], vector.get("context") or {})
    wanted_hash = None if vector.get("hashed") is False else vector["expected_sha256"]
    return (told.normalized, told.sha256) == (vector["expected_normalized"], wanted_hash)


@pytest.mark.parametrize("vector", _each(LAW))
def test_an_undisputed_vector_is_law(vector):
    assert _agrees(vector)


@pytest.mark.parametrize("vector", _each(DISPUTED))
def test_a_disputed_vector_is_followed_as_recommended(vector):
    assert _agrees(vector)


@needs_corpus
def test_every_vector_is_law_or_disputed_or_known_to_be_neither(record_property):
    outside = Counter(vector["field"] for vector in VECTORS if vector["field"] not in LAW_FIELDS)
    for field, count in outside.items():
        record_property(f"vectors out of the law: {field}", count)
    assert set(outside) <= DIFFERENT_BY_DESIGN | NOT_SENT
    assert len(LAW) + len(DISPUTED) + outside.total() == len(VECTORS)
    assert set(FIELDS) >= LAW_FIELDS | DIFFERENT_BY_DESIGN
