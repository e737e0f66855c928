"""The generated part of PROTOCOL.md, and the JSON Schemas."""

import inspect
import json

from contract.mql5 import enumerations
from contract.shapes import Shape, records, shapes, snake
from dtms.wire.base import Message, Record
from dtms.wire.messages import MODELS, PROTOCOL_VERSION

MARK = "<!-- generated below this line by tools/contract -->\n"


def protocol_tables() -> str:
    """Return the Markdown of all messages, records and codes."""
    text = MARK + "\n## Messages\n\nDirection: EA to bridge (in), bridge to EA (out). Type 20, `Ticks`, is described in part 4.\n"
    text += "".join(_message(model) for model in sorted(MODELS, key=lambda m: m.TYPE))
    text += "\n## Records\n\nArrays inside messages, in the same manner.\n" + "".join(_table(r) for r in records())
    text += "\n## Codes\n\n"
    for kind in enumerations():
        members = ", ".join(f"{member.value} {member.name}" for member in kind)
        text += f"- **{kind.__name__}**: {_doc(kind)} {members}\n"
    return text


def _doc(kind: type) -> str:
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def _message(model: type[Message]) -> str:
    way = " and ".join(["in"] * model.FROM_TERMINAL + ["out"] * model.TO_TERMINAL)
    return _table(model, f"{model.TYPE} {model.__name__} ({way}, {'durable' if model.DURABLE else 'not durable'})")


def _table(model: type[Record], title: str | None = None) -> str:
    rows = "".join(f"| {i} | {field.name} | {_kind(field)} | {field.description} |\n" for i, field in enumerate(shapes(model)))
    return f"\n### {title or model.__name__}\n\n{_doc(model)}\n\n| # | field | type | meaning |\n|---|---|---|---|\n{rows}"


def _kind(field: Shape) -> str:
    name = {"ulong": "uint64", "uint": "uint32", "long": "int64", "millis": "uint (ms)", "double": "float64", "string": "str"}.get(
        field.kind, field.kind
    )
    if field.record is not None:
        name = field.record.__name__
    if field.enum is not None:
        name = field.enum.__name__
    if field.above is not None and field.kind == "double":
        name += " > 0"
    elif field.low is not None and field.kind == "double":
        name += " >= 0"
    if field.high is not None and field.kind == "double":
        name += f", <= {field.high:.0e}".replace("e+", "e").replace("e0", "e")
    if field.step is not None and field.low is not None and field.high is not None:
        name += f", {field.low:,} to {field.high:,}, multiple of {field.step}"
    elif field.kind == "uint" and field.high is not None and field.high < 2**32 - 1:
        name += f", <= {field.high:,}"
    return ("list of " if field.listed else "") + name + (" or nil" if field.nilable else "")


def schema_files() -> dict[str, str]:
    """Return the JSON Schemas by file name: the messages as objects, as logs, captures and the HTTP API show them."""
    files = {}
    for model in MODELS:
        schema = model.model_json_schema()
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["$comment"] = (
            f"Protocol version {PROTOCOL_VERSION}, type {model.TYPE}. On the wire: the array of these properties in this order."
        )
        files[f"{snake(model.__name__).lower()}.schema.json"] = json.dumps(schema, indent=1) + "\n"
    return files
