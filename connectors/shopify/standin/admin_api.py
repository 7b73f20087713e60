"""POST /<shop>/admin/api/<version>/graphql.json: who asks, what for, and Shopify's ways of saying no."""

from collections.abc import Sequence
from typing import Any

from connectors.shopify.standin import answering, tokens
from connectors.shopify.standin.faults import THROTTLED, USER_ERROR, Fault
from connectors.shopify.standin.language import Field, Operation, Unreadable, read
from connectors.shopify.standin.operations import ROOTS as RUN
from connectors.shopify.standin.operations import Missing
from connectors.shopify.standin.schema import ROOTS, type_of
from connectors.shopify.standin.shops import Shop
from connectors.shopify.standin.subscriptions import TOPICS
from connectors.shopify.standin.wire import Reply, Request, answered
from connectors.shopify.standin.world import World

HEADER = "x-shopify-access-token"
_NO_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105 (a sentence)
# A standard shop's bucket: 100 points a second; that it holds twenty seconds of them is unverified.
BUCKET, RESTORED, MOST_POINTS = 2_000.0, 100.0, 1_000


def root_of(request: Request) -> str | None:
    """The first root field that is asked for, for faults and the journal; None if it cannot be read."""
    asked = request.fields()
    try:
        return read(str(asked.get("query")), _variables(asked)).fields[0].name
    except Unreadable:
        return None


def answer(world: World, request: Request, domain: str, version: str, fault: Fault | None) -> Reply:
    """What the API says, with status 200 also where it says no; 401 for a token that is none."""
    headers = {"X-Shopify-API-Version": version}
    with world.lock:
        shop = world.shop(domain)
        if tokens.holder(shop, request.headers.get(HEADER, ""), world.now()) is None:
            return answered({"errors": _NO_TOKEN}, 401, headers)
        return answered(_told(world, shop, request.fields(), fault), 200, headers)


def _told(world: World, shop: Shop, asked: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    try:
        operation = read(str(asked.get("query")), _variables(asked))
    except Unreadable as problem:
        return {
            "errors": [{"message": str(problem), **({"extensions": {"code": problem.code}} if problem.code else {})}]
        }
    found = _problems(operation)
    if found:
        return {"errors": found}
    points = sum(map(_cost, operation.fields))
    if points > MOST_POINTS:
        sentence = f"Query cost is {points}, which exceeds the single query max cost limit ({MOST_POINTS})."
        return {"errors": [{"message": sentence, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": points}}]}
    if fault and fault.kind == THROTTLED:
        throttled = {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"}
        return {"errors": [{"message": "Throttled", "extensions": throttled}], "extensions": _costs(points, None)}
    return {**_run(world, shop, operation, fault), "extensions": _costs(points, points)}


def _variables(asked: dict[str, Any]) -> dict[str, Any]:
    given = asked.get("variables")
    return given if isinstance(given, dict) else {}


def _problems(operation: Operation) -> list[dict[str, Any]]:
    """What is wrong before anything is run; then nothing is."""
    owner = ROOTS[operation.kind]
    found = list(answering.problems(owner, operation.fields))
    if not found:
        found = [one for field in operation.fields for one in answering.argument_problems(field)]
    for field in operation.fields:
        topic = field.arguments.get("topic")
        if field.name == "webhookSubscriptionCreate" and topic not in TOPICS:
            sentence = "Variable $topic of type WebhookSubscriptionTopic! was provided invalid value"
            found.append({"message": sentence, "extensions": {"code": "INVALID_VARIABLE", "value": topic}})
    return found


def _run(world: World, shop: Shop, operation: Operation, fault: Fault | None) -> dict[str, Any]:
    """Field by field. One that is refused is null, and `errors` says why (that Shopify drops the others as well, where
    the field may not be null, is not repeated here).
    """
    data: dict[str, Any] = {}
    owner, errors = ROOTS[operation.kind], []
    for field in operation.fields:
        root = RUN[field.name]
        data[field.alias] = None
        if root.scope and not shop.may(root.scope):
            errors.append(_denied(field.name, root.scope, (field.alias,)))
        elif fault and fault.kind == USER_ERROR and root.payload:
            refused = {root.payload: None, "userErrors": [{"code": "INVALID", "field": None, "message": "Not today."}]}
            data[field.alias] = answering.project(type_of(owner, field.name) or "", refused, field)
        else:
            try:
                kind, result = type_of(owner, field.name) or "", root.run(world, shop, field.arguments)
                data[field.alias] = told = answering.project(kind, result, field)
                for path, name, scope in answering.keep_back(kind, told, field, shop.may, (field.alias,)):
                    errors.append(_denied(name, scope, path))
            except Missing as missing:
                errors.append(
                    {"message": str(missing), "path": [field.alias], "extensions": {"code": "RESOURCE_NOT_FOUND"}}
                )
    return {"data": data, "errors": errors} if errors else {"data": data}


def _denied(name: str, scope: str, path: Sequence[str | int]) -> dict[str, Any]:
    required = f"`{scope}` access scope."
    return {
        "message": f"Access denied for {name} field. Required access: {required}",
        "path": list(path),
        "extensions": {
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": required,
        },
    }


def _cost(field: Field) -> int:
    """An object costs a point, a scalar none, a connection as many times what is in it as it was asked for; so say
    Shopify's pages. That edges and pageInfo cost nothing is unverified.
    """
    inside = sum(map(_cost, field.fields))
    count = field.arguments.get("first", field.arguments.get("last"))
    if isinstance(count, int):
        return 1 + count * inside
    return 1 + inside if field.fields and field.name not in ("edges", "pageInfo") else inside


def _costs(asked: int, actual: int | None) -> dict[str, Any]:
    there = BUCKET - asked if actual is not None else 0.0
    status = {"maximumAvailable": BUCKET, "currentlyAvailable": there, "restoreRate": RESTORED}
    return {"cost": {"requestedQueryCost": asked, "actualQueryCost": actual, "throttleStatus": status}}
