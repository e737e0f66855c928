"""
The constants of the table are those of the MetaTrader5 package that the index offers now.

Its wheel is for Windows only, so it is not installed: its text is read.
"""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dtms.witness.constants import CONSTANTS, VERSION

WHEEL = ("--no-deps", "--only-binary", ":all:", "--platform", "win_amd64", "--python-version", "3.11")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "download", "-q", "MetaTrader5", *WHEEL, "-d", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (wheel,) = Path(folder).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read("MetaTrader5/__init__.py").decode("utf-8")


def assigned(text: str) -> dict[str, object]:
    """The names that the module gives a text or a number, the latter perhaps as a sum of bits."""
    found: dict[str, object] = {}
    for statement in ast.parse(text).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = number(value)
    return found


def number(value: ast.expr) -> object:
    match value:
        case ast.Constant(value=plain):
            return plain
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(plain))):
            return -plain
    return None


@pytest.mark.network
def test_the_current_wheel_has_the_constants_of_the_table(text: str) -> None:
    theirs = assigned(text)

    assert {name: theirs.get(name) for name in CONSTANTS} == dict(CONSTANTS)


@pytest.mark.network
def test_the_table_is_of_no_later_version_than_the_current_wheel(text: str) -> None:
    theirs = str(assigned(text)["__version__"])

    assert [int(part) for part in VERSION.split(".")] <= [int(part) for part in theirs.split(".")]
