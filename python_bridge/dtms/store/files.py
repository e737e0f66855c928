"""Small files that are replaced as a whole: whoever reads finds the old text or the new one, also after a power cut."""

import os
import sys
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """
    Replace the file: written beside it, flushed to the disk, then moved over it.

    Raises:
        OSError: It could not be done; the file is as it was, and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if sys.platform != "win32":
        _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    # The move itself is safe only once the folder is on the disk; Windows has no such call and does it by itself.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
