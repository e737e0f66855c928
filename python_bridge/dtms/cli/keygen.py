"""`dtms keygen`: keys that authenticate and encrypt the link (R29)."""

from pathlib import Path
from typing import Annotated

import typer

from dtms.cli import keyfiles
from dtms.cli.config import data_folder

Name = Annotated[str, typer.Option(help="Name of the terminal: one key file for each Expert Advisor.")]
Folder = Annotated[Path | None, typer.Option("--data", help="Data folder instead of the user's own.", show_default=False)]
Out = Annotated[
    Path | None,
    typer.Option(
        help="Where the key file goes, best MQL5/Files of the terminal; else keys in the data folder.", show_default=False
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the key of that name; the old one is refused from then on.")]


def keygen(name: Name = "terminal", data: Folder = None, out: Out = None, force: Force = False) -> None:
    """Make a key file for one Expert Advisor, and the service's own key pair when there is none yet."""
    folder = data_folder(data)
    made = keyfiles.make(name, folder, folder / "keys" if out is None else out, replace=force)
    server = "made" if made.server_made else "as it was"
    for line in (
        f"service     {made.server} ({server}; secret, stays here)",
        f"terminal    {made.client} (public; delete it and that key is refused)",
        f"key file    {made.key_file} (secret, goes to the terminal)",
        "",
        _where(made.key_file, moved=out is not None),
        f"2. Inputs of DtmsBridge: KeyFile={made.key_file.name}",
        f'3. {folder / "dtms.toml"}, under [link]: curve_server_key_file = "{keyfiles.SERVER_FILE}"',
        "From then on a terminal without a key is refused, and [link] bind may name an address beyond this machine.",
    ):
        typer.echo(line)


def _where(key_file: Path, *, moved: bool) -> str:
    alone = "One key file is for one chart; another chart needs a --name of its own."
    if moved:
        return f"1. {key_file.parent} has to be MQL5/Files of the terminal. {alone}"
    return f"1. Move the key file into MQL5/Files of the terminal (File > Open Data Folder) and keep no copy. {alone}"
