"""
Every number that the service can be told, typed, frozen, with its default; this module reads nothing.

The command line fills these models from file and environment. Waits are in the unit of their name's ending; all of them are
settings, so that a test shrinks them instead of sleeping.
"""

import enum
import hashlib
import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dtms.settings_defence import CadenceSettings, DefenceSettings
from dtms.settings_lease import LeaseSettings
from dtms.settings_rails import RailsSettings
from dtms.settings_score import SignalSettings
from dtms.settings_store import StoreSettings
from dtms.settings_witness import WitnessSettings

Wait = Annotated[int, Field(ge=1, le=86_400_000)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Name = Annotated[str, Field(min_length=1, max_length=64)]  # as on the wire
Minutes = Annotated[int, Field(ge=1, le=43_200)]  # up to MT5's month


class Mode(enum.StrEnum):
    """What a decision leads to."""

    OBSERVE = "observe"  # decided, written down, never sent
    ACT = "act"


class Scope(enum.StrEnum):
    """Which open positions the service manages without being told of each."""

    REGISTERED = "registered"  # none but those that a client names
    FILTER = "filter"  # those that match every list given in ``[adopt]``
    ALL = "all"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, strict=False, extra="forbid")


class LinkSettings(_Group):
    """The link to the terminals; the rules are those of PROTOCOL.md."""

    bind: str = "tcp://127.0.0.1:5557"
    curve_server_key_file: str = ""  # R29: the service's key pair, from the data folder on; with it every terminal needs a key
    curve_clients_folder: str = "keys/clients"  # R29: public keys of the terminals that may connect
    heartbeat_ms: Wait = 1_000  # R25
    test_after_ms: Wait = 2_500  # R25: silence before a TestRequest
    down_after_ms: Wait = 5_000  # R25: silence before the link counts as down
    own_pause_ms: Wait = 500  # R25: a pause of our own after which the peer's silence counts anew
    credit_window: Annotated[int, Field(ge=4, le=1_000_000)] = 1_024  # R02
    grace_s: Annotated[int, Field(ge=1, le=86_400)] = 30  # R27
    successor_extra_s: Seconds = 5  # R09: another manager not before grace and this
    chart_change_ms: Wait = 5_000  # R09: a manager that left for another timeframe of its chart keeps its place for so long
    other_terminal_s: Seconds = 60  # R09: no new risk for so long after a change of terminal
    ttl_raise_ms: Wait = 2_000  # R21
    ttl_modify_ms: Wait = 3_000  # R21
    ttl_reduce_ms: Wait = 15_000  # R21
    unknown_after_ms: Wait = 5_000  # R19: an outcome that has not come so long after the last moment for a request is unknown
    store_slow_ms: Wait = 2_000  # R17: a commit that takes longer counts as a failed store
    busy_cap_ms: Wait = 60_000  # a first CopyTicks may block for 45 s; nobody is believed to be busy for longer than this
    keep_frames: Annotated[int, Field(ge=1)] = 4_096  # R11
    keep_bytes: Annotated[int, Field(ge=1)] = 1_048_576  # R11
    keep_session_s: Annotated[int, Field(ge=1)] = 600  # how long a session without a connection can still be resumed
    claim_ms: Wait = 3_000  # R09: a terminal that has brought no quote of a symbol for so long loses it to one that does
    max_accounts: Annotated[int, Field(ge=1)] = 8  # of this process
    max_sessions: Annotated[int, Field(ge=1)] = 16  # terminals of one account
    max_symbols: Annotated[int, Field(ge=1)] = 5_000  # specifications kept for one account
    max_positions: Annotated[int, Field(ge=1)] = 10_000  # open positions of one account; brokers allow hundreds
    retry_refused_s: Annotated[int, Field(ge=1, le=3_600)] = 30  # what a refused terminal is told to wait
    retry_soon_s: Annotated[int, Field(ge=1, le=3_600)] = 1  # the same where the cause passes by itself
    poison_alarm: Annotated[int, Field(ge=1)] = 3  # R26: bad frames in poison_window_ms that raise the alarm
    poison_window_ms: Wait = 60_000
    poison_kept: Annotated[int, Field(ge=1)] = 16  # bad frames whose bytes are kept for inspection
    symbols: Annotated[tuple[Name, ...], Field(max_length=1_000)] = ()  # asked of the manager beside its own
    timeframes: Annotated[tuple[Minutes, ...], Field(max_length=32)] = ()  # minutes of the closed bars wanted

    @model_validator(mode="after")
    def _in_order(self) -> "LinkSettings":
        if not self.heartbeat_ms < self.test_after_ms < self.down_after_ms:
            raise ValueError("heartbeat_ms < test_after_ms < down_after_ms must hold")
        return self


class DeskSettings(_Group):
    """How the one trading thread divides its time."""

    poll_ms: Wait = 20  # at most so long without looking at the clock
    batch_frames: Annotated[int, Field(ge=1)] = 2_000  # R03: frames read before timers and checks get their turn
    batch_ms: Wait = 20  # R03: the same in time
    check_ms: Wait = 1_000  # a trade that wants to act and may not yet is looked at again after this
    check_slice_ms: Wait = 5  # of such looks, in one step
    quote_age_ms: Wait = 60_000  # a quote that came longer ago decides nothing: the market may be closed, the feed may hang
    snapshot_ms: Wait = 100  # outward snapshots are renewed at most this often
    restarts: Annotated[int, Field(ge=0, le=1_000)] = 3  # of a desk that failed, in restart_window_s; then it stays down
    restart_window_s: Annotated[int, Field(ge=1, le=86_400)] = 3_600
    freeze_ms: Wait = 10_000  # a desk without a beat for so long ends the process
    stuck_ms: Wait = 60_000  # the same for an interpreter that gives no thread a turn; also ends one that was stopped for so long
    switch_interval_s: Annotated[float, Field(gt=0)] = 50e-6  # measured: p99 1.4 ms beside saturated HTTP, 28 ms by default


class AdoptSettings(_Group):
    """
    Which positions are managed.

    ``scope`` left out means all in observe mode and registered in act mode. In act mode ``all`` needs ``confirmed``: without it
    nothing that the user has not named is touched. A ``filter`` names what it takes; one without any list takes nothing.
    """

    scope: Scope | None = None
    magic: tuple[int, ...] = ()
    symbol: tuple[str, ...] = ()
    comment: tuple[str, ...] = ()  # beginnings of comments
    confirmed: bool = False


class AccountSettings(_Group):
    """Which account may log on (R07). With neither login nor server the first demo account that logs on is pinned."""

    login: Annotated[int, Field(ge=1)] | None = None
    server: str | None = None
    real_allowed: tuple[str, ...] = ()  # LOGIN@SERVER


class BreakEvenSettings(_Group):
    """Move the stop to break-even, net of costs, once the trade has gained ``at_r`` times its initial risk."""

    enabled: bool = True
    at_r: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    extra_ticks: Annotated[int, Field(ge=0, le=1_000_000)] = 1  # beyond the costs
    commission_sides: Annotated[int, Field(ge=1, le=2)] = 2  # 2: an open position bears the commission of its entry only
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 5  # R22: then an alarm
    retry_ms: Wait = 1_000  # after a failed attempt; doubles with each
    retry_max_ms: Wait = 8_000  # up to this


class CloseSettings(_Group):
    """A close that somebody asked for; it is tried until the position is gone."""

    retry_ms: Wait = 500  # after a failed attempt; doubles with each
    retry_max_ms: Wait = 8_000  # up to this
    alarm_attempts: Annotated[int, Field(ge=1, le=100)] = 5  # so many that failed in a row raise the alarm
    gone_after_ms: Wait = 5_000  # a position still there so long after its close was reported done is closed anew
    deviation_points: Annotated[int, Field(ge=0, le=1_000_000)] = 100  # slippage accepted where the broker asks for a limit


class Settings(_Group):
    """Everything."""

    mode: Mode = Mode.OBSERVE
    ea_wait_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 60.0  # the process ends with 1 when no terminal came
    link: LinkSettings = LinkSettings()
    desk: DeskSettings = DeskSettings()
    adopt: AdoptSettings = AdoptSettings()
    account: AccountSettings = AccountSettings()
    break_even: BreakEvenSettings = BreakEvenSettings()
    close: CloseSettings = CloseSettings()
    lease: LeaseSettings = LeaseSettings()
    signals: SignalSettings = SignalSettings()
    defence: DefenceSettings = DefenceSettings()
    rails: RailsSettings = RailsSettings()
    cadence: CadenceSettings = CadenceSettings()
    store: StoreSettings = StoreSettings()
    witness: WitnessSettings = WitnessSettings()


def digest(settings: Settings) -> str:
    """Return SHA-256 in hex of the settings, the same for equal settings in every process."""
    text = json.dumps(settings.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
