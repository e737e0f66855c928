"""`dtms store`: what the service remembers, and taking it for the truth again after it turned out to be older than the terminal."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dtms.cli import config
from dtms.errors import StartError
from dtms.store import backup, opening

app = typer.Typer(no_args_is_help=True, help="What the service remembers of accounts and trades.")

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; else dtms.toml in the data folder.", show_default=False)
]
Folder = Annotated[Path | None, typer.Option("--data", help="Data folder instead of the user's own.", show_default=False)]
To = Annotated[int | None, typer.Option("--to", help="Version; else the one of this program.", show_default=False)]
Account = Annotated[str | None, typer.Argument(metavar="[LOGIN@SERVER]", help="Only this account.", show_default=False)]


@app.command()
def accept(account: Account = None, file: ConfigFile = None, data: Folder = None) -> None:
    """
    Let accounts take on new risk again whose store was older than their terminal, or was damaged and replaced.

    The service must not be running. Look at the open positions first: what happened after the store's last copy is not in it.
    """
    folder = config.data_folder(data)
    accepted = opening.accept(folder, config.load(file, folder).store, account)
    typer.echo("\n".join(f"{one} is accepted." for one in accepted) or "Nothing was in doubt.")


@app.command()
def info(file: ConfigFile = None, data: Folder = None) -> None:
    """Say what is in the store; a service that is running does not mind."""
    folder = config.data_folder(data)
    settings = config.load(file, folder).store
    path = folder / settings.path
    if not path.exists():
        raise StartError(f"there is no store at {path}; dtms run makes it")
    look, accounts = opening.describe(path)
    typer.echo(f"store     {path}, {look.size / 1e6:.1f} MB, tables of version {look.version}")
    typer.echo(f"trades    {look.active} open, {look.trades - look.active} archived; {look.outbox} commands without an answer")
    for one in accounts:
        doubt = "; no new risk until: dtms store accept" if one.older else ""
        typer.echo(f"account   {one.account}, epoch {one.epoch}{doubt}")
    last = backup.copies(folder / settings.backups)
    typer.echo(f"backups   {len(last)}" + (f", the last of {when(last[0].made_at)}" if last else ""))


@app.command()
def migrate(to: To = None, file: ConfigFile = None, data: Folder = None) -> None:
    """
    Lead the tables to a version, forward or back: back for an earlier program, which refuses those of a later one.

    The service must not be running. A copy is made first: what the earlier tables have no place for is in that copy only.
    """
    folder = config.data_folder(data)
    before, after, copy = opening.migrate(folder, config.load(file, folder).store, to, time.time_ns() // 1_000_000)
    typer.echo(
        f"The tables were of version {before} and are of version {after}; the copy before is {copy}."
        if copy
        else f"The tables are of version {after}."
    )


def when(utc: int) -> str:
    """Return a time (ms since 1970) as people read it."""
    return datetime.fromtimestamp(utc / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
