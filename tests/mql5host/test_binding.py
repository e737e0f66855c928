"""The program's questions to the terminal: properties by name, selections, history, requests, ticks and bars."""

from mql5host.terminal import TradeAnswer, TradeRequest

from .conftest import PlainTerminal, Run, tick


def test_getters_ask_the_terminal_by_name_and_say_what_is_missing(run: Run) -> None:
    body = """
    SAY(AccountInfoInteger(ACCOUNT_LOGIN)) SAY(AccountInfoDouble(ACCOUNT_BALANCE))
    SAY(AccountInfoString(ACCOUNT_SERVER)) SAID
    SAY(_Symbol) SAY(Symbol()) SAY(_Digits) SAY(_Point) SAY(_Period==PERIOD_M1) SAY(Period()==PERIOD_M1)
    SAY(PeriodSeconds()) SAID
    SAY(SymbolInfoInteger("EURUSD",SYMBOL_DIGITS)) SAY(SymbolInfoInteger(NULL,SYMBOL_DIGITS)) SAY(GetLastError()) SAID
    double bid=0.0;
    SAY(SymbolInfoDouble("GBPUSD",SYMBOL_BID,bid)) SAY(GetLastError()==ERR_MARKET_UNKNOWN_SYMBOL) SAID
    ResetLastError();
    SAY(SymbolInfoDouble("EURUSD",SYMBOL_BID,bid)) SAY(GetLastError()==ERR_MARKET_WRONG_PROPERTY) SAID
    SAY((bool)TerminalInfoInteger(TERMINAL_CONNECTED)) SAY(TerminalInfoString(TERMINAL_NAME))
    SAY(MQLInfoInteger(MQL_TRADE_ALLOWED)) SAID
    SAY(SymbolsTotal(true)) SAY(SymbolName(0,false)) SAY(SymbolSelect("EURUSD",true))
    SAY(SymbolSelect("XXX",true)) SAID
    SAY(TimeTradeServer()-TimeGMT()) SAY(TimeTradeServer()-TimeCurrent()) SAID
    datetime from=0,to=0;
    SAY(SymbolInfoSessionTrade("EURUSD",MONDAY,0,from,to)) SAY(to)
    SAY(SymbolInfoSessionTrade("EURUSD",MONDAY,1,from,to)) SAID
    """

    assert run(body) == [
        "7 1000 Demo", "EURUSD EURUSD 5 1e-05 true true 60", "5 5 0", "false true", "false true",
        "true Plain 1", "1 EURUSD true false", "7200 1", "true 90000 false",
    ]  # fmt: skip


def test_selecting_a_position_copies_it_and_indices_follow_the_terminal(run: Run, terminal: PlainTerminal) -> None:
    terminal.open_positions = {
        12: {"POSITION_SYMBOL": "EURUSD", "POSITION_TICKET": 12, "POSITION_SL": 1.5, "POSITION_COMMENT": "b"},
        11: {"POSITION_SYMBOL": "EURUSD", "POSITION_TICKET": 11, "POSITION_SL": 1.25, "POSITION_COMMENT": "a"},
    }
    moving: dict[str, int | float | str] = {
        "POSITION_SYMBOL": "EURUSD",
        "POSITION_TICKET": 11,
        "POSITION_SL": 1.25,
        "POSITION_COMMENT": "a",
    }
    terminal.open_positions[11] = moving
    terminal.alert = lambda text: moving.update(POSITION_SL=9.0)  # type: ignore[method-assign]  # noqa: ARG005
    body = """
    SAY(PositionGetDouble(POSITION_SL)) SAY(GetLastError()==ERR_TRADE_POSITION_NOT_FOUND) SAID
    SAY(PositionsTotal()) SAY(PositionGetTicket(0)) SAY(PositionGetString(POSITION_COMMENT))
    SAY(PositionGetTicket(5)) SAID
    SAY(PositionSelect("EURUSD")) SAY(PositionGetInteger(POSITION_TICKET)) SAID
    Alert("moved");
    SAY(PositionGetDouble(POSITION_SL)) SAY(PositionSelectByTicket(11)) SAY(PositionGetDouble(POSITION_SL)) SAID
    SAY(PositionSelectByTicket(99)) SAY(OrdersTotal()) SAY(OrderSelect(4)) SAID
    """

    assert run(body) == ["0 true", "2 12 b 0", "true 11", "1.25 true 9", "false 0 false"]


def test_history_getters_speak_of_the_selected_deals_alone(run: Run, terminal: PlainTerminal) -> None:
    terminal.deal_records = {
        21: {"DEAL_TIME": 100, "DEAL_POSITION_ID": 1, "DEAL_PROFIT": 2.5},
        2**63 + 5: {"DEAL_TIME": 200, "DEAL_POSITION_ID": 2, "DEAL_PROFIT": -1.0},
    }
    body = """
    SAY(HistoryDealsTotal()) SAY(HistoryDealGetDouble(21,DEAL_PROFIT))
    SAY(GetLastError()==ERR_TRADE_DEAL_NOT_FOUND) SAID
    SAY(HistorySelect(0,150)) SAY(HistoryDealsTotal()) SAY(HistoryDealGetTicket(0))
    SAY(HistoryDealGetDouble(21,DEAL_PROFIT)) SAID
    SAY(HistorySelectByPosition(2)) SAY(HistoryDealGetTicket(0))
    SAY(HistoryDealGetDouble(HistoryDealGetTicket(0),DEAL_PROFIT)) SAID
    SAY(HistoryDealSelect(21)) SAY(HistoryDealsTotal()) SAY(HistoryDealSelect(22)) SAID
    """

    assert run(body) == ["0 0 true", "true 1 21 2.5", "true 9223372036854775813 -1", "true 1 false"]


def test_a_request_crosses_whole_and_so_does_its_answer(run: Run, terminal: PlainTerminal) -> None:
    body = """
    MqlTradeRequest request={};
    MqlTradeResult result={};
    request.action=TRADE_ACTION_DEAL;
    request.magic=0xFFFFFFFFFFFFFFFF;
    request.symbol="EURUSD";
    request.volume=0.1;
    request.sl=1.2;
    request.type=ORDER_TYPE_SELL;
    request.comment="x€";
    request.position=77;
    SAY(OrderSend(request,result)) SAY(result.retcode) SAY(result.deal) SAY(result.comment) SAID
    SAY(OrderSendAsync(request,result)) SAY(result.retcode==TRADE_RETCODE_DONE) SAID
    """

    assert run(body) == ["true 10009 3 done", "true true"]
    assert terminal.requests == [
        (TradeRequest(1, 2**64 - 1, 0, "EURUSD", 0.1, sl=1.2, type=1, comment="x€", position=77), False),
        (TradeRequest(1, 2**64 - 1, 0, "EURUSD", 0.1, sl=1.2, type=1, comment="x€", position=77), True),
    ]


def test_a_request_that_fails_sets_the_error(run: Run, terminal: PlainTerminal) -> None:
    terminal.answer = TradeAnswer(ok=False, error=4756, retcode=10006)
    body = "MqlTradeRequest r={}; MqlTradeResult t={}; Print(OrderSend(r,t)); Print(GetLastError()); Print(t.retcode);"

    assert run(body) == ["false", "4756", "10006"]


def test_ticks_and_bars_arrive_field_by_field(run: Run, terminal: PlainTerminal) -> None:
    terminal.ticks = [tick(1.1, 1.2, 1_700_000_000_123), tick(1.3, 1.4, 1_700_000_000_456)]
    body = """
    MqlTick last;
    MqlTick ticks[];
    MqlTick room[1];
    MqlRates rates[];
    SAY(SymbolInfoTick(_Symbol,last)) SAY(last.bid) SAY(last.ask) SAY(last.time_msc) SAY(last.flags)
    SAY(SymbolInfoTick("XXX",last)) SAID
    SAY(CopyTicks(_Symbol,ticks,COPY_TICKS_ALL,0,10)) SAY(ArraySize(ticks)) SAY(ticks[0].bid)
    SAY(ticks[1].time_msc) SAID
    SAY(CopyTicks(_Symbol,room,COPY_TICKS_ALL,0,10)) SAY(GetLastError()==ERR_HISTORY_SMALL_BUFFER) SAID
    SAY(CopyRates(_Symbol,PERIOD_M5,0,3,rates)) SAY(GetLastError()==ERR_HISTORY_NOT_FOUND) SAID
    datetime from=300,to=900;
    SAY(CopyRates(_Symbol,PERIOD_M5,from,to,rates)) SAY(rates[2].time) SAY(rates[0].high) SAY(rates[0].spread) SAID
    """

    assert run(body) == ["true 1.3 1.4 1700000000456 6 false", "2 2 1.1 1700000000456", "1 true", "-1 true", "3 900 2 3"]
