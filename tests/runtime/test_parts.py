"""Smaller parts of the shell: inbox, log, locks, checks."""

import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import zmq
from loguru import logger

from dtms.engine.decide import Look, Vanished
from dtms.engine.trade import TradeKey
from dtms.runtime import holder
from dtms.runtime.checks import Checks
from dtms.runtime.inbox import Inbox
from dtms.runtime.locks import Locks
from dtms.runtime.log import Line, Log, to_loguru

if TYPE_CHECKING:
    from loguru import Message

KEY, OTHER = TradeKey("1@Demo", 1, 1), TradeKey("1@Demo", 2, 1)


def test_items_of_several_threads_all_arrive_each_threads_in_order_and_wake_the_reader() -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    inbox: Inbox[tuple[int, int]] = Inbox(context)
    inbox.belongs_to_this_thread()
    per_thread = 2_000

    def write(number: int) -> None:
        for count in range(per_thread):
            inbox.put((number, count))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    got: list[tuple[int, int]] = []
    while len(got) < 4 * per_thread:
        # A wake-up that went missing would leave the reader here for good.
        assert inbox.socket.poll(5_000), f"asleep after {len(got)}"
        inbox.clear_signal()
        while (item := inbox.take()) is not None:
            got.append(item)
    for thread in threads:
        thread.join()
    inbox.close()
    context.term()

    assert Counter(n for n, _ in got) == dict.fromkeys(range(4), per_thread)
    for number in range(4):
        assert [c for n, c in got if n == number] == list(range(per_thread))


def test_after_each_drain_the_next_item_wakes_the_reader_again() -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    inbox: Inbox[int] = Inbox(context)
    woken = []
    for item in range(3):
        inbox.put(item)
        inbox.put(item)
        woken.append(inbox.socket.poll(5_000))
        inbox.clear_signal()
        assert [inbox.take(), inbox.take(), inbox.take()] == [item, item, None]
        woken.append(inbox.socket.poll(0))
    inbox.close()
    context.term()

    assert woken == [zmq.POLLIN, 0] * 3


def test_what_the_reader_puts_itself_needs_no_wake_up() -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    inbox: Inbox[int] = Inbox(context)
    inbox.belongs_to_this_thread()
    inbox.put(1)
    woken = inbox.socket.poll(0)
    item = inbox.take()
    inbox.close()
    context.term()

    assert (woken, item) == (0, 1)


def test_after_the_reader_has_ended_a_writer_is_not_harmed() -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    inbox: Inbox[int] = Inbox(context)
    inbox.put(1)
    inbox.clear_signal()
    inbox.close()
    context.term()
    inbox.put(2)
    thread = threading.Thread(target=inbox.put, args=(3,))
    thread.start()
    thread.join()

    assert [inbox.take() for _ in range(3)] == [1, 2, 3]


def test_a_lock_is_held_by_one_and_a_close_overtakes_with_what_is_queued() -> None:
    locks = Locks()

    assert locks.take(KEY, 1, 0, "break_even")
    assert not locks.take(KEY, 2, 0, "break_even")
    assert locks.take(OTHER, 3, 0, "break_even")
    assert locks.queue(KEY, Look())
    assert locks.take(KEY, 4, 5, "close", overtakes=True)
    assert locks.free(KEY, 1) == []
    assert locks.free(KEY, 4) == [Look()]
    assert locks.get(KEY) is None


def test_of_each_kind_the_last_event_is_queued_in_the_order_of_the_last_ones() -> None:
    locks = Locks()
    locks.take(KEY, 1, 0, "break_even")
    for event in (Vanished(1), Look(), Vanished(2)):
        assert locks.queue(KEY, event)

    assert locks.free(KEY, 1) == [Look(), Vanished(2)]
    assert not locks.queue(KEY, Look())


def test_an_unknown_lock_lets_facts_through_and_changes_not() -> None:
    locks = Locks()
    locks.take(KEY, 1, 0, "break_even")
    locks.queue(KEY, Look())

    assert locks.became_unknown(KEY, 2) == []
    assert locks.became_unknown(KEY, 1) == [Look()]
    assert not locks.queue(KEY, Look())
    assert not locks.take(KEY, 2, 0, "break_even")


def test_a_check_is_due_once_at_its_earliest_time() -> None:
    checks = Checks()
    checks.set(KEY, 100)
    checks.set(KEY, 50)
    checks.set(KEY, 80)
    checks.set(OTHER, 60)
    checks.forget(OTHER)

    assert checks.take(49) is None
    assert checks.take(200) == KEY
    assert checks.take(200) is None


def test_a_line_reaches_loguru_as_a_message_and_its_values_as_they_are() -> None:
    records: list[tuple[str, str, dict[str, object]]] = []

    def keep(message: "Message") -> None:
        record = message.record
        records.append((record["level"].name, record["message"], record["extra"]))

    number = logger.add(keep, format="{message}")
    to_loguru(Line("WARNING", "!", "report", {"command": 1, "why": None, "level": 1.5, "detail": "{so}"}))
    to_loguru(Line("INFO", "=", "bound", {}))
    logger.remove(number)

    assert records == [
        ("WARNING", "! report", {"command": 1, "why": None, "level": 1.5, "detail": "{so}"}),
        ("INFO", "= bound", {}),
    ]


def test_lines_are_written_in_order_by_another_thread_and_all_of_them_before_it_ends() -> None:
    written: list[tuple[Line, int]] = []
    log = Log(lambda line: written.append((line, threading.get_ident())))
    log.add("=", "one")
    log.start()
    log.add("!", "two", n=2)
    log.error("three")
    log.stop(5)

    assert [line for line, _ in written] == [
        Line("INFO", "=", "one", {}),
        Line("WARNING", "!", "two", {"n": 2}),
        Line("ERROR", "!", "three", {}),
    ]
    assert threading.get_ident() not in {thread for _, thread in written}


def test_a_sink_that_raises_loses_its_line_and_the_next_one_is_written() -> None:
    lines: list[Line] = []

    def sink(line: Line) -> None:
        if line.name == "bad":
            raise OSError("disk full")
        lines.append(line)

    log = Log(sink)
    log.start()
    log.add("=", "bad")
    log.add("=", "good")
    log.stop(5.0)

    assert [line.name for line in lines] == ["good", "log"]
    assert lines[-1].fields == {"dropped": 0, "not_written": 1}
    assert isinstance(lines[-1].cause, OSError)


def test_what_was_raised_is_written_with_its_trace() -> None:
    written: list[str] = []
    handler = logger.add(lambda message: written.append(str(message)), format="{message}")
    with pytest.raises(ZeroDivisionError) as raised:
        divmod(1, 0)
    to_loguru(Line("ERROR", "!", "quarantined", {"position": 1}, raised.value))
    logger.remove(handler)

    assert "Traceback" in written[0]
    assert "ZeroDivisionError" in written[0]


def test_a_tool_that_writes_in_another_code_page_is_read_all_the_same() -> None:
    lines = holder._run(sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'ABH\\x99REN 5\\n')")

    assert len(lines) == 1
    assert lines[0].endswith("REN 5")
