"""What can happen to a trade besides what the wire says: a deep check, and a position that is known to be gone."""

from typing import NamedTuple

from dtms.defence_names import Trigger


class DeepCheck(NamedTuple):
    """The market was judged anew on closed bars; the judgement is in the view."""

    trigger: Trigger


class Gone(NamedTuple):
    """The main position or a leg is absent from a complete snapshot (R15); never from one that failed."""

    position_id: int
