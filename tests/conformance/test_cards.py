"""
Every row of docs/unchecked.md has its card, every card its row, and each card says what whoever takes it needs to know.
"""

import re
from pathlib import Path

import pytest
from tests.mql5 import test_self_test, test_terminal_probe

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CARDS = sorted(HERE.glob("[0-9][0-9]-*.md"))
CHECKS = {*test_self_test.CHECKS, *test_terminal_probe.CHECKS, "vector", "orders"}
PARTS = ["Purpose", "Needed", "Steps", "Expected", "Write down", "If it differs"]


def rows(table: Path) -> dict[int, str]:
    """Number of each row to what the row says; every row of the file must have one."""
    lines = [line for line in table.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    found = {}
    for line in lines[2:]:
        number = re.match(r"\| (?:\[(\d+)\]\([^)]+\)|(\d+)) \|", line)
        assert number is not None, line
        found[int(number[1] or number[2])] = line
    assert len(found) == len(lines) - 2
    return found


def number_of(card: Path) -> int:
    return int(card.name[:2])


def test_rows_and_cards_are_the_same() -> None:
    unchecked = rows(ROOT / "docs" / "unchecked.md")

    assert sorted(unchecked) == [number_of(card) for card in CARDS] == list(range(1, len(CARDS) + 1))
    for card in CARDS:
        assert f"[{number_of(card)}](../tests/conformance/{card.name})" in unchecked[number_of(card)]


def test_the_list_of_cards_is_complete() -> None:
    listed = rows(HERE / "README.md")

    for card in CARDS:
        title = card.read_text(encoding="utf-8").splitlines()[0].removeprefix(f"# {number_of(card)}. ")
        assert f"[{title}]({card.name})" in listed[number_of(card)]
    assert len(listed) == len(CARDS)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.stem)
def test_a_card_has_all_its_parts_and_none_is_empty(card: Path) -> None:
    text = card.read_text(encoding="utf-8")

    assert text.startswith(f"# {number_of(card)}. ")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert parts[0::2] == PARTS
    assert all(body.strip() for body in parts[1::2])


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.stem)
def test_a_card_asks_for_checks_that_are_made(card: Path) -> None:
    asked = re.findall(r"(?:PASS|FAIL|SKIP) ([a-z0-9 -]+[a-z0-9])", card.read_text(encoding="utf-8"))

    assert [name for name in asked if not any(check.startswith(name) for check in CHECKS)] == []


@pytest.mark.parametrize("page", [*CARDS, HERE / "README.md", ROOT / "docs" / "unchecked.md"], ids=lambda page: page.stem)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
