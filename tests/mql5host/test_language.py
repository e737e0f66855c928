"""The MQL5 language, run: what the portable subset allows means natively what it means in MetaTrader."""

from pathlib import Path

import pytest

from mql5host.build import build
from mql5host.native import InputError, Program

from .conftest import FIXTURES, Load, PlainTerminal, Run

CLASSES = [
    "area 7 first square 4",
    "equal true itself 4",
    "pointers true true true",
    "corners 4 made 3 colour 4",
    "copy square' true",
    "point 11 one 2.5",
    "vector 4 8",
    "left 0",
]
ARRAYS = ["filled 3 797", "rows 9 18 9 3 keys 3 48", "grid 8 50", "grown 6 8", "words cba"]
VALUES = [
    "bits 3FF0000000000000 63",
    "wrap -2147483648 shift -4 4294967295 2 -1",
    "uchar 4 char 65 122 x",
    "long 9223372036854775807 18446744073709551615 8 2",
    "null true false 0 x",
    "text 81 MQL5! true 1.5 true",
    "templates 5 2.5 b",
    "ring 2 r2 4",
    "swap 2 1 statics 2 macro 8",
    "blue 1",
    "inputs 3 abc 3 0.5",
    "plain",
    "global 5 3 0",
]


def test_every_construct_of_the_portable_subset_means_what_it_means_in_mql5(load: Load, terminal: PlainTerminal) -> None:
    load(Path("language.mq5")).start()

    assert terminal.lines == [*CLASSES, *ARRAYS, *VALUES]


def test_inputs_are_settings_by_name_and_keep_their_types(load: Load, terminal: PlainTerminal) -> None:
    program = load(Path("language.mq5"), inputs={"InpCount": "7", "InpName": "xyz", "InpColour": "4", "InpStep": "0.25"})

    program.start()

    assert "inputs 7 xyz 4 0.25" in terminal.lines
    assert dict(program.inputs())["InpColour"] == ("enum", "4")
    assert list(program.inputs()) == ["InpCount", "InpName", "InpColour", "InpStep"]


@pytest.mark.parametrize("inputs", [{"InpNoSuch": "1"}, {"InpCount": "many"}, {"InpCount": "3000000000"}, {"InpStep": ""}])
def test_an_input_that_is_unknown_or_no_value_of_its_type_is_refused(load: Load, inputs: dict[str, str]) -> None:
    with pytest.raises(InputError, match="Inp"):
        load(Path("language.mq5"), inputs=inputs)


def test_properties_of_the_source_are_data(load: Load) -> None:
    assert load(Path("language.mq5")).properties() == {"copyright": "nobody", "version": "1.20"}


def test_a_define_of_the_build_chooses_code(terminal: PlainTerminal, tmp_path: Path, library_cache: Path) -> None:
    built = build(FIXTURES / "language.mq5", include=FIXTURES / "Include", cache=library_cache, defines=["WITH_EXTRA"])

    with Program(built, terminal, files=tmp_path, symbol="EURUSD") as program:
        program.start()

    assert "extra" in terminal.lines
    assert "plain" not in terminal.lines


def test_each_instance_has_globals_and_statics_of_its_own(load: Load, terminal: PlainTerminal) -> None:
    source = "int g_count=0; int Next(void) { static int s=0; return(++s); } void OnStart() { g_count++; Print(g_count,Next()); }"
    first, second = load(source), load(source)

    for program in (first, first, second):
        program.start()

    assert terminal.lines == ["11", "22", "11"]


def test_a_name_that_is_a_pointer_here_and_an_object_there_still_works(run: Run) -> None:
    declarations = """
    struct SBox { int value; };
    class CItem { public: int m_value; CItem(void) : m_value(4) {} };
    class CBoxes { private: SBox m_box; public: SBox Get(void) { m_box.value=7; return(m_box); } };
    class CItems { private: CItem m_item; public: CItem *Get(void) { return(GetPointer(m_item)); } };
    """

    assert run("CBoxes boxes; CItems items; Print(boxes.Get().value,items.Get().m_value);", declarations) == ["74"]


def test_objects_that_nobody_deletes_are_counted(load: Load) -> None:
    program = load("class CThing {}; void OnStart() { CThing *p_a=new CThing; CThing *p_b=new CThing(); delete p_a; p_b=NULL; }")

    program.start()

    assert program.undeleted == 1


def test_objects_in_arrays_survive_growth_and_know_their_place(run: Run) -> None:
    declarations = """
    class CCell { public: int m_n; CCell(void) : m_n(0) {} CCell *Me(void) { return(GetPointer(this)); } };
    """
    body = """
    CCell cells[];
    ArrayResize(cells,1);
    cells[0].m_n=5;
    CCell *p_cell=cells[0].Me();
    ArrayResize(cells,1000);
    cells[0].m_n=6;
    Print(p_cell.m_n,cells[0].Me()==p_cell,cells[999].m_n);
    ArrayRemove(cells,1,998);
    cells[1].m_n=7;
    CCell *p_last=cells[1].Me();
    Print(p_last.m_n,ArraySize(cells));
    """

    assert run(body, declarations) == ["6true0", "72"]


def test_what_is_not_initialised_is_poison_and_globals_are_zero(run: Run) -> None:
    declarations = "class CBare { public: int m_n; }; struct SBare { int n; string text; }; int g_zero;"
    body = """
    CBare *p_bare=new CBare;
    int grown[];
    SBare structs[];
    ArrayResize(grown,1);
    ArrayResize(structs,1);
    Print(p_bare.m_n==-842150451,grown[0]!=0,structs[0].n!=0,structs[0].text==NULL,g_zero);
    delete p_bare;
    """

    assert run(body, declarations) == ["truetruetruetrue0"]
