"""A program at work: its events, its end by a critical error, its questions to the terminal."""

import pytest

from mql5host.native import CriticalError, HostError, StoppedError
from mql5host.terminal import TradeRequest, TradeResult, TradeTransaction

from .conftest import SAY, Load, PlainTerminal, Run, tick

CLASS = "class CThing { public: int m_n; CThing(void) : m_n(1) {} virtual ~CThing(void) {} }; class COther : public CThing {};"
CLASS += " class CHolder { public: CThing *m_pThing; };"
CRITICAL = {
    "index beyond a dynamic array": ("int a[]; ArrayResize(a,3); int i=3; a[i]=1;", "array out of range", "index 3 of 3"),
    "index beyond a static array": ("int a[2]; int i=2; a[i]=1;", "array out of range", "index 2 of 2"),
    "negative index": ("int a[2]={1,2}; int i=-1; Print(a[i]);", "array out of range", "index -1 of 2"),
    "second dimension": ("int a[2][2]={1,2,3,4}; int i=2; Print(a[1][i]);", "array out of range", "index 2 of 2"),
    "character beyond a string": ('string s="ab"; int i=2; Print(s[i]);', "array out of range", "index 2 of 2"),
    "NULL pointer": ("CThing *p_t=NULL; p_t.m_n=3;", "invalid pointer access", "NULL"),
    "deleted object": ("CThing *p_t=new CThing; CThing *p_u=p_t; delete p_t; p_u.m_n=3;", "invalid pointer access", "gone"),
    "another object in the place of a deleted one": (
        "CThing *p_t=new CThing; CThing *p_u=p_t; delete p_t; p_t=new CThing; Print(p_t.m_n); p_u.m_n=3;",
        "invalid pointer access", "gone",
    ),
    "pointer never set": ("CHolder h; Print(h.m_pThing.m_n);", "invalid pointer access", "never"),
    "second delete": ("CThing *p_t=new CThing; CThing *p_u=p_t; delete p_t; delete p_u;", "invalid pointer access", "gone"),
    "delete of a local object": ("CThing t; CThing *p_t=GetPointer(t); delete p_t;", "invalid pointer access", "new did not"),
    "cast to another class": ("CThing t; CThing *p_t=GetPointer(t); COther *p_o=(COther *)p_t; Print(p_o==p_t);",
                              "incorrect casting of pointers", "another class"),
    "integer division by zero": ("int z=g_zero; Print(5/z);", "zero divide", "zero"),
    "remainder by zero": ("long z=g_zero; Print(5%z);", "zero divide", "zero"),
    "real division by zero": ("double z=g_zero; Print(5.0/z);", "zero divide", "zero"),
    "shift by the whole width": ("int n=32+g_zero; Print(1<<n);", "shift out of range", "shift"),
    "a real number too large for int": ("double d=1e10+g_zero; Print((int)d);", "number out of range", "fit"),
    "format of the wrong type": ('Print(StringFormat("%d",1.5+g_zero));', "wrong format string", "%d"),
    "64 bits without I64": ('long n=g_zero; PrintFormat("%d",n);', "wrong format string", "I64"),
    "number as text": ('PrintFormat("%s",g_zero);', "wrong format string", "no string"),
    "too few values": ('PrintFormat("%d %d",1);', "wrong format string", "fewer"),
}  # fmt: skip


@pytest.mark.parametrize("case", CRITICAL, ids=list(CRITICAL))
def test_what_ends_a_program_in_metatrader_ends_it_here_and_names_the_line(load: Load, case: str) -> None:
    body, kind, message = CRITICAL[case]
    program = load(f"{CLASS}\nint g_zero=0;\nvoid OnStart()\n  {{\n   {body}\n  }}\n")

    with pytest.raises(CriticalError) as caught:
        program.start()

    assert (caught.value.kind, caught.value.file, caught.value.line) == (kind, "source.mq5", 5)
    assert message in caught.value.message


def test_after_a_critical_error_every_event_is_refused(load: Load, terminal: PlainTerminal) -> None:
    source = "int g_z=0; int OnInit() { EventSetTimer(1); return(0); } void OnTick() { Print(1/g_z); } void OnTimer() { Print(2); }"
    program = load(source)
    program.init()

    with pytest.raises(CriticalError):
        program.tick()
    with pytest.raises(StoppedError):
        program.timer()

    assert program.stopped
    assert program.critical is not None
    assert program.timer_ms == 0
    assert terminal.lines == []


def test_programs_without_errors_go_on_beside_one_that_ended(load: Load, terminal: PlainTerminal) -> None:
    source = "input int InpDivisor=1; void OnTick() { Print(6/InpDivisor); }"
    bad, good = load(source, inputs={"InpDivisor": "0"}), load(source, inputs={"InpDivisor": "3"})

    with pytest.raises(CriticalError):
        bad.tick()
    good.tick()

    assert terminal.lines == ["2"]


HANDLERS = """
int  OnInit() { EventSetMillisecondTimer(50); return(InpResult); }
input int InpResult=0;
void OnDeinit(const int reason) { Print("deinit ",reason," ",IsStopped()," ",UninitializeReason()); }
void OnTick() { Print("tick"); ExpertRemove(); }
void OnTimer() { Print("timer"); EventKillTimer(); }
void OnTrade() { Print("trade"); }
void OnChartEvent(const int id,const long &lparam,const double &dparam,const string &sparam)
  { Print("chart ",id," ",lparam," ",dparam," ",sparam); }
void OnTradeTransaction(const MqlTradeTransaction &trans,const MqlTradeRequest &request,const MqlTradeResult &result)
  {
   Print("trans ",trans.deal," ",trans.symbol," ",trans.type==TRADE_TRANSACTION_DEAL_ADD," ",trans.price_sl," ",trans.position);
   Print("request ",request.magic," ",request.comment," ",request.sl,
         " result ",result.retcode," ",result.request_id," ",result.comment);
  }
"""


def test_events_reach_their_handlers_with_what_they_carry(load: Load, terminal: PlainTerminal) -> None:
    lines = HANDLERS.strip().splitlines()
    program = load("\n".join([lines[1], lines[0], *lines[2:]]))

    assert program.init() == 0
    assert program.timer_ms == 50
    program.timer()
    program.tick()
    program.trade()
    program.chart_event(3, 2**40, 1.5, "obj €")
    trans = TradeTransaction(deal=2**63 + 1, symbol="EURUSD", type=6, price_sl=1.25, position=9)
    program.trade_transaction(
        trans, TradeRequest(magic=5, comment="c1", sl=1.1), TradeResult(retcode=10009, request_id=4, comment="ok")
    )
    program.deinit(3)

    assert program.timer_ms == 0
    assert program.removed
    assert program.uninit_reason == 3
    assert terminal.lines == [
        "timer", "tick", "trade", "chart 3 1099511627776 1.5 obj €",
        "trans 9223372036854775809 EURUSD true 1.25 9", "request 5 c1 1.1 result 10009 4 ok", "deinit 3 true 3",
    ]  # fmt: skip


def test_the_result_of_oninit_and_missing_handlers(load: Load) -> None:
    program = load("int OnInit() { return(INIT_FAILED); }")

    assert program.init() != 0
    assert program.handlers == {"OnInit"}
    program.tick()
    assert not program.stopped


def test_what_a_callback_raises_comes_out_of_the_event(load: Load, terminal: PlainTerminal) -> None:
    program = load('void OnTick() { Print("before"); long login=AccountInfoInteger(ACCOUNT_LOGIN); Print("after ",login); }')

    class BrokenError(Exception):
        pass

    def broken() -> dict[str, int]:
        raise BrokenError

    terminal.account = broken  # type: ignore[method-assign]
    with pytest.raises(BrokenError):
        program.tick()

    assert terminal.lines == ["before", "after 0"]
    assert not program.stopped


def test_a_critical_error_after_an_exception_in_a_callback_still_ends_the_program(load: Load, terminal: PlainTerminal) -> None:
    program = load("int g_z=0; void OnTick() { Print(1); Print(1/g_z); }")

    def broken(text: str) -> None:
        raise LookupError(text)

    terminal.log = broken  # type: ignore[method-assign]
    with pytest.raises(LookupError):
        program.tick()

    assert program.critical is not None
    with pytest.raises(StoppedError):
        program.tick()


def test_a_symbol_that_the_terminal_learns_later_has_its_point(load: Load, terminal: PlainTerminal) -> None:
    known, terminal.symbols = terminal.symbols, {}
    program = load('void OnTick() { Print(_Point," ",_Digits," ",GetLastError()); }')
    program.tick()
    terminal.symbols = known
    program.tick()

    assert terminal.lines == ["0 0 0", "1e-05 5 0"]


def test_an_event_inside_an_event_is_refused(load: Load, terminal: PlainTerminal) -> None:
    program = load('void OnTick() { Print("in"); }')
    terminal.log = lambda text: program.tick()  # type: ignore[method-assign]  # noqa: ARG005

    with pytest.raises(HostError, match="one thread"):
        program.tick()


def test_a_closed_program_takes_no_events(load: Load) -> None:
    program = load("void OnTick() {}")
    program.close()
    program.close()

    with pytest.raises(StoppedError):
        program.tick()


def test_ten_thousand_ticks_through_the_boundary_are_a_matter_of_a_second(load: Load, terminal: PlainTerminal) -> None:
    terminal.ticks = [tick(1.1, 1.2, 1_700_000_000_123)] * 4
    program = load("""
    MqlTick g_tick; MqlTick g_ticks[]; long g_n=0;
    void OnTick() { SymbolInfoTick(_Symbol,g_tick); g_n+=CopyTicks(_Symbol,g_ticks,COPY_TICKS_ALL,0,4); }
    void OnTimer() { Print(g_n); }
    """)

    for _ in range(10_000):
        program.tick()
    program.timer()

    assert terminal.lines == ["40000"]


def test_a_virtual_clock_moves_by_sleep_and_by_its_owner_alone(load: Load, terminal: PlainTerminal) -> None:
    body = "SAY(GetTickCount64()) Sleep(250); SAY(GetTickCount64()) SAY(GetMicrosecondCount()) SAID"
    source = f"{SAY}void OnTick() {{ {body} }}"
    program = load(source, virtual_clock_ms=1000)

    program.tick()
    program.set_clock_ms(5000)
    program.tick()

    assert terminal.lines == ["1000 1250 250000", "5000 5250 4250000"]
    assert program.clock_ms == 5250


def test_what_the_program_draws_can_be_read(load: Load, terminal: PlainTerminal) -> None:
    program = load(
        SAY
        + """
    void OnTick()
      {
       ObjectCreate(0,"dtms_a",OBJ_LABEL,0,0,0.0);
       ObjectSetString(0,"dtms_a",OBJPROP_TEXT,"Equity \\"5\\" €");
       ObjectSetInteger(0,"dtms_a",OBJPROP_XDISTANCE,12);
       ObjectSetDouble(0,"dtms_a",OBJPROP_PRICE,1.5);
       ObjectCreate(0,"other",OBJ_HLINE,0,0,1.25);
       SAY(ObjectsTotal(0)) SAY(ObjectFind(0,"dtms_a")) SAY(ObjectFind(0,"none"))
       SAY(ObjectGetString(0,"dtms_a",OBJPROP_TEXT)) SAY(ObjectName(0,1)) SAID
       SAY(ObjectsDeleteAll(0,"oth")) SAY(ObjectsTotal(0)) SAY(ObjectDelete(0,"none"))
       SAY(GetLastError()==ERR_OBJECT_NOT_FOUND) SAID
       Comment("c1");
       ChartRedraw();
      }
    """
    )

    program.tick()

    assert terminal.lines == ['2 0 -1 Equity "5" € other', "1 1 false true"]
    assert terminal.comments == ["c1"]
    objects = program.objects()
    assert list(objects) == ["dtms_a"]
    assert objects["dtms_a"].type == "OBJ_LABEL"
    assert objects["dtms_a"].strings == {"OBJPROP_TEXT": 'Equity "5" €'}
    assert objects["dtms_a"].integers["OBJPROP_XDISTANCE"] == 12
    assert objects["dtms_a"].doubles["OBJPROP_PRICE"] == 1.5


def test_global_variables_of_the_terminal_keep_doubles_and_swap_on_condition(run: Run) -> None:
    body = """
    SAY(GlobalVariableSet("a",1.5)>0) SAY(GlobalVariableGet("a")) SAY(GlobalVariableCheck("b")) SAID
    SAY(GlobalVariableSetOnCondition("a",2.0,1.0)) SAY(GlobalVariableSetOnCondition("a",2.0,1.5))
    SAY(GlobalVariableGet("a")) SAID
    SAY(GlobalVariableTemp("a")) SAY(GlobalVariablesTotal()) SAY(GlobalVariableName(0))
    SAY(GlobalVariableDel("a")) SAY(GlobalVariablesTotal()) SAID
    """

    assert run(body) == ["true 1.5 false", "false true 2", "false 1 a true 0"]


GLOBALS = """
class CNoisy
  {
public:
   string m_name;
   int    m_items[];
   CNoisy *m_pMade;
          CNoisy(const string name) : m_name(name),m_pMade(NULL) { Print("made ",m_name); }
         ~CNoisy(void) { Print("gone ",m_name); delete m_pMade; if(InpFault) Print(m_items[0]); }
  };
input bool InpFault=false;
CNoisy g_first("first");
CNoisy g_second("second");
int  OnInit() { g_first.m_pMade=new CNoisy("inner"); g_second.m_pMade=new CNoisy("lost"); g_second.m_pMade=NULL; return(0); }
void OnDeinit(const int reason) { Print("deinit"); }
void OnTick() { int n=0; Print(1/n); }
"""


def _with_input_first(source: str) -> str:
    line = "input bool InpFault=false;\n"
    return line + source.replace(line, "")


def test_destructors_of_globals_run_after_deinit_in_reverse_and_leaks_are_counted(load: Load, terminal: PlainTerminal) -> None:
    program = load(_with_input_first(GLOBALS))
    program.init()
    program.deinit(1)
    terminal.lines.clear()
    program.close()

    assert terminal.lines == ["gone second", "gone first", "gone inner"]
    assert program.undeleted == 1


def test_a_killed_program_runs_no_destructor(load: Load, terminal: PlainTerminal) -> None:
    program = load(_with_input_first(GLOBALS))
    program.init()
    terminal.lines.clear()
    program.close()

    assert terminal.lines == []


def test_neither_does_one_that_a_critical_error_ended(load: Load, terminal: PlainTerminal) -> None:
    program = load(_with_input_first(GLOBALS))
    program.init()
    with pytest.raises(CriticalError):
        program.tick()
    terminal.lines.clear()
    program.close()

    assert terminal.lines == []


def test_a_critical_error_in_a_destructor_is_told(load: Load) -> None:
    program = load(_with_input_first(GLOBALS), inputs={"InpFault": "true"})
    program.deinit(1)

    with pytest.raises(CriticalError, match="array out of range"):
        program.close()

    assert program.stopped
