"""
Who holds a TCP port, for the sentence that a person reads when ours is taken.

Linux: /proc. Windows: netstat and tasklist. macOS: lsof. Best effort: what the system does not show to this user stays unknown.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

_LISTEN: Final = "0A"  # st of /proc/net/tcp
_TOOL_TIMEOUT_S: Final = 3.0
_COMMAND_MAX: Final = 120


def holder_of(port: int) -> str | None:
    """Return name and process id of the program that listens on the port, or None where it cannot be told."""
    if sys.platform == "win32":
        return _from_netstat(port)
    if sys.platform == "darwin":
        return _from_lsof(port)
    return _from_proc(port)


def _from_proc(port: int) -> str | None:
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    links = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _owns(process, links):
            return f"{_command(process)} (process {process.name})"
    return "a process of another user, which this user may not see"


def _listening_inodes(port: int) -> set[str]:
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes


def _owns(process: Path, links: set[str]) -> bool:
    try:
        return any(str(fd.readlink()) in links for fd in (process / "fd").iterdir())
    except OSError:  # it ended meanwhile, or belongs to another user
        return False


def _command(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        return b" ".join(words).decode("utf-8", "replace")[:_COMMAND_MAX] or (process / "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "a program"


def _run(*command: str) -> list[str]:
    try:
        # Fixed tools of the operating system, no shell, no text from outside but a number.
        # They write in the console's code page, which need not be ours.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, errors="replace", timeout=_TOOL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines()


def _from_netstat(port: int) -> str | None:
    for row in _run("netstat", "-ano", "-p", "TCP"):
        fields = row.split()
        # The state's name is translated on localised systems; a listening row is the one whose peer is port 0.
        if len(fields) >= 5 and fields[1].endswith(f":{port}") and fields[2].endswith(":0"):
            names = _run("tasklist", "/FI", f"PID eq {fields[4]}", "/FO", "CSV", "/NH")
            name = names[0].split(",")[0].strip('"') if names else "a program"
            return f"{name} (process {fields[4]})"
    return None


def _from_lsof(port: int) -> str | None:
    fields = {row[:1]: row[1:] for row in _run("lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc")}
    return f"{fields.get('c', 'a program')} (process {fields['p']})" if "p" in fields else None
