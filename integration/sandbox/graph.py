"""The events edge: judge a call, let the script spoil it, write the journal, and only then answer."""

from dataclasses import replace
from typing import Any

from integration.sandbox import rules
from integration.sandbox.access import fingerprint
from integration.sandbox.counts import SERVER
from integration.sandbox.faults import Fault
from integration.sandbox.journal import Visit
from integration.sandbox.replies import Ending, GraphError, Reply, accepted, answered, refused
from integration.sandbox.rules import Refusal
from integration.sandbox.wire import Call, Request, read_call
from integration.sandbox.world import World

_UNHEARD = (Ending.CLOSE, Ending.RESET)

# Graph's words to versions of the Ads API that are over. That a path without a version gets the same is unverified.
_UNVERSIONED = GraphError(2635, message="(#2635) Name a version of the API in the path.")
_NO_DATASET = GraphError(803, status=404, message="(#803) There is no object with this alias.")
# Unverified, both: generic Graph, for reading what can only be posted to and for a path it does not have.
_POST_ONLY = GraphError(100, 33, kind="GraphMethodException", message="This can only be posted to.")
_NO_PATH = GraphError(2500, message="There is nothing at this path.")


def post_events(world: World, request: Request, version: str | None, dataset_id: str) -> Reply:
    """POST /{version}/{dataset_id}/events."""
    now = world.clock.now()
    call = read_call(request, version, dataset_id)
    refusal = _judge(world, call, now)
    fault = world.script.take(dataset_id, call.event_ids(), refused=refusal is not None)
    taken = _taken(call, refusal, fault)
    reply = refused(refusal.error) if refusal else accepted(len(taken))
    reply = fault.spoil(reply) if fault else reply
    world.journal.write(_visit(call, now, refusal, fault, reply), taken)
    return replace(reply, delay=reply.delay + world.latency)


def read_dataset(world: World, request: Request, version: str | None, dataset_id: str) -> Reply:
    """GET /{version}/{dataset_id}: its id and name, for whoever may tell it. It is in no journal."""
    call = read_call(request, version, dataset_id)
    error = _UNVERSIONED if version is None else world.access.judge(dataset_id, call.token)
    return refused(error) if error else answered({"id": dataset_id, "name": f"Dataset {dataset_id[-4:]}"})


def refuse_reading(_world: World, _request: Request) -> Reply:
    """Anything but POST on the events edge."""
    return refused(_POST_ONLY)


def refuse_path(_world: World, _request: Request) -> Reply:
    """A path Graph, or this stand-in, does not have."""
    return refused(_NO_PATH)


def _judge(world: World, call: Call, now: float) -> Refusal | None:
    if call.version is None:
        return Refusal(_UNVERSIONED)
    if not call.dataset_id.isdecimal():
        return Refusal(_NO_DATASET)
    error = world.access.judge(call.dataset_id, call.token)
    return Refusal(error) if error else rules.judge(call.batch, now)


def _taken(call: Call, refusal: Refusal | None, fault: Fault | None) -> list[dict[str, Any]]:
    if refusal:
        return []
    events: list[dict[str, Any]] = call.batch
    return fault.taken(events) if fault else events


def _visit(call: Call, now: float, refusal: Refusal | None, fault: Fault | None, reply: Reply) -> Visit:
    return Visit(
        at=now,
        source=SERVER,
        dataset_id=call.dataset_id,
        test=call.test_event_code is not None,
        events=len(call.batch) if isinstance(call.batch, list) else 0,
        status=None if reply.ending in _UNHEARD else reply.status,
        code=reply.error.code if reply.error else None,
        subcode=reply.error.subcode if reply.error else None,
        position=refusal.position if refusal else None,
        fault=fault.kind if fault else None,
        version=call.version,
        token_sha256=fingerprint(call.token),
        partner_agent=call.partner_agent,
    )
