"""Every reason the code can write beside a delivery has words that a merchant understands, and says what to do."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from integration.db.deliveries import State
from integration.meta import errors
from integration.meta.errors import Paused, Refused
from integration.pipeline.meeting import not_yet
from integration.pipeline.qualify import SOURCE_REASONS, NotYet
from integration.web import reason_words

ROOT = Path(__file__).parents[2] / "integration"
# Where reasons are made: the argument that is one, by what is called.
CALLS = dict.fromkeys(("Never", "NotYet", "Withhold", "Wait", "Paused", "Refused"), 0) | {
    "Opening": 1,
    "Set": 1,
    "stop_store": 3,
}
KEYWORDS = {"reason", "reason_untold"}
ROOMS = ("pipeline", "stores", "privacy", "meta", "db", "monitor")
# What is passed on there was made elsewhere, or is a word of Meta or of the shop that is looked for below.
PASSED_ON = {
    "None",
    "advice",
    "answer",
    "batch.dataset.reason",
    "dataset.reason",
    "decision.reason",
    "not_yet(verdict)",
    "one.reason",
    "order.status",
    "paused.scalar_subquery()",
    "reason",
    "reason_untold",
    "refusal",
    "row.reason",
    "str(error)",
    "text",
    "untold",
    "elsewhere",
    "observed(decision, test=isinstance(verdict, Counts) and verdict.test)",
}
# What these modules call a reason is none of a delivery's.
OTHERS = {
    *("db/webhooks.py", "pipeline/receive.py", "stores/reread.py", "stores/sweep.py"),  # of a webhook
    *("db/datasets.py", "monitor/golive.py"),  # of a dataset, of going live
    "meta/errors.py",  # asked itself, below
}


def reasons() -> Iterator[tuple[str, str]]:
    """Whatever is written down as a reason, and where."""
    for room in ROOMS:
        for path in sorted((ROOT / room).glob("[a-z]*.py")):
            where = f"{room}/{path.name}"
            if where not in OTHERS:
                yield from ((where, text) for text in in_module(path, f"integration.{room}.{path.stem}"))


def in_module(path: Path, name: str) -> Iterator[str]:
    module = importlib.import_module(name)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = CALLS.get(called)
            if place is not None and len(node.args) > place:
                yield from (_as_kept(called, text) for text in texts(node.args[place], module))
            yield from (text for one in node.keywords if one.arg in KEYWORDS for text in texts(one.value, module))


def _as_kept(called: str, text: str) -> str:
    return not_yet(NotYet(text)) if called == "NotYet" and not text.startswith("?") else text


def texts(node: ast.expr, module: Any) -> list[str]:
    """The texts an expression can be; one that cannot be known is told as `?` and what stands there."""
    if isinstance(node, ast.IfExp):
        return [*texts(node.body, module), *texts(node.orelse, module)]
    if isinstance(node, ast.BoolOp):
        return [text for one in node.values for text in texts(one, module)]
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "SOURCE_REASONS":
        return list(SOURCE_REASONS.values())
    text = plain(node, module)
    return [f"?{ast.unparse(node)}" if text is None else text]


def plain(node: ast.expr, module: Any) -> str | None:
    """A text as it stands, or one of the module's; of one with something in it, a 7 for that."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in node.values)
    found = getattr(module, node.id, None) if isinstance(node, ast.Name) else getattr(node, "value", None)
    return found if isinstance(found, str) else None


def test_every_reason_that_is_written_has_words() -> None:
    found = set(reasons())
    unknown = {(where, text[1:]) for where, text in found if text.startswith("?")}
    assert sorted((where, text) for where, text in unknown if text not in PASSED_ON) == []
    written = {(where, text) for where, text in found if not text.startswith("?")}
    assert len(written) > 20
    assert sorted((where, text) for where, text in written if reason_words.known_words(text) is None) == []


def answers() -> Iterator[str]:
    """What is written down of Meta's answers: of every code and subcode there may be, near enough."""
    for code in range(3_000):
        for subcode in (None, 33, *errors.ADVICE):
            told = errors.from_reply(400, {"error": {"code": code, "error_subcode": subcode}}, sent=1).next
            if isinstance(told, Paused):
                yield told.reason
            if isinstance(told, Refused):
                yield from (told.advice, f"Meta refuses all that is sent. {told.advice}")


def test_whatever_meta_answers_has_words() -> None:
    found = set(answers())
    assert {
        errors.TOKEN,
        errors.PERMISSION,
        errors.UNKNOWN_DATASET,
        errors.OLD_VERSION,
        *errors.ADVICE.values(),
    } <= found
    assert [text for text in found if reason_words.known_words(text) is None] == []


def test_every_state_has_words_and_an_unknown_reason_is_told_as_it_stands() -> None:
    for state in State:
        assert reason_words.of(state, None).why
    assert reason_words.of("dead", "something new").why == "Something new"


def test_what_a_reason_has_of_the_case_is_in_its_words() -> None:
    assert reason_words.of("skipped", "not yet: on-hold").why == "It does not count yet: your shop says “on-hold”."
    assert "subcode 7" in reason_words.of("dead", "Meta calls the event invalid (code 100, subcode 7).").why
    hostile = "not yet: {0.__class__}"
    assert "{0.__class__}" in reason_words.of("skipped", hostile).why


def test_all_words_are_sentences() -> None:
    for words in (*reason_words.BY_REASON.values(), *reason_words.BY_STATE.values()):
        assert words.why.endswith(".")
        assert words.mend.endswith(".")
        assert words.page is None or words.page.startswith("/") or words.page == ""
