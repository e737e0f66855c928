"""Which account may log on (R07)."""

from typing import NamedTuple

from dtms.names import RefuseWhy, TradeMode
from dtms.settings import AccountSettings
from dtms.wire.messages import Logon


class Refusal(NamedTuple):
    """Why not, in a word and in a sentence for the user."""

    why: RefuseWhy
    detail: str


def account_key(logon: Logon) -> str:
    """Return LOGIN@SERVER."""
    return f"{logon.login}@{logon.server}"


class Gate:
    """The accounts of this process: those that are configured, or the first demo account that comes."""

    def __init__(self, settings: AccountSettings) -> None:
        self._settings = settings
        self.pinned: str | None = None

    def judge(self, logon: Logon) -> Refusal | None:
        """Return why the account is refused, or None; the first one that is not is pinned where nothing is configured."""
        key, settings = account_key(logon), self._settings
        if logon.login == 0:
            return Refusal(RefuseWhy.NOT_READY, "the terminal has no account yet")
        if settings.login is not None and logon.login != settings.login:
            return Refusal(RefuseWhy.WRONG_ACCOUNT, f"this service is for account {settings.login}, not {key}")
        if settings.server is not None and logon.server != settings.server:
            return Refusal(RefuseWhy.WRONG_SERVER, f"this service is for server {settings.server}, not {key}")
        if logon.trade_mode is TradeMode.REAL and key not in settings.real_allowed:
            return Refusal(RefuseWhy.REAL_NOT_ALLOWED, f"{key} is a real account; allow it with: dtms account allow {key}")
        if settings.login is None and self.pinned is not None and key != self.pinned:
            return Refusal(RefuseWhy.WRONG_ACCOUNT, f"this service took {self.pinned}, the first that logged on; not {key}")
        self.pinned = key
        return None
