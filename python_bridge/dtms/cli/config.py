"""
Settings from ``dtms.toml`` and the environment.

The file is where ``--config`` says, else ``dtms.toml`` in the data folder, where it need not exist. The environment overrides
it. Every error names the key and, for the file, its line; an unknown key is an error.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import ValidationError

from dtms.errors import ConfigError
from dtms.settings import Settings

# Variable of the environment -> key path; the data folder is no setting, it says where the file is.
VARIABLES: Mapping[str, str] = {
    "DTMS_MODE": "mode",
    "DTMS_ZMQ_BIND": "link.bind",
    "DTMS_EA_WAIT": "ea_wait_s",
}
_TABLE = re.compile(r"^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}")
_KEY = re.compile(r"^\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")


def data_folder(chosen: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for everything that is kept: the user's data folder unless said otherwise, never the working directory."""
    if chosen is not None:
        return chosen.resolve()
    named = environment.get("DTMS_DATA_DIR")
    return Path(named).resolve() if named else Path(platformdirs.user_data_dir("dtms", appauthor=False))


def load(path: Path | None, folder: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """
    Return the settings in force.

    Args:
        path: A file that must exist, or None for ``dtms.toml`` in the data folder if it is there.
        folder: The data folder.
        environment: Variables that override the file.

    Raises:
        ConfigError: The file cannot be read, a key is unknown, or a value is not allowed.
    """
    source = path if path is not None else folder / "dtms.toml"
    text = _read(source, required=path is not None)
    values = _parse(source, text)
    overridden = _override(values, environment)
    try:
        # Strict, so that true is no number and "yes" no truth; as JSON, so that a word may still name a choice.
        return Settings.model_validate_json(json.dumps(values, default=_iso), strict=True)
    except ValidationError as error:
        raise _explain(error, source, text, overridden) from error


def _iso(moment: date | time) -> str:
    """Return the text of TOML's dates and times, the only values that JSON does not know."""
    return moment.isoformat()


def _read(source: Path, *, required: bool) -> str:
    try:
        return source.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if required:
            raise ConfigError(str(source), "", None, "there is no such file") from None
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(source), "", None, f"cannot be read: {error}") from error


def _parse(source: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError(str(source), "", int(line.group(1)) if line else None, str(error)) from error


def _override(values: dict[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Write the environment's values into the file's; return which key path came from which variable."""
    overridden: dict[str, str] = {}
    for variable, key in VARIABLES.items():
        if environment.get(variable):
            *tables, last = key.split(".")
            table = values
            for name in tables:
                inner = table.setdefault(name, {})
                if not isinstance(inner, dict):
                    return overridden  # the model names the fault of the file
                table = inner
            table[last] = _number(environment[variable])
            overridden[key] = variable
    return overridden


def _number(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _explain(error: ValidationError, source: Path, text: str, overridden: Mapping[str, str]) -> ConfigError:
    first = error.errors(include_url=False)[0]
    path = [str(step) for step in first["loc"]]
    key = ".".join(path)
    reason = "there is no such key" if first["type"] == "extra_forbidden" else first["msg"]
    if key in overridden:
        return ConfigError(f"environment variable {overridden[key]}", key, None, reason)
    return ConfigError(str(source), key, line_of(text, path), reason)


def line_of(text: str, path: list[str]) -> int | None:
    """Return the line of a key in a TOML text, or of the nearest table or key above it; None when nothing of it is there."""
    table: list[str] = []
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TABLE.match(line):
            table = _steps(found.group(1))
            here = table
        elif found := _KEY.match(line):
            here = table + _steps(found.group(1))
        else:
            continue
        plain = [step for step in path if not step.isdigit()]
        if here == plain[: len(here)] and (best is None or len(here) > best[0]):
            best = (len(here), number)
    return best[1] if best else None


def _steps(dotted: str) -> list[str]:
    return [step.strip().strip("\"'") for step in dotted.split(".")]
