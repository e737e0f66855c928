"""Write the generated files, or say which are stale."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from contract.echo import message_echo_mqh
from contract.kinds import message_kinds_mqh
from contract.mql5 import messages_mqh, protocol_mqh
from contract.states import states_md
from contract.tables import MARK, protocol_tables, schema_files
from contract.vectors import vector_files

ROOT = Path(__file__).resolve().parents[2]


def generated() -> dict[Path, bytes]:
    """Return every generated file with its content, paths relative to the repository."""
    protocol = (ROOT / "schemas/PROTOCOL.md").read_text(encoding="utf-8")
    texts: dict[Path, str] = {
        Path("schemas/STATES.md"): states_md(),
        Path("schemas/PROTOCOL.md"): protocol.split(MARK)[0].rstrip() + "\n\n" + protocol_tables(),
        Path("mql5/Include/DTMS/Protocol.mqh"): protocol_mqh(),
        Path("mql5/Include/DTMS/Messages.mqh"): messages_mqh(),
        Path("mql5/Include/DTMS/MessageKinds.mqh"): message_kinds_mqh(),
        Path("mql5/Include/DTMS/MessageEcho.mqh"): message_echo_mqh(),
    }
    texts |= {Path("schemas") / name: text for name, text in schema_files().items()}
    files = {path: text.encode() for path, text in texts.items()}
    return files | {Path("schemas/vectors") / name: data for name, data in vector_files().items()}


def leftovers(files: Mapping[Path, bytes]) -> list[Path]:
    """Return schemas and vectors in the tree that no model makes any more."""
    present = [*ROOT.glob("schemas/*.schema.json"), *ROOT.glob("schemas/vectors/*")]
    return [path for path in (p.relative_to(ROOT) for p in present) if path not in files]


def stale() -> list[Path]:
    """Return the generated files that differ from what the models say, missing and left-over ones included."""
    files = generated()
    differing = [p for p, data in files.items() if not (ROOT / p).is_file() or (ROOT / p).read_bytes() != data]
    return differing + leftovers(files)


def main() -> int:
    """Write or check; the exit status says whether anything is stale."""
    parser = argparse.ArgumentParser(prog="contract", description="Generate what follows from the message models.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when a file is stale")
    if parser.parse_args().check:
        names = stale()
        sys.stdout.writelines(f"stale: {path.as_posix()}\n" for path in names)
        return 1 if names else 0
    files = generated()
    for path in leftovers(files):
        (ROOT / path).unlink()
    for path, data in files.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
