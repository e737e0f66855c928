"""`dtms account`: which accounts may be managed (R07)."""

import re
from pathlib import Path
from typing import Annotated

import typer

from dtms.cli import choices
from dtms.cli.config import data_folder
from dtms.errors import StartError, UsageError

app = typer.Typer(
    no_args_is_help=True, help="Which accounts may be managed. The first demo account that logs on is pinned by itself."
)

_ACCOUNT = re.compile(r"[1-9]\d{0,19}@\S(?:.{0,62}\S)?")
Folder = Annotated[Path | None, typer.Option("--data", help="Data folder instead of the user's own.", show_default=False)]
Account = Annotated[str, typer.Argument(metavar="LOGIN@SERVER", help="As the terminal shows them, e.g. 5012345@MetaQuotes-Demo.")]


def _checked(account: str) -> str:
    if not _ACCOUNT.fullmatch(account):
        raise UsageError(f"{account!r} is not LOGIN@SERVER, e.g. 5012345@MetaQuotes-Demo")
    return account


def _save(folder: Path, decided: choices.Choices) -> None:
    try:
        choices.save(folder, decided)
    except OSError as error:
        raise StartError(f"{folder} cannot be written: {error.strerror}") from error


@app.command()
def allow(account: Account, data: Folder = None) -> None:
    """Allow a real account; without it a real account is refused at its logon."""
    folder = data_folder(data)
    _save(folder, choices.load(folder).allow(_checked(account)))
    typer.echo(f"{account} is allowed.")


@app.command()
def forget(account: Account, data: Folder = None) -> None:
    """Take an account's permission back, or release the pinned demo account."""
    folder = data_folder(data)
    known = choices.load(folder)
    left = known.forget(_checked(account))
    _save(folder, left)
    typer.echo(f"{account} is forgotten." if left != known else f"{account} was not known.")


@app.command("list")
def show(data: Folder = None) -> None:
    """List allowed and pinned accounts."""
    decided = choices.load(data_folder(data))
    lines = [f"pinned  {decided.pinned}"] if decided.pinned else []
    lines += [f"allowed {account}" for account in decided.allowed]
    typer.echo("\n".join(lines) or "No account yet: the first demo account that logs on will be pinned.")
