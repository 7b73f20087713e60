"""`tandem plugin`: our plugin for a shop's own server, as a zip."""

import hashlib
from pathlib import Path

import click

from connectors import packaging, registry
from integration.errors import InvalidSetting


@click.command("plugin")
@click.argument("platform", required=False)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: the plugin's name, here.")
@click.option("--service", help="The address of this Tandem, to be put in: merchants then need not type it.")
def plugin(platform: str | None, output: Path | None, service: str | None) -> None:
    """Pack the plugin of PLATFORM (the only one that has a plugin, unless named). Prints its SHA-256.

    The same sources give the same bytes.
    """
    having = {one.name: one.plugin for one in registry.connectors() if one.plugin is not None}
    folder = having.get(platform or next(iter(having)))
    if folder is None:
        raise InvalidSetting(
            f"{registry.get(platform or '').label} has no plugin. Those that have: {', '.join(having)}."
        )
    packed = packaging.packed(folder, service=service.rstrip("/") if service else None)
    output = output or Path(f"{folder.name}.zip")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(packed)
    click.echo(f"{hashlib.sha256(packed).hexdigest()}  {output}")
