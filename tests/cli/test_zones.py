"""Time zones as tables for the engine."""

from datetime import UTC, datetime

import pytest

from dtms.cli.zones import zone_table
from dtms.errors import ConfigError


def at(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000  # type: ignore[misc,arg-type]


def test_a_year_of_london_has_its_two_changes() -> None:
    table = zone_table("Europe/London", at(2012, 1, 1), at(2013, 1, 1))

    assert table == ((at(2012, 1, 1), 0), (at(2012, 3, 25, 1), 3_600), (at(2012, 10, 28, 1), 0))


def test_no_name_is_utc() -> None:
    assert zone_table("", at(2012, 1, 1), at(2013, 1, 1)) == ()


def test_a_name_that_is_no_zone_is_an_error_of_the_settings() -> None:
    with pytest.raises(ConfigError, match=r"signals\.session\.zone"):
        zone_table("Europe/Nowhere", at(2012, 1, 1), at(2012, 1, 2))
