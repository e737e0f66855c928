"""`dtms backup`: the copies of the store."""

import time
from pathlib import Path
from typing import Annotated

import typer

from dtms.cli import config
from dtms.cli.store import ConfigFile, Folder, when
from dtms.errors import StartError, UsageError
from dtms.store import backup, opening

app = typer.Typer(no_args_is_help=True, help="Copies of the store; the service makes one an hour and keeps 48.")

File = Annotated[Path | None, typer.Argument(help="A copy; else the newest one.", show_default=False)]
Chosen = Annotated[Path, typer.Argument(help="A copy.")]


@app.command("list")
def show(file: ConfigFile = None, data: Folder = None) -> None:
    """List the copies, newest first."""
    lines = [f"{when(copy.made_at)}  {copy.size / 1e6:8.1f} MB  {copy.path}" for copy in backup.copies(_folder(file, data))]
    typer.echo("\n".join(lines) or "There is no copy yet.")


@app.command()
def verify(copy: File = None, file: ConfigFile = None, data: Folder = None) -> None:
    """Read a copy from end to end and say what is in it; ends with 1 when it is not what was written."""
    if copy is None:
        newest = backup.copies(_folder(file, data))[:1]
        if not newest:
            raise StartError("there is no copy yet")
        copy = newest[0].path
    look, accounts = opening.describe(_there(copy))
    typer.echo(f"{copy} is whole: {look.active} open trades of {len(accounts)} accounts, tables of version {look.version}.")


@app.command()
def restore(copy: Chosen, file: ConfigFile = None, data: Folder = None) -> None:
    """
    Put a copy in the place of the store, which is kept beside it.

    The service must not be running. No account takes on new risk until `dtms store accept`.
    """
    folder = config.data_folder(data)
    aside = opening.restore(folder, config.load(file, folder).store, _there(copy), time.time_ns() // 1_000_000)
    typer.echo(f"{copy} is the store now. What was there is {aside}.")
    typer.echo("New risk stays off until: dtms store accept")


def _folder(file: Path | None, data: Path | None) -> Path:
    folder = config.data_folder(data)
    return folder / config.load(file, folder).store.backups


def _there(copy: Path) -> Path:
    if not copy.is_file():
        raise UsageError(f"there is no file {copy}")
    return copy
