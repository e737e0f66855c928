"""A proof in plain sentences: what was seen, which rows were taken and why, what was ordered, what was near."""

from dtms.engine.defence.guards import Check
from dtms.engine.defence.proof import Proof
from dtms.engine.defence.situation import clean
from dtms.engine.defence.step import Looked
from dtms.engine.defence.view import GroupMark, Judgement
from dtms.names import Side
from dtms.wire.messages import CloseBy, Command, ModifyPosition, OpenPosition, ReducePosition


def explain(proof: Proof) -> tuple[str, ...]:
    """Return the sentences, the gist first."""
    judgement = None if proof.market.view is None else proof.market.view.judgement
    lines = [_trade(proof), *_quote(proof), *([] if judgement is None else _score(judgement))]
    taken = [_row(looked, _ordered(proof, looked)) for looked in proof.looked if looked.holds]
    lines += taken or ["No row of the table was taken."]
    lines += [_near(looked) for looked in proof.looked if not looked.holds]
    if proof.command is not None:
        lines.append(_command(proof.command))
    lines += [f"{note.kind.value.capitalize()}: {note.text}." for note in proof.notes]
    lines.append(f"Configuration {proof.digest[:12] or 'not named'}; decided by {type(proof.event).__name__}.")
    return tuple(lines)


def _trade(proof: Proof) -> str:
    position, record = proof.before.position, proof.before.defence
    before = "not watched" if record is None else record.state.value
    side = "Buy" if position.side is Side.BUY else "Sell"
    what = f"{side} of {position.volume:g} lots {position.symbol} (position {position.position_id})"
    return f"{what} was {before}, is {proof.state.value}."


def _quote(proof: Proof) -> list[str]:
    quote, position, record = proof.market.quote, proof.before.position, proof.before.defence
    if quote is None:
        return ["There was no quote to decide by."]
    price = quote.exit_price(position.side)
    risk = proof.before.risk if record is None or record.risk is None else record.risk
    gain = "R is not known" if not risk else f"{_r(position.side.direction * (price - position.price_open) / risk)} R"
    return [f"Opened at {position.price_open:g}, exit price {price:g}: {gain}; stop {_price(position.stop_loss)}."]


def _r(value: float) -> str:
    return f"{value:+.2f}"


def _price(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _score(judgement: Judgement) -> list[str]:
    if judgement.total is None or not judgement.valid:
        gist = f"The score was invalid (coverage {judgement.coverage:.0%}), so nothing that needs one was decided"
    else:
        gist = f"S = {judgement.total:+.2f} (coverage {judgement.coverage:.0%})"
    groups = "; ".join(_group(group) for group in judgement.groups)
    return [f"{gist}{': ' + groups if groups else ''}."]


def _group(group: GroupMark) -> str:
    if group.figure is None:
        return f"{group.name} unavailable"
    bounded = "" if abs(group.figure) <= group.bound else f" cut to {group.bound:g}"
    return f"{group.name} {group.figure:+.2f}{bounded} x {group.modifier:.2f} = {group.contribution:+.2f}"


def _ordered(proof: Proof, looked: Looked) -> str:
    row = next((row for row in proof.taken if row.row == looked.row and row.source is looked.source), None)
    if row is None:
        return ""
    actions = ", ".join(action.value for action in row.actions)
    return f" ({row.why})" + (f"; ordered: {actions}" if actions else "")


def _row(looked: Looked, ordered: str) -> str:
    to = "stays" if looked.to is None else f"-> {looked.to.value}"
    return (
        f"{looked.row}: {looked.source.value} {to}{ordered}, because {' and '.join(_check(c) for c in looked.checks if c.holds)}."
    )


def _near(looked: Looked) -> str:
    failed = " and ".join(_check(check) for check in looked.checks if not check.holds)
    to = "" if looked.to is None else f" to {looked.to.value}"
    return f"Not {looked.row}{to}: it needs {failed}."


def _check(check: Check) -> str:
    if check.limit is None:
        flag = check.name if check.op == "is" else f"not {check.name}"
        return f"{flag} ({check.why})" if check.why else flag
    if check.value is None:
        return f"{check.name} {check.op} {check.limit:g}, which is not known"
    margin = (
        ""
        if check.margin is None
        else f", by {clean(abs(check.margin)):g}"
        if check.holds
        else f", short by {clean(-check.margin):g}"
    )
    return f"{check.name} {clean(check.value):g} {check.op} {check.limit:g}{margin}"


def _command(command: Command) -> str:
    match command:
        case ModifyPosition():
            stops = f"stop from {_price(command.expect_stop)} to {_price(command.stop_loss)}"
            return f"Command: {stops}, target {_price(command.take_profit)} kept."
        case ReducePosition() if command.leave_volume == 0:
            return f"Command: close ticket {command.ticket}."
        case ReducePosition():
            return f"Command: leave {command.leave_volume:g} lots of ticket {command.ticket}."
        case OpenPosition():
            side = "buy" if command.side is Side.BUY else "sell"
            return f"Command: {side} {command.volume:g} lots as {command.kind.name.lower()}, stop {_price(command.stop_loss)}."
        case CloseBy():
            return f"Command: close ticket {command.ticket} by {command.by_ticket}."
        case _:
            return f"Command: {type(command).__name__}."
