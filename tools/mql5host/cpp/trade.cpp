// Account, symbols, positions, orders, history and requests: all of it asked of the host's terminal.
namespace mql5 {

namespace {

void* Context() { return g_host.terminal.context; }

bool Settled(int32_t error) {
  if (error != 0) MqSetError_(error);
  return error == 0;
}

bool GetInteger(int kind, int property, ulong id, const string& name, mq_long& value) {
  int64_t got = 0;
  bool done = Settled(g_host.terminal.get_integer(Context(), kind, property, id, Units(name), name.Length_(), &got));
  value = done ? got : 0;
  return done;
}
bool GetDouble(int kind, int property, ulong id, const string& name, double& value) {
  double got = 0;
  bool done = Settled(g_host.terminal.get_double(Context(), kind, property, id, Units(name), name.Length_(), &got));
  value = done ? got : 0;
  return done;
}
bool GetString(int kind, int property, ulong id, const string& name, string& value) {
  const uint16_t* units = nullptr;
  int32_t length = 0;
  bool done = Settled(g_host.terminal.get_string(Context(), kind, property, id, Units(name), name.Length_(), &units, &length));
  value = done ? FromUnits(units, length) : string(u"", 0);
  return done;
}
mq_long Integer(int kind, int property, ulong id = 0, const string& name = string()) {
  mq_long value = 0;
  GetInteger(kind, property, id, name, value);
  return value;
}
double Double(int kind, int property, ulong id = 0, const string& name = string()) {
  double value = 0;
  GetDouble(kind, property, id, name, value);
  return value;
}
string Text(int kind, int property, ulong id = 0, const string& name = string()) {
  string value;
  GetString(kind, property, id, name, value);
  return value;
}
bool Select(int kind, int how, mq_long a, mq_long b = 0, const string& name = string()) {
  return Settled(g_host.terminal.select(Context(), kind, how, a, b, Units(name), name.Length_()));
}
int Total(int kind, bool selected = false) { return static_cast<int>(g_host.terminal.total(Context(), kind, selected)); }
ulong Ticket(int kind, int index) { return g_host.terminal.ticket(Context(), kind, index); }

string Named(const string& symbol) { return symbol.Length_() == 0 ? _Symbol : symbol; }

}  // namespace

double AccountInfoDouble(ENUM_ACCOUNT_INFO_DOUBLE p) { return Double(MQ_ACCOUNT, p); }
mq_long AccountInfoInteger(ENUM_ACCOUNT_INFO_INTEGER p) { return Integer(MQ_ACCOUNT, p); }
string AccountInfoString(ENUM_ACCOUNT_INFO_STRING p) { return Text(MQ_ACCOUNT, p); }
double TerminalInfoDouble(int p) { return Double(MQ_TERMINAL, p); }
int TerminalInfoInteger(int p) { return static_cast<int>(Integer(MQ_TERMINAL, p)); }
string TerminalInfoString(int p) { return Text(MQ_TERMINAL, p); }
int MQLInfoInteger(int p) { return static_cast<int>(Integer(MQ_PROGRAM, p)); }
string MQLInfoString(int p) { return Text(MQ_PROGRAM, p); }

double SymbolInfoDouble(const string& name, ENUM_SYMBOL_INFO_DOUBLE p) { return Double(MQ_SYMBOL, p, 0, Named(name)); }
mq_long SymbolInfoInteger(const string& name, ENUM_SYMBOL_INFO_INTEGER p) { return Integer(MQ_SYMBOL, p, 0, Named(name)); }
string SymbolInfoString(const string& name, ENUM_SYMBOL_INFO_STRING p) { return Text(MQ_SYMBOL, p, 0, Named(name)); }
bool SymbolInfoDouble(const string& name, ENUM_SYMBOL_INFO_DOUBLE p, double& v) { return GetDouble(MQ_SYMBOL, p, 0, Named(name), v); }
bool SymbolInfoInteger(const string& name, ENUM_SYMBOL_INFO_INTEGER p, mq_long& v) { return GetInteger(MQ_SYMBOL, p, 0, Named(name), v); }
bool SymbolInfoString(const string& name, ENUM_SYMBOL_INFO_STRING p, string& v) { return GetString(MQ_SYMBOL, p, 0, Named(name), v); }
int SymbolsTotal(bool selected) { return Total(MQ_SYMBOL, selected); }
string SymbolName(int position, bool selected) {
  const uint16_t* units = nullptr;
  int32_t length = 0;
  return Settled(g_host.terminal.symbol_name(Context(), position, selected, &units, &length)) ? FromUnits(units, length) : string(u"", 0);
}
bool SymbolSelect(const string& name, bool on) { return Select(MQ_SYMBOL, on ? MQ_SHOW : MQ_HIDE, 0, 0, Named(name)); }
bool SymbolExist(const string& name, bool& custom) {
  custom = false;
  return Select(MQ_SYMBOL, MQ_EXISTS, 0, 0, Named(name));
}
bool SymbolIsSynchronized(const string& name) { return Select(MQ_SYMBOL, MQ_EXISTS, 0, 0, Named(name)); }

static bool Session(const string& name, int day, uint index, bool trade, datetime& from, datetime& to) {
  string symbol = Named(name);
  int64_t begin = 0, end = 0;
  if (!Settled(g_host.terminal.session(Context(), Units(symbol), symbol.Length_(), day, static_cast<int32_t>(index), trade, &begin, &end)))
    return false;
  from = begin, to = end;
  return true;
}
bool SymbolInfoSessionQuote(const string& name, ENUM_DAY_OF_WEEK day, uint index, datetime& from, datetime& to) {
  return Session(name, day, index, false, from, to);
}
bool SymbolInfoSessionTrade(const string& name, ENUM_DAY_OF_WEEK day, uint index, datetime& from, datetime& to) {
  return Session(name, day, index, true, from, to);
}

int PositionsTotal() { return Total(MQ_POSITION); }
ulong PositionGetTicket(int index) { return Ticket(MQ_POSITION, index); }
bool PositionSelect(const string& symbol) { return Select(MQ_POSITION, MQ_BY_SYMBOL, 0, 0, Named(symbol)); }
bool PositionSelectByTicket(ulong ticket) { return Select(MQ_POSITION, MQ_BY_TICKET, static_cast<mq_long>(ticket)); }
string PositionGetSymbol(int index) { return Ticket(MQ_POSITION, index) ? PositionGetString(POSITION_SYMBOL) : string(u"", 0); }
double PositionGetDouble(ENUM_POSITION_PROPERTY_DOUBLE p) { return Double(MQ_POSITION, p); }
mq_long PositionGetInteger(ENUM_POSITION_PROPERTY_INTEGER p) { return Integer(MQ_POSITION, p); }
string PositionGetString(ENUM_POSITION_PROPERTY_STRING p) { return Text(MQ_POSITION, p); }
bool PositionGetDouble(ENUM_POSITION_PROPERTY_DOUBLE p, double& v) { return GetDouble(MQ_POSITION, p, 0, string(), v); }
bool PositionGetInteger(ENUM_POSITION_PROPERTY_INTEGER p, mq_long& v) { return GetInteger(MQ_POSITION, p, 0, string(), v); }
bool PositionGetString(ENUM_POSITION_PROPERTY_STRING p, string& v) { return GetString(MQ_POSITION, p, 0, string(), v); }

int OrdersTotal() { return Total(MQ_ORDER); }
ulong OrderGetTicket(int index) { return Ticket(MQ_ORDER, index); }
bool OrderSelect(ulong ticket) { return Select(MQ_ORDER, MQ_BY_TICKET, static_cast<mq_long>(ticket)); }
double OrderGetDouble(ENUM_ORDER_PROPERTY_DOUBLE p) { return Double(MQ_ORDER, p); }
mq_long OrderGetInteger(ENUM_ORDER_PROPERTY_INTEGER p) { return Integer(MQ_ORDER, p); }
string OrderGetString(ENUM_ORDER_PROPERTY_STRING p) { return Text(MQ_ORDER, p); }
bool OrderGetDouble(ENUM_ORDER_PROPERTY_DOUBLE p, double& v) { return GetDouble(MQ_ORDER, p, 0, string(), v); }
bool OrderGetInteger(ENUM_ORDER_PROPERTY_INTEGER p, mq_long& v) { return GetInteger(MQ_ORDER, p, 0, string(), v); }
bool OrderGetString(ENUM_ORDER_PROPERTY_STRING p, string& v) { return GetString(MQ_ORDER, p, 0, string(), v); }

bool HistorySelect(datetime from, datetime to) { return Select(MQ_DEAL, MQ_BY_RANGE, from, to); }
bool HistorySelectByPosition(ulong position) { return Select(MQ_DEAL, MQ_BY_POSITION, static_cast<mq_long>(position)); }
int HistoryOrdersTotal() { return Total(MQ_HISTORY_ORDER); }
ulong HistoryOrderGetTicket(int index) { return Ticket(MQ_HISTORY_ORDER, index); }
bool HistoryOrderSelect(ulong ticket) { return Select(MQ_HISTORY_ORDER, MQ_BY_TICKET, static_cast<mq_long>(ticket)); }
double HistoryOrderGetDouble(ulong t, ENUM_ORDER_PROPERTY_DOUBLE p) { return Double(MQ_HISTORY_ORDER, p, t); }
mq_long HistoryOrderGetInteger(ulong t, ENUM_ORDER_PROPERTY_INTEGER p) { return Integer(MQ_HISTORY_ORDER, p, t); }
string HistoryOrderGetString(ulong t, ENUM_ORDER_PROPERTY_STRING p) { return Text(MQ_HISTORY_ORDER, p, t); }
bool HistoryOrderGetDouble(ulong t, ENUM_ORDER_PROPERTY_DOUBLE p, double& v) { return GetDouble(MQ_HISTORY_ORDER, p, t, string(), v); }
bool HistoryOrderGetInteger(ulong t, ENUM_ORDER_PROPERTY_INTEGER p, mq_long& v) { return GetInteger(MQ_HISTORY_ORDER, p, t, string(), v); }
bool HistoryOrderGetString(ulong t, ENUM_ORDER_PROPERTY_STRING p, string& v) { return GetString(MQ_HISTORY_ORDER, p, t, string(), v); }
int HistoryDealsTotal() { return Total(MQ_DEAL); }
ulong HistoryDealGetTicket(int index) { return Ticket(MQ_DEAL, index); }
bool HistoryDealSelect(ulong ticket) { return Select(MQ_DEAL, MQ_BY_TICKET, static_cast<mq_long>(ticket)); }
double HistoryDealGetDouble(ulong t, ENUM_DEAL_PROPERTY_DOUBLE p) { return Double(MQ_DEAL, p, t); }
mq_long HistoryDealGetInteger(ulong t, ENUM_DEAL_PROPERTY_INTEGER p) { return Integer(MQ_DEAL, p, t); }
string HistoryDealGetString(ulong t, ENUM_DEAL_PROPERTY_STRING p) { return Text(MQ_DEAL, p, t); }
bool HistoryDealGetDouble(ulong t, ENUM_DEAL_PROPERTY_DOUBLE p, double& v) { return GetDouble(MQ_DEAL, p, t, string(), v); }
bool HistoryDealGetInteger(ulong t, ENUM_DEAL_PROPERTY_INTEGER p, mq_long& v) { return GetInteger(MQ_DEAL, p, t, string(), v); }
bool HistoryDealGetString(ulong t, ENUM_DEAL_PROPERTY_STRING p, string& v) { return GetString(MQ_DEAL, p, t, string(), v); }

// ---- requests

static mq_request Crossing(const MqlTradeRequest& r) {
  mq_request out = {};
  out.action = r.action, out.type = r.type, out.type_filling = r.type_filling, out.type_time = r.type_time;
  out.magic = r.magic, out.order = r.order, out.deviation = r.deviation, out.position = r.position, out.position_by = r.position_by;
  out.volume = r.volume, out.price = r.price, out.stoplimit = r.stoplimit, out.sl = r.sl, out.tp = r.tp;
  out.expiration = r.expiration;
  out.symbol = Units(r.symbol), out.symbol_length = r.symbol.Length_();
  out.comment = Units(r.comment), out.comment_length = r.comment.Length_();
  return out;
}

static bool Request(int how, const MqlTradeRequest& request, mq_answer& answer) {
  mq_request crossing = Crossing(request);
  answer = {};
  Settled(g_host.terminal.order(Context(), how, &crossing, &answer));
  if (answer.error != 0) MqSetError_(answer.error);
  return answer.ok != 0;
}
bool OrderSend(MqlTradeRequest& request, MqlTradeResult& result) {
  mq_answer answer;
  bool accepted = Request(MQ_SEND, request, answer);
  Fill(result, answer);
  return accepted;
}
bool OrderSendAsync(MqlTradeRequest& request, MqlTradeResult& result) {
  mq_answer answer;
  bool sent = Request(MQ_SEND_ASYNC, request, answer);
  Fill(result, answer);
  return sent;
}
bool OrderCheck(MqlTradeRequest& request, MqlTradeCheckResult& result) {
  mq_answer answer;
  bool enough = Request(MQ_CHECK, request, answer);
  result = {};
  result.retcode = answer.retcode;
  result.comment = FromUnits(answer.comment, answer.comment_length);
  result.balance = answer.balance, result.equity = answer.equity, result.profit = answer.profit;
  result.margin = answer.margin, result.margin_free = answer.margin_free, result.margin_level = answer.margin_level;
  return enough;
}

}  // namespace mql5
