"""What the witness process tells, asked as a real process over a simulated broker in place of the terminal."""

import enum
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.witness.conftest import OFFSET_S, UTC, Asked
from tests.witness.scene import PATH, Scene, Stage, of_broker

from dtms.names import DealEntry, DealType, Reason, Side
from dtms.sim.broker import Broker
from dtms.sim.mt5 import DealType as SimDealType
from dtms.sim.mt5 import Entry
from dtms.sim.mt5 import Reason as SimReason
from dtms.sim.state import Deal, Position
from dtms.witness.frames import Quiet
from dtms.witness.terminal import Reading
from dtms.witness.testimony import Silent, Testimony

EVER = 0


class Strange(enum.IntEnum):
    """A number that no version of the platform has."""

    ODD = 77


def heard(asked: Asked, **values: Any) -> Testimony:
    answer = asked.ask(**values)
    assert isinstance(answer, Testimony), answer
    return answer


def silence(asked: Asked, **values: Any) -> Silent:
    answer = asked.ask(**values)
    assert isinstance(answer, Silent), answer
    return answer


def deal(number: int, **values: object) -> Deal:
    made = Deal(
        ticket=number,
        order=number,
        time_msc=UTC + number,
        type=SimDealType.BUY,
        entry=Entry.IN,
        magic=0,
        reason=SimReason.CLIENT,
        position_id=number,
        volume=0.1,
        price=1.1,
        commission=0.0,
        swap=0.0,
        profit=0.0,
        sl=0.0,
        tp=0.0,
        symbol="EURUSD",
        comment="",
    )
    return replace(made, **values)  # type: ignore[arg-type]


def test_positions_are_told_as_the_broker_holds_them(asked: Asked, stage: Stage, broker: Broker) -> None:
    broker.human_open("EURUSD", 0, 0.3, sl=1.09, magic=2**63 - 1, comment="mine")
    broker.human_open("EURUSD", 1, 0.2, tp=1.05)
    stage.show(of_broker(broker))

    told = heard(asked)

    first, second = told.positions
    held = broker.positions
    assert [p.position_id for p in told.positions] == [p.identifier for p in held]
    assert (first.side, first.volume, first.stop_loss, first.take_profit) == (Side.BUY, 0.3, 1.09, None)
    assert (first.magic, first.comment, first.reason) == (2**63 - 1, "mine", Reason.CLIENT)
    assert (second.side, second.volume, second.stop_loss, second.take_profit) == (Side.SELL, 0.2, None, 1.05)
    assert first.ts_open == held[0].time_msc - OFFSET_S * 1_000
    assert not told.deals
    assert (told.package, told.build) == ("5.0.6231", 5_000)


def test_deals_are_told_by_position_in_utc_and_those_of_a_time_once(asked: Asked, stage: Stage, broker: Broker) -> None:
    broker.human_open("EURUSD", 0, 0.3)
    held = broker.positions[0]
    broker.human_close(held.ticket, 0.1)
    broker.human_close(held.ticket)
    stage.show(of_broker(broker))

    told = heard(asked, since=EVER, position_ids=(held.identifier,))

    opened, part, rest = told.deals[held.identifier]
    assert [d.entry for d in (opened, part, rest)] == [DealEntry.IN, DealEntry.OUT, DealEntry.OUT]
    assert [d.volume for d in (opened, part, rest)] == [0.3, 0.1, 0.2]
    assert opened.ts_event == held.time_msc - OFFSET_S * 1_000
    assert [d.deal_type for d in told.deals[0]] == [DealType.BALANCE]
    assert sum(map(len, told.deals.values())) == 4


def test_deals_before_the_time_asked_for_are_left_out(asked: Asked, stage: Stage) -> None:
    old, young = deal(1, time_msc=UTC - 7_200_000), deal(2, time_msc=UTC + OFFSET_S * 1_000)
    stage.show(Scene(deals=(old, young)))

    assert list(heard(asked, since=UTC - 60_000).deals) == [2]


def test_an_account_without_positions_is_a_testimony(asked: Asked) -> None:
    assert heard(asked).positions == ()


@pytest.mark.parametrize("name", ["terminal_info", "account_info", "positions_total", "positions_get", "history_deals_get"])
def test_a_query_without_an_answer_is_never_an_empty_account(asked: Asked, stage: Stage, name: str) -> None:
    stage.show(Scene(failing={name: (-1, "Terminal: Call failed")}))

    told = silence(asked, since=UTC)

    assert (told.quiet, told.code) == (Quiet.FAILED, -1)
    assert told.detail == f"{name}: Terminal: Call failed"


def test_a_failure_that_passes_leaves_nothing_behind(asked: Asked, stage: Stage, broker: Broker) -> None:
    broker.human_open("EURUSD", 0, 0.3)
    stage.show(of_broker(broker, failing={"positions_get": (1, "Success")}))
    assert silence(asked).code == 1

    stage.show(of_broker(broker))

    assert len(heard(asked).positions) == 1


@pytest.mark.parametrize(
    ("scene", "found"),
    [
        (Scene(login=7), "7@Simulated-Demo"),
        (Scene(server="Simulated-Live"), "10000001@Simulated-Live"),
        (Scene(after=8), "8@Simulated-Demo"),
    ],
)
def test_another_account_is_refused_and_named(asked: Asked, stage: Stage, scene: Scene, found: str) -> None:
    """Also one that the user changes to between the questions of one testimony."""
    stage.show(scene)

    told = silence(asked)

    assert (told.quiet, told.found) == (Quiet.WRONG_ACCOUNT, found)


def test_a_terminal_without_its_broker_tells_nothing(asked: Asked, stage: Stage) -> None:
    stage.show(Scene(connected=False))

    assert silence(asked).quiet is Quiet.NOT_CONNECTED


def test_positions_that_are_counted_and_not_listed_are_no_testimony(asked: Asked, stage: Stage) -> None:
    stage.show(Scene(counted=3))

    assert silence(asked).quiet is Quiet.UNSETTLED


def test_a_terminal_that_is_not_there_is_asked_again_the_next_time(asked: Asked, stage: Stage) -> None:
    stage.show(Scene(path="elsewhere"))
    told = silence(asked)
    assert (told.quiet, told.code) == (Quiet.NO_TERMINAL, -10_003)

    stage.show(Scene())

    assert heard(asked).positions == ()


def test_after_a_broken_channel_the_terminal_is_attached_anew(asked: Asked, stage: Stage) -> None:
    heard(asked)
    stage.show(Scene(failing={"terminal_info": (-10_001, "IPC send failed")}))
    assert silence(asked).code == -10_001
    stage.show(Scene())

    heard(asked)

    assert stage.called().count("initialize") == 2
    assert stage.called().count("shutdown") == 1


def test_a_terminal_that_answers_is_attached_once(asked: Asked, stage: Stage) -> None:
    for _ in range(3):
        heard(asked)

    assert stage.called().count("initialize") == 1


def test_long_histories_come_whole(asked: Asked, stage: Stage) -> None:
    many = tuple(deal(ticket, time_msc=UTC - ticket * 3_600_000) for ticket in range(1, 12_001))
    stage.show(Scene(deals=many))

    told = heard(asked, since=EVER)

    assert len(told.deals) == 12_000


def test_more_deals_than_wanted_are_refused_and_not_cut(make: Callable[..., Asked], stage: Stage) -> None:
    stage.show(Scene(deals=tuple(deal(ticket) for ticket in range(1, 1_202))))

    assert silence(make(most_deals=1_200), since=EVER).quiet is Quiet.TOO_MUCH
    assert len(heard(make(most_deals=1_201), since=EVER).deals) == 1_201


@pytest.mark.parametrize(
    ("written", "told"),
    [("Gewinn äöü €", "Gewinn äöü €"), ("止损 \U0001f4c8", "止损 \U0001f4c8"), ("half \ud83d", "half ?"), ("x" * 600, "x" * 512)],
)
def test_comments_in_any_writing_are_carried(asked: Asked, stage: Stage, written: str, told: str) -> None:
    stage.show(Scene(deals=(deal(1, comment=written),)))

    assert heard(asked, position_ids=(1,)).deals[1][0].comment == told


def test_reasons_and_kinds_that_have_no_name_are_other(asked: Asked, stage: Stage) -> None:
    stage.show(Scene(deals=(deal(1, reason=SimReason.CORPORATE_ACTION, type=SimDealType.SELL),)))

    (told,) = heard(asked, position_ids=(1,)).deals[1]

    assert (told.reason, told.deal_type) == (Reason.OTHER, DealType.SELL)


@pytest.mark.parametrize("values", [{"volume": float("nan")}, {"price": float("inf")}, {"entry": Strange.ODD}, {"ticket": -1}])
def test_a_value_that_cannot_be_is_no_testimony(asked: Asked, stage: Stage, values: dict[str, object]) -> None:
    stage.show(Scene(deals=(deal(1, **values),)))

    assert silence(asked, since=EVER).quiet is Quiet.MALFORMED


def test_a_package_with_other_constants_is_not_believed(asked: Asked, stage: Stage) -> None:
    stage.show(Scene(constants={"DEAL_ENTRY_OUT": 2}))

    told = silence(asked)

    assert told.quiet is Quiet.PACKAGE
    assert "DEAL_ENTRY_OUT is 2, not 1" in told.detail
    assert stage.called() == []


def test_nothing_that_could_log_in_or_trade_is_ever_called(asked: Asked, stage: Stage, broker: Broker) -> None:
    broker.human_open("EURUSD", 0, 0.3)
    wrong = Scene(login=7)
    broken = {name: (-10_005, "IPC timeout") for name in Reading._fields if name not in {"last_error", "shutdown"}}
    scenes = [of_broker(broker), wrong, *(of_broker(broker, failing={name: error}) for name, error in broken.items())]
    for scene in scenes:
        stage.show(scene)
        asked.ask(since=EVER, position_ids=(1,))

    assert set(stage.called()) == set(Reading._fields) - {"last_error"}
    starts = [(words, named) for name, words, named in stage.calls() if name == "initialize"]
    assert all(words == (PATH,) and set(named) == {"timeout", "portable"} for words, named in starts)


def test_positions_outlive_a_ticket_that_changes(asked: Asked, stage: Stage, broker: Broker) -> None:
    broker.human_open("EURUSD", 0, 0.3)
    held: Position = broker.positions[0]
    broker.change_ticket(held.ticket)
    stage.show(of_broker(broker))

    (told,) = heard(asked).positions

    assert told.position_id == held.identifier
    assert told.ticket == broker.positions[0].ticket != held.ticket
