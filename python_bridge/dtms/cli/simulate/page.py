"""The comparison as one self-contained HTML page."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

from dtms.cli.simulate import charts, table
from dtms.cli.simulate.charts import Mark
from dtms.cli.simulate.report import Report, figures_of, write_text
from dtms.sim.policies.figures import Figures, r_of

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #667085; --line: #d7dce3; --back: #ffffff; --card: #f5f7fa;
  --main: #2f6fb3; --loss: #b4533c; --gain: #3f8f6b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa4b2; --line: #39424f; --back: #14181f; --card: #1c222b;
  --main: #7fb2e5; --loss: #d98a74; --gain: #7cc3a2; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 1040px; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
.lead { background: var(--card); border-left: 4px solid var(--main); padding: .8rem 1rem; }
.lead li { margin: .3rem 0; } .lead strong { display: block; margin-bottom: .4rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .85rem; }
th, td { padding: .3rem .4rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } .text { text-align: left; white-space: normal; }
svg { max-width: 100%; height: auto; display: block; } svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
svg .name { text-anchor: end; fill: var(--ink); } svg .value { fill: var(--ink); } svg .tick { text-anchor: middle; }
svg .grid { stroke: var(--line); } svg .zero { stroke: var(--soft); }
svg .range { stroke: var(--main); stroke-width: 3; opacity: .55; }
svg .point { fill: var(--main); } .loss { fill: var(--loss); } .gain { fill: var(--gain); }
.small { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; } figcaption { font-size: .85rem; }
.t0 { fill: #9aa4b2; background: #9aa4b2; } .t1 { fill: #3f8f6b; background: #3f8f6b; } .t2 { fill: #d1a03c; background: #d1a03c; }
.t3 { fill: #b4533c; background: #b4533c; } .t4 { fill: #2f6fb3; background: #2f6fb3; } .t5 { fill: #7a5ea8; background: #7a5ea8; }
.t6 { fill: #4a5160; background: #4a5160; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; font-size: .85rem; }
.legend span { display: inline-block; width: .8em; height: .8em; margin-right: .4em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; }
"""
_PAGE: Final = Template(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
    "<title>$title</title>\n<style>$style</style>\n</head>\n<body>\n<h1>$title</h1>\n"
    '<div class="lead"><strong>$verdict</strong><ul>$others</ul></div>\n'
    '<h2>Results in R</h2>\n<div class="wide">$table</div>\n<p>$explained</p>\n'
    "<h2>Mean R with its 95 % interval</h2>\n$means\n<h2>CVaR 95 % with its 95 % interval</h2>\n$tails\n"
    '<h2>Distribution of R</h2>\n<div class="small">$distributions</div>\n$states'
    '<h2>What was done</h2>\n<div class="wide">$did</div>\n'
    "<h2>Input</h2>\n<dl>$input</dl>\n<h2>Assumptions</h2>\n<ul>$assumptions</ul>\n</body>\n</html>\n"
)
_EXPLAINED: Final = (
    "R is the distance from entry to first stop. CVaR 95 % is the mean of the worst 5 % of the trades. Intervals come from a "
    "bootstrap over entry days. q5 is the result that 5 % of the trades stay below, and so on; a full stop loses 0.99 R or more; "
    "bars are closed M15 bars until nothing was left. Below, the outermost column of a distribution holds what lies beyond it."
)
_COLUMNS: Final = (
    "policy",
    "mean",
    "95 % interval",
    "q5",
    "q25",
    "median",
    "q75",
    "q95",
    "CVaR 95 %",
    "worst",
    "full stops",
    "< -1.25",
    "won",
    "bars",
)


def write(path: Path, report: Report) -> None:
    """
    Write the page.

    Raises:
        UsageError: The file cannot be written.
    """
    write_text(path, page_of(report))


def page_of(report: Report) -> str:
    """Return the page."""
    comparison = report.comparison
    found = comparison.figures
    verdict, *others = report.conclusions
    with_states = {name: row.states for name, row in found.items() if row.states}
    shown = f"<h2>Time in states</h2>\n{charts.states(with_states)}\n" if with_states else ""
    return _PAGE.substitute(
        title=escape(f"{report.history.spec.name}: {len(comparison.entries)} trades under {len(found)} policies"),
        style=_STYLE,
        verdict=escape(verdict),
        others=_items(others),
        table=_table(_COLUMNS, [_row(name, row) for name, row in found.items()]),
        explained=escape(_EXPLAINED),
        means=charts.intervals("Mean R", [Mark(name, row.mean_r, row.ci95) for name, row in found.items()]),
        tails=charts.intervals("CVaR 95 %", [Mark(name, row.cvar95_r, row.cvar_ci95) for name, row in found.items()]),
        distributions="".join(charts.distribution(name, r_of(results)) for name, results in comparison.results.items()),
        states=shown,
        did=_table(
            ("policy", "commands per trade", "ended by"),
            [(name, table.commands(row) or "none", table.ends(row)) for name, row in found.items()],
            text=True,
        ),
        input="".join(f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(str(value))}</dd>" for name, value in _facts(report)),
        assumptions=_items(report.assumptions),
    )


def _facts(report: Report) -> Iterator[tuple[str, Any]]:
    values = figures_of(report)
    for group in ("input", "score", "seeds"):
        yield from values[group].items()


def _items(sentences: Sequence[str]) -> str:
    return "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)


def _row(name: str, row: Figures) -> list[str]:
    q = row.quantiles_r
    return [
        name,
        f"{row.mean_r:+.3f}",
        f"{row.ci95[0]:+.3f} to {row.ci95[1]:+.3f}" if row.ci95 else "-",
        *(f"{q[share]:+.2f}" for share in ("5%", "25%", "50%", "75%", "95%")),
        f"{row.cvar95_r:+.3f}",
        f"{row.worst_r:+.2f}",
        f"{row.full_stop_share:.1%}",
        f"{row.beyond_share:.1%}",
        f"{row.win_share:.1%}",
        f"{row.mean_bars:.1f}",
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, text: bool = False) -> str:
    kind = ' class="text"' if text else ""
    head = "".join(f"<th{kind}>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td{kind}>{escape(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
