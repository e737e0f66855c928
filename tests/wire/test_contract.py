"""
The generated contract: JSON Schemas admit what the vectors hold, and every message is in every generated file.
"""

import json
from pathlib import Path

import jsonschema
import pytest

from contract.shapes import snake
from dtms.wire.messages import BY_TYPE, MODELS

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


@pytest.mark.parametrize(
    "path", sorted(p for p in (SCHEMAS / "vectors").glob("*.json") if not p.name.startswith("ticks.")), ids=lambda p: p.stem
)
def test_a_vector_satisfies_its_schema(path: Path) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads((SCHEMAS / f"{snake(vector['name']).lower()}.schema.json").read_text(encoding="utf-8"))

    jsonschema.validate(vector["body"], schema)


def test_no_two_messages_share_a_number() -> None:
    assert len(BY_TYPE) == len(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_a_message_goes_at_least_one_way(model: type) -> None:
    assert model.FROM_TERMINAL or model.TO_TERMINAL  # type: ignore[attr-defined]
