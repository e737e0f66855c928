"""The comparison on the terminal, in tables that fit 80 columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from dtms.sim.policies.compare import Comparison
from dtms.sim.policies.figures import Figures, Interval

_Column = tuple[str, Callable[[Figures], str]]

_RESULTS: Final[tuple[_Column, ...]] = (
    ("mean", lambda row: f"{row.mean_r:+.3f}"),
    ("95 %", lambda row: interval(row.ci95)),
    ("CVaR 95", lambda row: f"{row.cvar95_r:+.3f}"),
    ("worst", lambda row: f"{row.worst_r:+.2f}"),
    ("full stops", lambda row: f"{row.full_stop_share:.1%}"),
    ("bars", lambda row: f"{row.mean_bars:.1f}"),
)


def _quantile(share: int) -> _Column:
    return f"{share} %", lambda row: f"{row.quantiles_r[f'{share}%']:+.2f}"


_SPREAD: Final[tuple[_Column, ...]] = (
    _quantile(5),
    _quantile(25),
    ("median", lambda row: f"{row.median_r:+.2f}"),
    _quantile(75),
    _quantile(95),
    ("< -1.25", lambda row: f"{row.beyond_share:.1%}"),
    ("won", lambda row: f"{row.win_share:.1%}"),
)


def show(console: Console, comparison: Comparison) -> None:
    """Print the figures of all rules, then what they did."""
    found = comparison.figures
    console.print(_table(f"{len(comparison.entries)} trades, results in R", found, _RESULTS))
    console.print(_table("Distribution of R", found, _SPREAD))
    console.print(_did(found))


def interval(found: Interval | None) -> str:
    """Return an interval, a dash where there is none."""
    return f"{found[0]:+.3f} {found[1]:+.3f}" if found is not None else "-"


def _table(title: str, found: Mapping[str, Figures], columns: Sequence[_Column]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1), pad_edge=False)
    table.add_column("policy", no_wrap=True)
    for head, _ in columns:
        table.add_column(head, justify="right", no_wrap=True)
    for name, row in found.items():
        table.add_row(name, *(text(row) for _, text in columns))
    return table


def _did(found: Mapping[str, Figures]) -> Table:
    table = Table(title="What was done, per trade", box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1), pad_edge=False)
    table.add_column("policy", no_wrap=True)
    for head in ("commands", "ended by", "time in states"):
        table.add_column(head)
    for name, row in found.items():
        table.add_row(name, commands(row) or "-", ends(row), shares(row.states) or "-")
    return table


def commands(row: Figures) -> str:
    """Return the commands of each kind per trade."""
    runs = row.trades * row.rounds
    done = [f"{what} {count / runs:.2f}" for what, count in row.acts.items()]
    return ", ".join([*done, f"not carried out {row.refused / runs:.2f}"] if row.refused else done)


def ends(row: Figures) -> str:
    """Return what ended the trades, in per cent."""
    runs = row.trades * row.rounds
    return ", ".join(f"{what} {count / runs:.0%}" for what, count in row.ends.items())


def shares(states: Mapping[str, float]) -> str:
    """Return the share of the time in each state."""
    return ", ".join(f"{state} {share:.0%}" for state, share in states.items())
