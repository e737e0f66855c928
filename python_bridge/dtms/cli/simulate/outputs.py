"""Files that a run will write: looked at before it begins, so that nothing is computed in vain or overwritten by mistake."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dtms.errors import UsageError


def check(outputs: Mapping[str, Path | None], inputs: Sequence[Path | None]) -> None:
    """
    See that every output can be written and is neither an input nor another output.

    Args:
        outputs: by the option that names them.
        inputs: files that are read.

    Raises:
        UsageError
    """
    taken = {path.resolve(): "an input" for path in inputs if path is not None}
    for option, path in outputs.items():
        if path is None:
            continue
        whole = path.resolve()
        if whole in taken:
            raise UsageError(f"{option} {path}: that file is {taken[whole]}")
        taken[whole] = f"written by {option}"
        if not whole.parent.is_dir():
            raise UsageError(f"{option} {path}: there is no such folder")
        _try(option, path)


def _try(option: str, path: Path) -> None:
    there = path.exists()
    try:
        path.open("a", encoding="utf-8").close()
        if not there:
            path.unlink()
    except OSError as error:
        raise UsageError(f"{option} {path}: {error.strerror}") from error
