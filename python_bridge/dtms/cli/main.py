"""
The `dtms` command.

Exit status: 0 ended as asked, 1 start-up or supervision failed, 2 wrong usage or input file.
"""

import importlib.util
import sys
from typing import Annotated

import typer

from dtms import __version__
from dtms.cli import account, backup, config_command, run, store
from dtms.cli.explain import explain
from dtms.cli.keygen import keygen
from dtms.cli.simulate.command import simulate
from dtms.errors import DtmsError, UsageError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Defensive trade management for MetaTrader 5.",
)
app.add_typer(account.app, name="account")
app.add_typer(config_command.app, name="config")
app.add_typer(store.app, name="store")
app.add_typer(backup.app, name="backup")
app.command("run")(run.run)
app.command("explain")(explain)
app.command("keygen")(keygen)
app.command("simulate")(simulate)
if importlib.util.find_spec("cffi") is not None:
    from dtms.cli.demo.command import demo

    app.command("demo")(demo)
else:

    @app.command("demo", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
    def missing() -> None:
        """Show the whole on a simulated account; needs the extra: pip install "dtms-bridge[demo]"."""
        raise UsageError('the demo needs more packages: pip install "dtms-bridge[demo]"')


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dtms {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Hold the options that stand before a command."""


def main() -> None:
    """Run one command and end the process with its exit status."""
    try:
        app()
    except DtmsError as error:
        sys.stderr.write(f"dtms: {error}\n")
        sys.exit(2 if isinstance(error, UsageError) else 1)


if __name__ == "__main__":
    main()
