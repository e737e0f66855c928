"""The history of one terminal: who is asked for next, and what an answer is."""

from dtms.runtime.backfill import Backfill, Line
from dtms.wire.messages import Bars

SILENT = [Line(f"SILENT{number}", minutes) for number in (1, 2) for minutes in (5, 15)]
OTHER = Line("EURUSD", 5)


def part(line: Line, request_id: int, number: int = 1, *, parts: int = 1, ok: bool = True) -> Bars:
    fields = {"request_id": request_id, "symbol": line.symbol, "timeframe": line.minutes}
    return Bars.model_validate(fields | {"part": number, "parts": parts, "ok": ok, "bars": []})


def wanting(*lines: Line) -> Backfill:
    history = Backfill()
    for line in lines:
        history.want(line, 100)
    return history


def asked(history: Backfill, now: int) -> list[Line]:
    return [Line(request.symbol, request.timeframe) for request in history.due(now)]


def test_symbols_that_never_answer_do_not_keep_the_others_from_being_asked() -> None:
    history = wanting(*SILENT, OTHER)
    assert asked(history, 0) == SILENT
    assert asked(history, 89_999) == []

    assert asked(history, 90_000) == [OTHER]
    assert asked(history, 94_999) == []
    assert asked(history, 95_000) == SILENT[:3]


def test_one_that_cannot_be_read_now_is_asked_for_after_a_pause_behind_the_others() -> None:
    history = wanting(*SILENT, OTHER)
    first = history.due(0)[0]
    assert history.take(part(SILENT[0], first.request_id, ok=False), 10) is None

    assert asked(history, 20) == [OTHER]
    assert asked(history, 5_010) == []
    history.asked_in_vain()
    assert asked(history, 5_020) == [*SILENT[1:], OTHER]


def test_what_a_session_told_in_part_is_asked_for_as_a_whole_in_the_next() -> None:
    history = wanting(OTHER)
    before = history.due(0)[0].request_id
    assert history.take(part(OTHER, before, 1, parts=2), 10) is None
    history.asked_in_vain()
    after = history.due(20)[0].request_id

    assert history.take(part(OTHER, before, 2, parts=2), 30) is None
    assert history.take(part(OTHER, after, 1, parts=2), 40) is None
    filled = history.take(part(OTHER, after, 2, parts=2), 50)
    assert filled is not None
    assert filled.line == OTHER
    assert OTHER not in history
