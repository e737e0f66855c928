"""Inputs as a .set file has them."""

from collections.abc import Mapping


def as_texts(values: Mapping[str, object]) -> dict[str, str]:
    """Texts of inputs; booleans are words in lower case."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
