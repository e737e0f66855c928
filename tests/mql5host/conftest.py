"""A terminal that answers from dictionaries, and a way to run a few lines of MQL5 behind it."""

# ruff: noqa: ARG002 - a stand-in has the parameters of what it stands for

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mql5host.build import build
from mql5host.native import Program
from mql5host.terminal import TICK_FORMAT, Record, TradeAnswer, TradeAnswerLike, TradeRequest

SAY = """string g_line="";
#define SAY(x) g_line+=(g_line=="" ? "" : " ")+(string)(x);
#define SAID { Print(g_line); g_line=""; }
"""
FIXTURES = Path(__file__).parent / "fixtures"


@dataclass
class PlainTerminal:
    """Satisfies mql5host.terminal.Terminal with what a test puts in."""

    symbols: dict[str, Record] = field(default_factory=lambda: {"EURUSD": {"SYMBOL_DIGITS": 5, "SYMBOL_POINT": 1e-5}})
    accounts: Record = field(default_factory=lambda: {"ACCOUNT_LOGIN": 7, "ACCOUNT_BALANCE": 1000.0, "ACCOUNT_SERVER": "Demo"})
    open_positions: dict[int, Record] = field(default_factory=dict)
    deal_records: dict[int, Record] = field(default_factory=dict)
    ticks: list[bytes] = field(default_factory=list)
    answer: TradeAnswerLike = field(default_factory=lambda: TradeAnswer(ok=True, retcode=10009, deal=3, comment="done"))
    requests: list[tuple[TradeRequest, bool]] = field(default_factory=list)
    countries: list[Record] = field(default_factory=list)
    events: list[Record] = field(default_factory=list)
    releases: list[Record] = field(default_factory=list)
    calendar_state: int = 0
    calendar_error: int = 0
    calendar_asked: list[tuple[int | str, ...]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    now_s: int = 1_700_000_000

    def account(self) -> Record:
        return self.accounts

    def terminal_info(self) -> Record:
        return {"TERMINAL_CONNECTED": 1, "TERMINAL_NAME": "Plain"}

    def program_info(self) -> Record:
        return {"MQL_TRADE_ALLOWED": 1}

    def symbol(self, name: str) -> Record | None:
        return self.symbols.get(name)

    def symbol_names(self, selected_only: bool) -> Sequence[str]:
        return list(self.symbols)

    def symbol_select(self, name: str, on: bool) -> bool:
        return True

    def positions(self) -> Sequence[int]:
        return list(self.open_positions)

    def position(self, ticket: int) -> Record | None:
        return self.open_positions.get(ticket)

    def orders(self) -> Sequence[int]:
        return []

    def order(self, ticket: int) -> Record | None:
        return None

    def history_orders(self, from_s: int, to_s: int) -> Sequence[int]:
        return []

    def history_order(self, ticket: int) -> Record | None:
        return None

    def deals(self, from_s: int, to_s: int) -> Sequence[int]:
        return [t for t, deal in self.deal_records.items() if from_s <= int(deal["DEAL_TIME"]) <= to_s]

    def deal(self, ticket: int) -> Record | None:
        return self.deal_records.get(ticket)

    def history_of_position(self, position_id: int) -> tuple[Sequence[int], Sequence[int]]:
        return [], [t for t, deal in self.deal_records.items() if deal["DEAL_POSITION_ID"] == position_id]

    def last_tick(self, symbol: str) -> bytes | None:
        return self.ticks[-1] if self.ticks and symbol in self.symbols else None

    def copy_ticks(self, symbol: str, flags: int, from_msc: int, count: int) -> bytes | int:
        return b"".join(self.ticks[-count:])

    def copy_rates(self, symbol: str, timeframe_s: int, start_pos: int, count: int) -> bytes | int:
        return -4401

    def copy_rates_range(self, symbol: str, timeframe_s: int, from_s: int, to_s: int) -> bytes | int:
        bars = range(from_s // timeframe_s, to_s // timeframe_s + 1)
        return b"".join(struct.pack("<qddddqiq", b * timeframe_s, 1.0, 2.0, 0.5, 1.5, 9, 3, 0) for b in bars)

    def session(self, symbol: str, day: int, index: int, trade: bool) -> tuple[int, int] | None:
        return (0, 90_000) if index == 0 else None

    def order_send(self, request: TradeRequest, asynchronous: bool) -> TradeAnswerLike:
        self.requests.append((request, asynchronous))
        return self.answer

    def order_check(self, request: TradeRequest) -> TradeAnswerLike:
        return self.answer

    def server_time(self) -> int:
        return self.now_s + 7200

    def current_time(self) -> int:
        return self.now_s + 7199

    def gmt(self) -> int:
        return self.now_s

    def calendar_countries(self) -> Sequence[Record] | int:
        return -self.calendar_error or self.countries

    def calendar_country(self, country_id: int) -> Record | int:
        return self._calendar_entry(self.countries, country_id)

    def calendar_events(self, country_code: str, currency: str) -> Sequence[Record] | int:
        self.calendar_asked.append((country_code, currency))
        return -self.calendar_error or self.events

    def calendar_event(self, event_id: int) -> Record | int:
        return self._calendar_entry(self.events, event_id)

    def calendar_value(self, value_id: int) -> Record | int:
        return self._calendar_entry(self.releases, value_id)

    def calendar_history(self, from_s: int, to_s: int, country_code: str, currency: str, event_id: int) -> Sequence[Record] | int:
        self.calendar_asked.append((from_s, to_s, country_code, currency, event_id))
        return -self.calendar_error or self.releases

    def calendar_last(self, change_id: int, country_code: str, currency: str, event_id: int) -> tuple[int, Sequence[Record]] | int:
        self.calendar_asked.append((change_id, country_code, currency, event_id))
        return -self.calendar_error or (self.calendar_state, self.releases if change_id else [])

    def _calendar_entry(self, entries: Sequence[Record], number: int) -> Record | int:
        found = [entry for entry in entries if entry["id"] == number]
        return -self.calendar_error or (found[0] if found else -5402)

    def log(self, text: str) -> None:
        self.lines.append(text)

    def alert(self, text: str) -> None:
        self.alerts.append(text)

    def comment(self, text: str) -> None:
        self.comments.append(text)


def tick(bid: float, ask: float, time_msc: int) -> bytes:
    """One packed MqlTick."""
    return struct.pack(TICK_FORMAT, time_msc // 1000, bid, ask, 0.0, 0, time_msc, 6, 0.0)


Load = Callable[..., Program]
Run = Callable[..., list[str]]


@pytest.fixture(scope="session")
def library_cache(request: pytest.FixtureRequest) -> Path:
    """Where the libraries of these tests are kept from one run to the next."""
    return Path(request.config.cache.mkdir("mql5host"))


@pytest.fixture
def terminal() -> PlainTerminal:
    return PlainTerminal()


@pytest.fixture
def load(terminal: PlainTerminal, tmp_path: Path, library_cache: Path, request: pytest.FixtureRequest) -> Iterator[Load]:
    """Build and open a program: from MQL5 text, or from a file of the fixtures folder."""
    sanitizers = tuple(name for name in request.config.getoption("--sanitize").split(",") if name)
    programs: list[Program] = []

    def opened(source: str | Path, **settings: Any) -> Program:
        if isinstance(source, str):
            path = tmp_path / "source.mq5"
            path.write_text(source, encoding="utf-8")
        else:
            path = FIXTURES / source
        built = build(path, include=FIXTURES / "Include", cache=library_cache, sanitize=sanitizers)
        settings.setdefault("files", tmp_path / "terminal" / "Files")
        settings.setdefault("symbol", "EURUSD")
        programs.append(Program(built, terminal, **settings))
        return programs[-1]

    yield opened
    for program in programs:
        program.close()


@pytest.fixture
def run(load: Load, terminal: PlainTerminal) -> Run:
    """
    Run statements as a script's OnStart, after declarations if there are any; what it prints is the result.

    SAY(x) adds a value to a line and SAID ends it: one statement each, as the order in which the arguments of one
    call are evaluated is nobody's promise.
    """

    def ran(body: str, declarations: str = "", **settings: Any) -> list[str]:
        terminal.lines.clear()
        load(f"{SAY}{declarations}\nvoid OnStart()\n  {{\n{body}\n  }}\n", **settings).start()
        return list(terminal.lines)

    return ran
