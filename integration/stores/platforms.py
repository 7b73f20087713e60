"""What use-cases need to speak with platforms: the database, the seals, the one client, and who we are there."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors import registry
from connectors.access import App, Http
from integration.crypto import Sealer
from integration.db import Engine
from integration.errors import NotConfigured
from integration.pipeline.receive import Receiver


@dataclass(frozen=True, slots=True)
class Platforms:
    """Held by each process that connects stores or keeps them connected. `apps`: by a platform's name. `receiver`: takes
    what we find by asking stores; None in a process that does no chores.
    """

    engine: Engine
    sealer: Sealer
    http: Http
    apps: Mapping[str, App]
    receiver: Receiver | None = None

    def app(self, platform: str) -> App:
        """Our app there. Raises NotConfigured where the operator has none."""
        app = self.apps.get(platform)
        if app is None or not app.configured:
            connector = registry.get(platform)
            variables = " and ".join(filter(None, (connector.key_variable, connector.secret_variable)))
            raise NotConfigured(f"{connector.label} stores cannot be connected here yet: set {variables}.")
        return app
