"""The live table of a demo: the broker's truth about each trade, and what the link counts."""

from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dtms.cli.demo.stage import Stage
from dtms.names import Side
from dtms.runtime.snapshots import ServiceView
from dtms.sim.state import Position

_ROWS = 12


class Screen:
    """A table that is redrawn in place on a terminal, and nothing where the output is no terminal."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, trace)

    def show(self, stage: Stage) -> None:
        """Draw the present state."""
        if self._live is not None:
            view = stage.view()
            self._live.update(Group(_headline(stage, view), _trades(stage, view)), refresh=True)


def _headline(stage: Stage, view: ServiceView) -> Text:
    counters = view.counters
    done = f"{stage.fed}/{len(stage.scenario.points)} ticks"
    link = f"quotes {counters['bridge.quotes_received']}, commands {counters['commands.done']}/{counters['commands.sent']} done"
    return Text(f"{stage.scenario.spec.name}  {done}  {link}  stops moved {stage.broker.witness.stops_moved}")


def _trades(stage: Stage, view: ServiceView) -> Table:
    table = Table(title=None, expand=False)
    for name in ("ticket", "side", "lots", "entry", "stop", "target", "R now", "break-even"):
        table.add_column(name, justify="right")
    managed = {trade.position.position_id: trade for account in view.accounts for trade in account.trades}
    digits = stage.scenario.spec.digits
    point = stage.scenario.points[max(stage.fed - 1, 0)]
    for position in stage.broker.positions[-_ROWS:]:
        trade = managed.get(position.identifier)
        exit_price = point.bid if position.direction > 0 else point.ask
        r_now = trade.r_now(exit_price) if trade is not None else None
        table.add_row(
            *_position(position, digits),
            "" if r_now is None else f"{r_now:+.2f}",
            "" if trade is None else trade.break_even.stage.value,
        )
    return table


def _position(position: Position, digits: int) -> tuple[str, ...]:
    side = Side.BUY if position.direction > 0 else Side.SELL
    prices = (f"{price:.{digits}f}" if price else "-" for price in (position.price_open, position.sl, position.tp))
    return (str(position.ticket), side.name.lower(), f"{position.volume:.2f}", *prices)
