"""The lint refuses what the subset does not have, accepts what it has, and finds our sources clean."""

import re
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from mql5host.lint import RULES, Finding, check
from mql5host.lint.__main__ import main

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "mql5"
FILE_RULES = {"TX01", "TX02", "TX03", "TX04", "TX05"}

Lint = Callable[[str], list[Finding]]


def read_cases() -> list[tuple[str, str, str]]:
    """(rule, bad, good) of every case in the fixture."""
    text = (HERE / "fixtures" / "lint_rules.txt").read_text(encoding="utf-8")
    parts = re.split(r"^==== (\w+)\n", text, flags=re.MULTILINE)[1:]
    return [(rule, *both.split("---- good\n")) for rule, both in zip(parts[::2], parts[1::2], strict=True)]


CASES = read_cases()
IDS = [f"{rule}-{number}" for number, (rule, _, _) in enumerate(CASES)]


@pytest.fixture
def lint(tmp_path: Path) -> Lint:
    """Findings in a text that becomes a guarded .mqh."""

    def run(text: str) -> list[Finding]:
        path = tmp_path / "x.mqh"
        path.write_text(f"#ifndef X_MQH\n#define X_MQH\n{text}#endif\n", encoding="utf-8", newline="\n")
        return check([path])

    return run


@pytest.mark.parametrize(("rule", "bad", "good"), CASES, ids=IDS)
def test_the_bad_form_is_refused_by_its_rule(lint: Lint, rule: str, bad: str, good: str) -> None:
    assert rule in {finding.rule for finding in lint(bad)}


@pytest.mark.parametrize(("rule", "bad", "good"), CASES, ids=IDS)
def test_the_good_form_is_accepted_by_every_rule(lint: Lint, rule: str, bad: str, good: str) -> None:
    assert lint(good) == []


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _, _ in CASES} | FILE_RULES == set(RULES)


def test_the_idioms_that_the_host_runs_are_accepted() -> None:
    assert check([HERE / "fixtures" / "idioms.mqh"]) == []


@pytest.mark.skipif(not any(SOURCES.rglob("*.mq?")), reason="the sources are not there")
def test_our_sources_are_clean_and_checked_in_two_seconds() -> None:
    fastest = 60.0
    for _ in range(3):  # beside other work on the same core a run may take twice as long
        start = time.process_time()
        assert check([SOURCES]) == []
        fastest = min(fastest, time.process_time() - start)
        if fastest < 2.0:
            break
    assert fastest < 2.0


@pytest.mark.parametrize(
    ("rule", "raw"),
    [
        ("TX01", b"\xef\xbb\xbf#ifndef A\n#define A\n#endif\n"),
        ("TX01", "#ifndef A\n#define A\n#endif\n".encode("utf-16")),
        ("TX02", b"#ifndef A\r\n#define A\r\n#endif\r\n"),
        ("TX02", b"#ifndef A\n#define A\n#endif"),
        ("TX03", "#ifndef A\n#define A\n// prix en \u20ac\n#endif\n".encode()),
        ("TX03", b"#ifndef A\n#define A\n// \xff\n#endif\n"),
        ("TX04", b"int g_n=0;\n"),
        ("TX04", b"#ifndef A\n#define B\n#endif\n"),
        ("TX05", b'#ifndef A\n#define A\n#include "none.mqh"\n#endif\n'),
    ],
)
def test_a_file_with_wrong_bytes_or_without_a_guard_is_refused(tmp_path: Path, rule: str, raw: bytes) -> None:
    path = tmp_path / "x.mqh"
    path.write_bytes(raw)
    assert {finding.rule for finding in check([path])} == {rule}


def test_an_include_is_found_below_the_include_folder_and_checked_with_the_program(tmp_path: Path) -> None:
    (tmp_path / "Include" / "Sub").mkdir(parents=True)
    (tmp_path / "Experts").mkdir()
    header = tmp_path / "Include" / "Sub" / "A.mqh"
    header.write_text("#ifndef A\n#define A\nint Twice(int n) { return(m*2); }\n#endif\n", newline="\n")
    program = tmp_path / "Experts" / "E.mq5"
    program.write_text("#include <Sub/A.mqh>\nvoid OnTick(void) { int n=Twice(1); }\n", newline="\n")
    assert [(f.path.name, f.line, f.rule) for f in check([program])] == [("A.mqh", 3, "PS15C")]


def test_a_header_that_two_programs_share_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "A.mqh").write_text("#ifndef A\n#define A\nint F(void) { return(m); }\n#endif\n", newline="\n")
    for name in ("one.mq5", "two.mq5"):
        (tmp_path / name).write_text('#include "A.mqh"\nvoid OnTick(void) { int n=F(); }\n', newline="\n")
    assert [f.rule for f in check([tmp_path])] == ["PS15C"]


def test_a_finding_in_a_macro_points_to_the_line_that_uses_it(lint: Lint) -> None:
    findings = lint("#define BAD(x) ((x)+missing)\nint g_n=0;\nvoid F(void) { g_n=BAD(1); }\n")
    assert [(f.line, f.rule) for f in findings] == [(5, "PS15C")]


def test_one_fault_of_grammar_does_not_hide_the_next(lint: Lint) -> None:
    findings = lint("void F(void)\n{\nint a=(1;\nint b=2;\nint c=);\n}\nvoid G(void)\n{\nint d=missing;\n}\n")
    assert [(f.line, f.rule) for f in findings] == [(5, "ML00"), (7, "ML00"), (11, "PS15C")]


def test_findings_come_in_the_order_of_the_text(lint: Lint) -> None:
    findings = lint("void F(void) { int a; }\nvoid G(void) { int b; int c; }\n")
    assert len(findings) == 3
    assert all(left < right for left, right in pairwise(findings))


def test_the_command_prints_findings_and_says_so_by_its_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.mq5"
    path.write_text("void OnTick(int n) {}\n", newline="\n")
    assert main([str(path)]) == 1
    assert f"{path}:1:6: ML14" in capsys.readouterr().out
    path.write_text("void OnTick(void) {}\n", newline="\n")
    assert main([str(path)]) == 0
    assert not capsys.readouterr().out


def test_the_command_refuses_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        main([str(tmp_path / "none.mq5")])
