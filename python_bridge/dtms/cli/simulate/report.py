"""The comparison as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dtms import __version__
from dtms.errors import UsageError
from dtms.names import Side
from dtms.sim.policies.compare import ORDER, Comparison
from dtms.sim.policies.entries import Entry
from dtms.sim.policies.figures import Figures
from dtms.sim.policies.history import History
from dtms.sim.policies.ruleset import ScoreCount

LAYOUTS = {0: "ticks", 60: "M1", 900: "M15"}


@dataclass(frozen=True, slots=True)
class Report:
    """
    Everything that the outputs show.

    Attributes:
        source: where the trades come from, in words.
        seeds: of trades, bootstrap and placebo, by name.
        config_digest: of the settings that the presets were made of.
        assumptions, conclusions: sentences.
    """

    history: History
    comparison: Comparison
    source: str
    seeds: Mapping[str, Any]
    score: ScoreCount
    config_digest: str
    assumptions: Sequence[str]
    conclusions: Sequence[str]


def iso(time_ms: int) -> str:
    """Return a time in ms UTC as ISO text."""
    return datetime.fromtimestamp(time_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def figures_of(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    comparison = report.comparison
    return {
        "dtms": __version__,
        "input": _input(report),
        "seeds": dict(report.seeds),
        "assumptions": list(report.assumptions),
        "score": {"m15_closes": report.score.closes, "valid": report.score.valid},
        "config_digest": report.config_digest,
        "policies": {name: _policy(comparison.figures.get(name)) for name in ORDER},
        "differences": {f"{ours}-{theirs}": asdict(found) for (ours, theirs), found in comparison.differences.items()},
        "conclusions": list(report.conclusions),
        "trades": _trades(comparison),
    }


def _policy(found: Figures | None) -> dict[str, Any]:
    """Return the figures of a rule; one that could not be run has managed no trade and has none."""
    if found is not None:
        return asdict(found)
    return dict.fromkeys(field.name for field in fields(Figures)) | {"trades": 0, "rounds": 0}


def _input(report: Report) -> dict[str, Any]:
    history, entries = report.history, report.comparison.entries
    return {
        "prices": history.source,
        "bars": LAYOUTS[history.bar_s],
        "symbol": history.spec.name,
        "digits": history.spec.digits,
        "quotes": len(history),
        "crossed_quotes": history.crossed,
        "from": iso(int(history.times[0])),
        "to": iso(int(history.times[-1])),
        "m15_bars": len(history.slow),
        "atr": f"ATR14 of {LAYOUTS[history.atr_s]}",
        "trades": report.source,
        "buys": sum(entry.side is Side.BUY for entry in entries),
        "sells": sum(entry.side is Side.SELL for entry in entries),
        "entry_days": len({entry.time // 86_400_000 for entry in entries}),
        "synthetic_r": sum(entry.synthetic for entry in entries),
    }


def _trades(comparison: Comparison) -> list[dict[str, Any]]:
    """Return every trade with its R under every rule; of several rounds the mean."""
    rows = []
    count = len(comparison.entries)
    for at, entry in enumerate(comparison.entries):
        gains = {name: [result.r for result in results[at::count]] for name, results in comparison.results.items()}
        rows.append({**_trade(entry), "r": {name: round(sum(r) / len(r), 6) for name, r in gains.items()}})
    return rows


def _trade(entry: Entry) -> dict[str, Any]:
    return {
        "ticket": entry.ticket,
        "side": entry.side.name.lower(),
        "volume": entry.volume,
        "entry_time": iso(entry.time),
        "entry": entry.price,
        "stop": entry.stop,
        "target": entry.target,
        "risk": round(entry.risk, 10),
    }


def write(path: Path, report: Report) -> None:
    """
    Write the report.

    Raises:
        UsageError: The file cannot be written.
    """
    write_text(path, json.dumps(figures_of(report), indent=1, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """
    Write a file.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
