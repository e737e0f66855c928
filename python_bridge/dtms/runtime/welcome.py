"""What a terminal that logs on is answered."""

from dtms.runtime.links import Link
from dtms.session.peer import accepted
from dtms.session.poison import PoisonLog
from dtms.settings import Mode, Settings


def answer(link: Link, settings: Settings, poison: PoisonLog, now: int, *, config_digest: str, resume: bool, entropy: str) -> None:
    """Accept it in its role, by the settings in force."""
    message = accepted(
        settings.link,
        link.session,
        link.role,
        resume=resume,
        config_digest=config_digest,
        mode_act=settings.mode is Mode.ACT,
        entropy=entropy,
    )
    link.peer.accept(link.session, link.logon, message, poison, now)
