"""Text, numbers, arrays, times and hashes: the functions that compute, against Python's."""

import base64
import datetime as dt
import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mql5host.native import Program

from .conftest import Load, PlainTerminal, Run

Opened = tuple[Program, PlainTerminal]
SAME_PROGRAM = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it has no state between events

FUNCTIONS = {
    'StringFind("abcabc","c")': "2",
    'StringFind("abcabc","c",3)': "5",
    'StringFind("abc","x")': "-1",
    'StringSubstr("abcdef",2,3)': "cde",
    'StringSubstr("abcdef",2)': "cdef",
    'StringSubstr("abc",9)': "",
    'StringLen("abc")': "3",
    'StringGetCharacter("abc",1)': "98",
    'StringCompare("a","B")': "1",
    'StringCompare("a","A",false)': "0",
    'StringToInteger("-42x")': "-42",
    'StringToDouble("1.5e2")': "150",
    'StringToDouble("abc")': "0",
    "IntegerToString(42,5,((ushort)48))": "00042",
    "IntegerToString(-9223372036854775807)": "-9223372036854775807",
    "DoubleToString(1.005,2)": "1.00",
    "DoubleToString(1.5)": "1.50000000",
    "DoubleToString(1e22,1)": "10000000000000000000000.0",
    "NormalizeDouble(1.234565,5)": "1.23457",
    "NormalizeDouble(-2.5,0)": "-3",
    "NormalizeDouble(1.1,8)": "1.1",
    "ShortToString(0x20AC)": "€",
    "CharToString(65)": "A",
    "MathSwap((ushort)0x1234)==0x3412": "true",
    "MathSwap((uint)0x12345678)==0x78563412": "true",
    "MathSwap((ulong)1)==0x0100000000000000": "true",
    "MathMax(3,4.5)": "4.5",
    "MathMin(3,2)": "2",
    "MathAbs(-3)": "3",
    "MathAbs(-2.5)": "2.5",
    "MathFloor(-1.5)": "-2",
    "MathRound(2.5)": "3",
    "MathPow(2,10)": "1024",
    "MathMod(7.5,2)": "1.5",
    "MathIsValidNumber(MathLog(-1.0))": "false",
    "MathIsValidNumber(1.0)": "true",
    "TimeToString(0x65540F80)": "2023.11.15 00:23",
    "TimeToString(0x65540F80,TIME_DATE|TIME_SECONDS)": "2023.11.15 00:23:28",
    "TimeToString(0x65540F80,TIME_SECONDS)": "00:23:28",
    'StringToTime("2023.11.15 00:23:28")': "1700007808",
    "PeriodSeconds(PERIOD_H4)": "14400",
    "PeriodSeconds(PERIOD_D1)": "86400",
    "PeriodSeconds(PERIOD_W1)": "604800",
    'StringFormat("%5d|%-5d|%05d|%x|%X|%u|%c",42,42,42,255,255,7,65)': "   42|42   |00042|ff|FF|7|A",
    'StringFormat("%.2f|%8.3f|%e|%g|%%",1.005,2.5,1500.0,0.1)': "1.00|   2.500|1.500000e+03|0.1|%",
    'StringFormat("%s|%5s|%-5s|%.2s","a","b","c","def")': "a|    b|c    |de",
    'StringFormat("%I64d|%I64u|%I64X",(long)-1,0xFFFFFFFFFFFFFFFF,(long)255)': "-1|18446744073709551615|FF",
    "0.1+0.2": "0.30000000000000004",
    "(float)0.1": "0.1",
    "1e300": "1e+300",
    "clrRed": "255",
    "ColorToString(clrRed)": "255,0,0",
}


def test_functions_that_compute_give_what_mql5_gives(run: Run) -> None:
    lines = run("".join(f'Print("",{expression});' for expression in FUNCTIONS))

    assert dict(zip(FUNCTIONS, lines, strict=True)) == FUNCTIONS


def test_strings_change_in_place(run: Run) -> None:
    body = """
    string s="  a-b-c \\t";
    SAY(StringTrimLeft(s)) SAY(StringTrimRight(s)) SAY("["+s+"]") SAID
    SAY(StringReplace(s,"-","++")) SAY(s) SAID
    string copy=s;
    SAY(StringSetCharacter(s,0,'Z')) SAY(s) SAY(copy) SAID
    SAY(StringToUpper(copy)) SAY(StringAdd(copy,"!")) SAY(copy) SAID
    string parts[];
    SAY(StringSplit("x,,y",',',parts)) SAY(parts[0]+"|"+parts[1]+"|"+parts[2])
    SAY(StringSplit("",',',parts)) SAY(ArraySize(parts)) SAID
    string grown="";
    for(int i=0; i<1000; i++)
       grown+=(string)(i%10);
    SAY(StringLen(grown)) SAY(StringSubstr(grown,990)) SAID
    grown+=grown;
    SAY(StringLen(grown)) SAY(StringSubstr(grown,1990)) SAID
    string cut="abcdef";
    SAY(StringSetCharacter(cut,3,0)) SAY(cut) SAY(StringLen(cut)) SAY(StringGetCharacter(cut,9))
    SAY(GetLastError()) SAID
    SAY(StringConcatenate(cut,"n=",5," ",true)) SAY(cut) SAID
    """

    assert run(body) == [
        "2 2 [a-b-c]", "2 a++b++c", "true Z++b++c a++b++c", "true true A++B++C!", "3 x||y 0 0",
        "1000 0123456789", "2000 0123456789", "true abc 3 0 5041", "8 n=5 true",
    ]  # fmt: skip


BYTES = """
void OnChartEvent(const int id,const long &lparam,const double &dparam,const string &sparam)
  {
   uchar raw[];
   int n=StringToCharArray(sparam,raw,0,WHOLE_ARRAY,CP_UTF8)-1;
   ushort units[];
   int u=StringToShortArray(sparam,units)-1;
   string hex="";
   for(int i=0; i<n; i++)
      hex+=StringFormat("%02x",raw[i]);
   Print(hex," ",CharArrayToString(raw,0,n,CP_UTF8)==sparam," ",ShortArrayToString(units)==sparam," ",u==StringLen(sparam));
   ArrayResize(raw,n);
   uchar key[];
   uchar hash[];
   uchar text[];
   uchar back[];
   CryptEncode(CRYPT_HASH_SHA256,raw,key,hash);
   CryptEncode(CRYPT_BASE64,raw,key,text);
   CryptDecode(CRYPT_BASE64,text,key,back);
   hex="";
   for(int i=0; i<ArraySize(hash); i++)
      hex+=StringFormat("%02x",hash[i]);
   Print(hex," ",CharArrayToString(text)," ",ArrayCompare(raw,back));
  }
"""


@given(text=st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=200))
@SAME_PROGRAM
def test_text_bytes_and_hashes_agree_with_python(byte_program: Opened, text: str) -> None:
    program, terminal = byte_program
    terminal.lines.clear()
    program.chart_event(0, sparam=text)
    raw = text.encode()

    assert terminal.lines == [
        f"{raw.hex()} true true true",
        f"{hashlib.sha256(raw).hexdigest()} {base64.b64encode(raw).decode()} 0",
    ]


@pytest.fixture
def byte_program(load: Load, terminal: PlainTerminal) -> Opened:
    return load(BYTES), terminal


ARRAYS = """
   int a[]={0};
   int d[];
   ArrayResize(d,5,10);
   for(int i=0; i<5; i++)
      d[i]=5-i;
   SAY(ArrayResize(d,5)) SAY(ArraySort(d)) SAY(d[0]) SAY(d[4]) SAY(ArrayBsearch(d,4)) SAY(ArrayMaximum(d))
   SAY(ArrayMinimum(d,2)) SAID
   int c[];
   SAY(ArrayCopy(c,d,0,1,3)) SAY(ArraySize(c)) SAY(c[0]) SAY(c[2]) SAID
   SAY(ArrayCopy(c,d,2)) SAY(ArraySize(c)) SAY(c[6]) SAID
   SAY(ArrayRemove(c,1,2)) SAY(ArraySize(c)) SAY(c[1]) SAY(ArrayRemove(c,99,1)) SAID
   ArrayFill(c,1,2,7);
   SAY(c[0]) SAY(c[1]) SAY(c[2]) SAY(c[3]) SAID
   SAY(ArrayReverse(d)) SAY(d[0]) SAY(ArrayCompare(c,d)) SAY(ArrayCompare(d,d)) SAID
   SAY(ArrayInsert(d,c,1,0,2)) SAY(ArraySize(d)) SAY(d[0]) SAY(d[1]) SAY(d[2]) SAY(d[3]) SAID
   SAY(ArraySwap(c,d)) SAY(ArraySize(c)) SAY(ArraySize(d)) SAID
   SAY(ArrayInitialize(c,3)) SAY(c[6]) SAID
   double wide[];
   SAY(ArrayCopy(wide,c)) SAY(wide[0]) SAID
   ArrayFree(c);
   SAY(ArraySize(c)) SAY(ArrayIsDynamic(c)) SAY(ArrayIsDynamic(a)) SAY(ArrayResize(a,3)) SAY(GetLastError()) SAID
   SMixed m[2];
   ZeroMemory(m[0]);
   SAY(m[0].n) SAY(m[0].text==NULL) SAY(ArraySize(m[0].items)) SAID
   uchar raw[];
   SPlain p={};
   p.n=0x01020304;
   SPlain q={};
   SAY(StructToCharArray(p,raw)) SAY(ArraySize(raw)) SAY(raw[0]) SAY(CharArrayToStruct(q,raw)) SAY(q.n==p.n) SAID
"""


def test_array_functions_copy_sort_and_report_as_in_mql5(run: Run) -> None:
    assert run(ARRAYS, "struct SMixed { int n; string text; int items[]; }; struct SPlain { int n; int k; };") == [
        "5 true 1 5 3 4 2", "3 3 2 4", "5 7 5", "true 5 2 false", "2 7 7 4", "true 5 -1 0",
        "true 7 5 2 7 4", "true 7 5", "7 3", "7 3", "0 true false -1 4007", "0 true 0", "true 8 4 true true",
    ]  # fmt: skip


@given(values=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=40))
@SAME_PROGRAM
def test_sorting_gives_what_python_gives(sort_program: Opened, values: list[int]) -> None:
    program, terminal = sort_program
    terminal.lines.clear()
    program.chart_event(0, sparam=",".join(map(str, values)))

    assert terminal.lines == [",".join(map(str, sorted(values)))]


@pytest.fixture
def sort_program(load: Load, terminal: PlainTerminal) -> Opened:
    source = """
    void OnChartEvent(const int id,const long &lparam,const double &dparam,const string &sparam)
      {
       string parts[];
       int n=StringSplit(sparam,',',parts);
       int numbers[];
       ArrayResize(numbers,n);
       for(int i=0; i<n; i++)
          numbers[i]=(int)StringToInteger(parts[i]);
       ArraySort(numbers);
       string line="";
       for(int i=0; i<n; i++)
          line+=(i==0 ? "" : ",")+IntegerToString(numbers[i]);
       Print(line);
      }
    """
    return load(source), terminal


def test_random_numbers_have_15_bits_and_repeat_with_their_seed(run: Run) -> None:
    body = "MathSrand(7); int a=MathRand(); int b=MathRand(); MathSrand(7); Print(a==MathRand(),a!=b,a<=32767,a>=0);"

    assert run(body) == ["truetruetruetrue"]


@given(seconds=st.integers(0, 32_503_679_999))
@SAME_PROGRAM
def test_dates_agree_with_the_civil_calendar(date_program: Opened, seconds: int) -> None:
    program, terminal = date_program
    terminal.lines.clear()
    program.chart_event(0, lparam=seconds)
    when = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)

    assert terminal.lines == [
        f"{when:%Y.%m.%d %H:%M:%S} {when.isoweekday() % 7} {when.timetuple().tm_yday - 1} {seconds} {seconds}",
    ]


@pytest.fixture
def date_program(load: Load, terminal: PlainTerminal) -> Opened:
    source = """
    void OnChartEvent(const int id,const long &lparam,const double &dparam,const string &sparam)
      {
       MqlDateTime f;
       TimeToStruct(lparam,f);
       string text=TimeToString(lparam,TIME_DATE|TIME_SECONDS);
       Print(text," ",f.day_of_week," ",f.day_of_year," ",StructToTime(f)," ",StringToTime(text));
      }
    """
    return load(source), terminal
