"""`dtms config`: what is in force, and whether a file is right."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from dtms.cli import config
from dtms.cli.run import refuse_idle_lists, refuse_open_door, session_zone
from dtms.runtime import keys
from dtms.settings import Settings, digest

app = typer.Typer(no_args_is_help=True, help="Show or check the configuration.")
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; else dtms.toml in the data folder.", show_default=False)
]
Folder = Annotated[Path | None, typer.Option("--data", help="Data folder instead of the user's own.", show_default=False)]
Changed = Annotated[bool, typer.Option("--changed", help="Only what differs from the defaults.")]


@app.command()
def show(file: ConfigFile = None, data: Folder = None, changed: Changed = False) -> None:
    """Print every number in force, defaults included, as a dtms.toml."""
    settings = config.load(file, config.data_folder(data))
    values = settings.model_dump(mode="json")
    if changed:
        values = _differing(values, Settings().model_dump(mode="json"))
    typer.echo("\n".join(as_toml(values)) or "# nothing differs from the defaults")


@app.command()
def check(file: ConfigFile = None, data: Folder = None) -> None:
    """Check the file; an unknown key or a value that is not allowed ends with status 1, key and line."""
    folder = config.data_folder(data)
    settings = config.load(file, folder)
    refuse_open_door(settings)
    refuse_idle_lists(settings)
    keys.load(settings.link.curve_server_key_file, settings.link.curve_clients_folder, folder)
    session_zone(settings)
    typer.echo(f"right: mode {settings.mode.value}, defence {settings.defence.preset.value}, configuration {digest(settings)[:12]}")
    typer.echo(_source(file, folder))


def _source(file: Path | None, folder: Path) -> str:
    """Return what the configuration was made of, in words."""
    path = file if file is not None else folder / "dtms.toml"
    made = f"from {path}" if path.is_file() else f"there is no {path}: these are the defaults"
    named = [name for name in config.VARIABLES if os.environ.get(name)]
    return f"{made}; overridden by {', '.join(named)}" if named else made


def as_toml(values: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the lines of a TOML document; a key without a value is left out, as TOML has none."""
    for name, value in values.items():
        if value is not None and not isinstance(value, dict):
            yield f"{_key(name)} = {_value(value)}"
    for name, value in values.items():
        if isinstance(value, dict) and value:
            table = f"{path}{_key(name)}"
            if any(not isinstance(inner, dict) and inner is not None for inner in value.values()):
                yield ""
                yield f"[{table}]"
            yield from as_toml(value, f"{table}.")


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value)


def _differing(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        default = defaults.get(name)
        if isinstance(value, dict) and isinstance(default, dict):
            if inner := _differing(value, default):
                found[name] = inner
        elif value != default:
            found[name] = value
    return found
