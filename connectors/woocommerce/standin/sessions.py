"""Who is logged in, by cookie, and the nonces WordPress makes for them."""

import hashlib
import secrets

from connectors.woocommerce.standin.site import User
from connectors.woocommerce.standin.wire import Request
from connectors.woocommerce.standin.world import World

_COOKIE = "wordpress_logged_in"


def visitor(world: World, request: Request) -> User | None:
    """Who asks; None for a stranger."""
    with world.lock:
        return world.user(world.sessions.get(request.cookie(_COOKIE), 0))


def enter(world: World, name: str, password: str) -> dict[str, str] | None:
    """The cookie of somebody whose password this is; None otherwise. By login or, as WordPress has it, nothing else."""
    with world.lock:
        found = next((one for one in world.users.values() if one.login == name and not one.gone), None)
        if found is None or found.password != password:
            return None
        token = secrets.token_hex(16)
        world.sessions[token] = found.id
    return {"Set-Cookie": f"{_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"}


def nonce(world: World, request: Request, action: str) -> str:
    """Good for this action of this visitor for as long as the process runs; WordPress's is for 12 to 24 hours."""
    told = f"{world.nonce}{request.cookie(_COOKIE)}{action}"
    return hashlib.sha256(told.encode()).hexdigest()[:10]
