"""
The one question before anything is touched: `act` with scope `all` manages every open position of the account.

Answered by ``confirmed = true`` in the file, or once by a yes at the console, which is kept with the digest of the ``[adopt]``
section: another section asks again.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from dtms.cli import choices
from dtms.errors import StartError
from dtms.settings import AdoptSettings, Mode, Scope, Settings

_QUESTION = "DTMS will manage EVERY open position of the account, whoever opened it. Is that what you want?"
_HELP = 'act mode with scope = "all" manages every open position: set confirmed = true beside it, or start once at a console'


def ask_at_console() -> bool | None:
    """Return the user's answer; None when there is no console to ask at."""
    if not (sys.stdin and sys.stdin.isatty()):
        return None
    return typer.confirm(_QUESTION, default=False)


def settled(settings: Settings, folder: Path, ask: Callable[[], bool | None] = ask_at_console) -> Settings:
    """
    Return the settings with the question answered.

    Raises:
        StartError: It was answered with no, or there is nobody to ask.
    """
    adopt = settings.adopt
    if settings.mode is not Mode.ACT or adopt.scope is not Scope.ALL or adopt.confirmed:
        return settings
    known = choices.load(folder)
    digest = _digest(adopt)
    if digest not in known.confirmed:
        answer = ask()
        if answer is None:
            raise StartError(_HELP)
        if not answer:
            raise StartError("nothing was started: the answer was no")
        choices.save(folder, known.confirm(digest))
    return settings.model_copy(update={"adopt": adopt.model_copy(update={"confirmed": True})})


def _digest(adopt: AdoptSettings) -> str:
    return hashlib.sha256(adopt.model_dump_json().encode()).hexdigest()
