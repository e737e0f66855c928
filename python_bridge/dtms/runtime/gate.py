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
    """
    The accounts of this process: those that are configured or allowed, else the first demo account that is welcomed.

    ``pinned`` is that one, to be kept for the next process. A login without a server is taken at the
    first server that it comes from.
    """

    def __init__(self, settings: AccountSettings) -> None:
        self._settings = settings
        self.pinned: str | None = None
        self._server: str | None = settings.server

    def judge(self, logon: Logon) -> Refusal | None:
        """Return why the account is refused, or None."""
        key, settings = account_key(logon), self._settings
        if logon.login == 0:
            return Refusal(RefuseWhy.NOT_READY, "the terminal has no account yet")
        if settings.login is not None and logon.login != settings.login:
            return Refusal(RefuseWhy.WRONG_ACCOUNT, f"this service is for account {settings.login}, not {key}")
        if self._server is not None and logon.server != self._server:
            return Refusal(RefuseWhy.WRONG_SERVER, f"this service is for server {self._server}, not {key}")
        if logon.trade_mode is TradeMode.REAL and key not in settings.real_allowed:
            return Refusal(RefuseWhy.REAL_NOT_ALLOWED, f"{key} is a real account; allow it with: dtms account allow {key}")
        if self.pinned is not None and key != self.pinned and key not in settings.real_allowed:
            return Refusal(RefuseWhy.WRONG_ACCOUNT, f"this service took {self.pinned}, the first that logged on; not {key}")
        return None

    def welcomed(self, logon: Logon) -> None:
        """Take that the account has logged on."""
        settings = self._settings
        if settings.login is not None:
            self._server = logon.server
        elif settings.server is None and self.pinned is None and logon.trade_mode is TradeMode.DEMO:
            self.pinned = account_key(logon)
