"""What is signed is the bytes as sent, with the secret of whoever is meant: facts/reliability.md section 4, T1 to T5."""

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors import signature
from integration import config
from integration.errors import Misconfigured
from tests.web.bad_input.scene import ACCEPTED, Scene, status

ROOT = Path(__file__).parents[2]
SECRETIVE = ("signature", "hmac", "digest", "secret", "sha256")


def test_t1_a_body_is_verified_as_it_was_sent_and_a_tidied_copy_is_refused(scene: Scene) -> None:
    post = scene.post(scene.shop("shopify"))
    odd = json.dumps(json.loads(post.body), indent=3).replace("/", "\\/").encode()
    tidy = json.dumps(json.loads(odd), separators=(",", ":")).encode()
    good = post.with_body(odd)

    assert json.loads(odd) == json.loads(tidy)
    assert scene.send(replace(good, body=tidy)).status_code == 401
    assert status(scene.send(good)) == ACCEPTED


def comparisons(source: str) -> Iterator[str]:
    """Where two values are compared, one of which has a name that tells of a secret. Columns and constants are none:
    `.c.` is for the database, which looks up hashes of what nobody can guess.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
            sides = [one for one in (node.left, *node.comparators) if isinstance(one, ast.Name | ast.Attribute)]
            names = [ast.unparse(one) for one in sides]
            in_database = any(".c." in name for name in names)
            if not in_database and any(word in name for name in names for word in SECRETIVE):
                yield f"line {node.lineno}: {ast.unparse(node)}"


def test_t2_no_signature_or_secret_is_compared_by_equality() -> None:
    """`==` ends at the first byte that differs, and so tells how many were right."""
    files = [path for place in ("connectors", "integration") for path in (ROOT / place).rglob("*.py")]
    ours = [path for path in files if "standin" not in path.parts]

    assert len(ours) > 100
    assert [(path.name, line) for path in ours for line in comparisons(path.read_text())] == []
    assert list(comparisons("given == row.webhook_secret")) == ["line 1: given == row.webhook_secret"]


@pytest.mark.parametrize("secret", ["", " ", "short"])
def test_t4_an_empty_or_weak_app_secret_refuses_to_start(secret: str, tmp_path: Path) -> None:
    surroundings = {"TANDEM_DATA_DIR": str(tmp_path), "SHOPIFY_API_KEY": "key", "SHOPIFY_API_SECRET": secret}
    with pytest.raises(Misconfigured, match="SHOPIFY_API_SECRET"):
        config.load(surroundings)


def test_t4_a_body_signed_with_the_empty_secret_is_refused(scene: Scene) -> None:
    post = scene.post(scene.shop("shopify"))

    assert scene.send(post.signed_as(signature.sign(post.body, ""))).status_code == 401
    assert status(scene.send(post)) == ACCEPTED


def test_t5_another_stores_secret_does_not_open_this_stores_address(scene: Scene) -> None:
    mine, other = scene.shop("woocommerce"), scene.shop("woocommerce")
    post = scene.post(mine)

    assert scene.send(post.signed_by(other.secret)).status_code == 401
    assert scene.rows(mine) == []
    assert status(scene.send(post)) == ACCEPTED
