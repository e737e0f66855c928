"""What a demo ends with: figures as JSON, and a summary in sentences."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dtms.cli.demo.clock import told_offsets
from dtms.cli.demo.stage import Stage
from dtms.errors import UsageError
from dtms.runtime.snapshots import ServiceView
from mql5host.build import Built


def figures(stage: Stage, built: Built, seconds: float) -> dict[str, Any]:
    """Return the report; what stands under ``broker`` was counted by the broker model alone."""
    view = stage.view()
    witness = stage.broker.witness
    return {
        "terminal": {
            "ticks_fed": stage.fed,
            "quotes_sent": max((t.quotes_sent for a in view.accounts for t in a.terminals), default=0),
        },
        "bridge": _group(view.counters, "bridge"),
        "commands": _group(view.counters, "commands"),
        "trades": _group(view.counters, "trades"),
        "broker": {
            "positions_opened": witness.positions_opened,
            "stops_moved": witness.stops_moved,
            "stops_widened": witness.stops_widened,
            "closed": sum(witness.closed.values()),
            "closed_by": {reason.name.lower(): count for reason, count in sorted(witness.closed.items())},
            "open": len(stage.broker.positions),
            "refused_plans": stage.refused,
            "crossed_quotes": witness.crossed_quotes,
            "retcodes": {str(int(code)): count for code, count in sorted(witness.requests.items())},
        },
        "clock": _clock(stage, view),
        "ea": {"source_sha256": built.source_sha256, "compiler": built.compiler},
        "run": {
            "seconds": round(seconds, 3),
            "symbol": stage.scenario.spec.name,
            "modelled": stage.scenario.modelled,
            "config_digest": view.config_digest,
            "complete": stage.at_end,
        },
    }


def _clock(stage: Stage, view: ServiceView) -> dict[str, Any]:
    clock = stage.clock
    turned = clock.turns and stage.fed > clock.turn_index
    return {
        "offset_s": clock.after_s if turned else clock.before_s,
        "turned_from_s": clock.before_s if turned else None,
        "told_offsets_s": told_offsets(view),
        "told_changes": view.counters["bridge.offset_changes"],
        "times_checked": clock.times.checked,
        "times_wrong": clock.times.wrong,
        "quotes_in_doubt": clock.times.in_doubt,
    }


def clock_fault(report: Mapping[str, Any]) -> str | None:
    """Return what was wrong with the times, or None: every one was UTC, and a turn of the server's clock was told once."""
    clock, turns = report["clock"], int(report["clock"]["turned_from_s"] is not None)
    if clock["times_wrong"]:
        return f"{clock['times_wrong']} of {clock['times_checked']} times that the service showed were not UTC"
    if clock["told_changes"] != turns:
        return f"the server's clock was turned {turns} times, told were {clock['told_changes']} changes"
    if clock["told_offsets_s"] != [clock["offset_s"]]:
        return f"the server's clock is {clock['offset_s']} s ahead of UTC, told were {clock['told_offsets_s']}"
    return None


def _group(counters: Mapping[str, int], group: str) -> dict[str, int]:
    return {name.partition(".")[2]: value for name, value in counters.items() if name.startswith(f"{group}.")}


def check(path: Path, ticks: Path | None) -> None:
    """
    See before the run whether the report can be written.

    Raises:
        UsageError: There is no such folder, the file cannot be written, or it is the price file.
    """
    if ticks is not None and path.resolve() == ticks.resolve():
        raise UsageError(f"--report {path}: that is the price file")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"--report {path}: there is no such folder")
    try:
        path.open("a", encoding="utf-8").close()
    except OSError as error:
        raise UsageError(f"--report {path}: {error.strerror}") from error


def write(path: Path, report: Mapping[str, Any]) -> None:
    """
    Write the report.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--report {path}: {error.strerror}") from error


def sentences(report: Mapping[str, Any]) -> list[str]:
    """Return the summary."""
    terminal, bridge, commands, broker, run = (report[k] for k in ("terminal", "bridge", "commands", "broker", "run"))
    lines = [
        (
            f"{terminal['ticks_fed']} ticks of {run['symbol']} in {run['seconds']:.1f} s: the Expert Advisor sent "
            f"{terminal['quotes_sent']} quotes, the bridge received {bridge['quotes_received']} that stand for "
            f"{bridge['quotes_covered']} ticks."
        ),
        (
            f"{commands['sent']} commands: {commands['done']} done, {commands['rejected']} rejected, {commands['unknown']} unknown"
            f"{_others(commands)}."
        ),
        (
            f"The broker opened {broker['positions_opened']} positions, moved {broker['stops_moved']} stops "
            f"(widened {broker['stops_widened']}), closed {broker['closed']}{_by(broker['closed_by'])}; {broker['open']} are open."
        ),
    ]
    if bridge["gaps"] or bridge["duplicates"] or bridge["rejects"]:
        lines.append(f"On the link: {bridge['gaps']} gaps, {bridge['duplicates']} duplicates, {bridge['rejects']} rejects.")
    if report["clock"]["turned_from_s"] is not None:
        lines.append(_turn(report["clock"]))
    if broker["refused_plans"]:
        lines.append(
            f"The broker refused {broker['refused_plans']} planned trades, as it does without money for them: "
            "is --symbol right for these prices?"
        )
    if run["modelled"]:
        lines.append(f"Note: {run['modelled']}.")
    return lines


def _turn(clock: Mapping[str, Any]) -> str:
    before, after = _hours(clock["turned_from_s"]), _hours(clock["offset_s"])
    return (
        f"The broker's clock was turned from {before} to {after}, changes told: {clock['told_changes']}. "
        f"Of {clock['times_checked']} times shown {clock['times_wrong']} were not UTC; quotes before it was noticed: "
        f"{clock['quotes_in_doubt']}."
    )


def _hours(offset_s: int) -> str:
    return f"UTC{offset_s / 3_600:+g}"


def _others(commands: Mapping[str, int]) -> str:
    named = ((name, commands[name]) for name in ("denied", "expired", "stale", "retryable"))
    return "".join(f", {count} {name}" for name, count in named if count)


def _by(reasons: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{count} by {reason}' for reason, count in reasons.items())})" if reasons else ""
