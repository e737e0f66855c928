"""What the user set, as far as the defence needs it."""

from typing import NamedTuple

from dtms.settings_defence import CadenceSettings, DefenceSettings
from dtms.settings_rails import RailsSettings
from dtms.settings_score import WarningSettings


class DefenceRules(NamedTuple):
    """The groups, and the digest of the whole configuration that every proof names."""

    defence: DefenceSettings = DefenceSettings()
    rails: RailsSettings = RailsSettings()
    cadence: CadenceSettings = CadenceSettings()
    digest: str = ""
    warnings: WarningSettings = WarningSettings()
