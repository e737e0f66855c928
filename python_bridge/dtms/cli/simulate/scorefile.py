"""The score at every closed M15 bar, as CSV."""

import csv
from collections.abc import Iterable
from pathlib import Path

from dtms.errors import UsageError
from dtms.sim.history import SCORE_COLUMNS, Close, score_row


def write(path: Path, walked: Iterable[Close]) -> None:
    """
    Write a row for each close of an M15 bar.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(SCORE_COLUMNS)
            rows.writerows(score_row(close) for close in walked if close.slow)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
