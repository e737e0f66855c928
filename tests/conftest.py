"""
What every test may use: the recorded prices, the soak switch, a seed for hypothesis that a failure can be repeated with.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("soak", settings.get_profile("default"), max_examples=5_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="full counts and long runs")
    parser.addoption("--network", action="store_true", help="also what asks the package index")
    parser.addoption(
        "--sanitize",
        default="",
        metavar="NAMES",
        help="build the programs of tests/mql5/programs with these, e.g. address,undefined (see tests/mql5/test_sanitized.py)",
    )


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("soak" if config.getoption("--soak") else "default")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for option, why in (("soak", "long run"), ("network", "asks the package index")):
        if config.getoption(f"--{option}"):
            continue
        for item in items:
            if option in item.keywords:
                item.add_marker(pytest.mark.skip(reason=f"{why}: only with --{option}"))


@pytest.fixture(scope="session")
def market_data() -> Path:
    """The folder of recorded prices; a user's checkout has none, CI must."""
    named = os.environ.get("DTMS_MARKET_DATA")
    folder = Path(named) if named else None
    if folder is not None and folder.is_dir():
        return folder
    reason = "no recorded prices: DTMS_MARKET_DATA names no folder"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
