// The C boundary: start, events, state; and the one path of a critical error.
namespace mql5 {

Host g_host;
string _Symbol;
ENUM_TIMEFRAMES _Period;
int _Digits;
double _Point;
int _LastError;
int _RandomSeed;
bool _StopFlag;
int _UninitReason;
bool _IsX64 = sizeof(void*) == 8;

namespace {

struct Critical {  // plain memory: it is read after everything else has been destroyed
  bool happened;
  char kind[40], message[400], file[200];
  int line;
} g_critical;

std::jmp_buf g_event;
bool g_running = false;
MqInput_* g_inputs = nullptr;
std::string g_answer;  // text handed out, valid until the next

}  // namespace

[[noreturn]] void MqCritical_(const char* kind, const char* message, MqPlace_ place) {
  g_critical.happened = true;
  std::snprintf(g_critical.kind, sizeof g_critical.kind, "%s", kind);
  std::snprintf(g_critical.message, sizeof g_critical.message, "%s", message);
  std::snprintf(g_critical.file, sizeof g_critical.file, "%s", place.file ? place.file : "");
  g_critical.line = place.line;
  if (!g_running) {  // in the constructor of a global: there is no event to leave
    std::fprintf(stderr, "%s (%s) in %s:%d before the program was started\n", kind, message, place.file, place.line);
    std::abort();
  }
  std::longjmp(g_event, 1);
}

[[noreturn]] void MqOutOfRange_(ulong index, mq_long size, MqPlace_ place) {
  char text[80];
  std::snprintf(text, sizeof text, "index %lld of %lld", static_cast<long long>(index), static_cast<long long>(size));
  MqCritical_("array out of range", text, place);
}

void MqSetError_(int code) { _LastError = code; }

MqInput_::MqInput_(const char* name, MqInputType_ type, void* value) : name(name), type(type), value(value), next(nullptr) {
  MqInput_** last = &g_inputs;
  while (*last) last = &(*last)->next;
  *last = this;
}

// ---- checks of expressions: the compilers call these hooks, libubsan itself is not linked

struct SanitizerPlace {
  const char* file;
  uint32_t line, column;
};
[[noreturn]] static void Trap(const char* kind, const char* message, const void* data) {
  const SanitizerPlace* place = static_cast<const SanitizerPlace*>(data);
  MqCritical_(kind, message, {place->file, static_cast<int>(place->line)});
}

}  // namespace mql5

extern "C" {
void __ubsan_handle_divrem_overflow_abort(void* data, void*, void*) { mql5::Trap("zero divide", "division by zero", data); }
void __ubsan_handle_shift_out_of_bounds_abort(void* data, void*, void*) {
  mql5::Trap("shift out of range", "a shift by the width of the type or more", data);
}
void __ubsan_handle_float_cast_overflow_abort(void* data, void*) {
  mql5::Trap("number out of range", "a real value does not fit the integer type", data);
}
}

namespace mql5 {
namespace {

void Fill(MqlTradeTransaction& to, const mq_transaction& from) {
  to = {};
  to.deal = from.deal, to.order = from.order, to.symbol = FromUnits(from.symbol, from.symbol_length);
  to.type = static_cast<ENUM_TRADE_TRANSACTION_TYPE>(from.type);
  to.order_type = static_cast<ENUM_ORDER_TYPE>(from.order_type);
  to.order_state = static_cast<ENUM_ORDER_STATE>(from.order_state);
  to.deal_type = static_cast<ENUM_DEAL_TYPE>(from.deal_type);
  to.time_type = static_cast<ENUM_ORDER_TYPE_TIME>(from.time_type);
  to.time_expiration = from.time_expiration;
  to.price = from.price, to.price_trigger = from.price_trigger, to.price_sl = from.price_sl, to.price_tp = from.price_tp;
  to.volume = from.volume, to.position = from.position, to.position_by = from.position_by;
}
void Fill(MqlTradeRequest& to, const mq_request& from) {
  to = {};
  to.action = static_cast<ENUM_TRADE_REQUEST_ACTIONS>(from.action);
  to.magic = from.magic, to.order = from.order, to.symbol = FromUnits(from.symbol, from.symbol_length);
  to.volume = from.volume, to.price = from.price, to.stoplimit = from.stoplimit, to.sl = from.sl, to.tp = from.tp;
  to.deviation = from.deviation, to.type = static_cast<ENUM_ORDER_TYPE>(from.type);
  to.type_filling = static_cast<ENUM_ORDER_TYPE_FILLING>(from.type_filling);
  to.type_time = static_cast<ENUM_ORDER_TYPE_TIME>(from.type_time);
  to.expiration = from.expiration, to.comment = FromUnits(from.comment, from.comment_length);
  to.position = from.position, to.position_by = from.position_by;
}
void Fill(MqlTradeResult& to, const mq_answer& from) {
  to = {};
  to.retcode = from.retcode, to.deal = from.deal, to.order = from.order, to.volume = from.volume;
  to.price = from.price, to.bid = from.bid, to.ask = from.ask;
  to.comment = FromUnits(from.comment, from.comment_length);
  to.request_id = from.request_id, to.retcode_external = from.retcode_external;
}

uint32_t Present(const MqHandlers_& h) {
  const bool present[] = {h.init != nullptr,        h.deinit != nullptr,      h.tick != nullptr,
                          h.timer != nullptr,       h.trade != nullptr,       h.transaction != nullptr,
                          h.chart_event != nullptr, h.start != nullptr,       h.book != nullptr};
  uint32_t bits = 0;
  for (uint32_t i = 0; i < sizeof present; i++) bits |= static_cast<uint32_t>(present[i]) << i;
  return bits;
}

int64_t Dispatch(const MqHandlers_& h, int32_t handler, const mq_event& event) {
  switch (handler) {
    case MQ_ON_INIT: return h.init();
    case MQ_ON_DEINIT: h.deinit(static_cast<int>(event.a)); break;
    case MQ_ON_TICK: h.tick(); break;
    case MQ_ON_TIMER: h.timer(); break;
    case MQ_ON_TRADE: h.trade(); break;
    case MQ_ON_TRANSACTION: {
      MqlTradeTransaction transaction;
      MqlTradeRequest request;
      MqlTradeResult result;
      Fill(transaction, *event.transaction);
      Fill(request, *event.request);
      Fill(result, *event.result);
      h.transaction(transaction, request, result);
      break;
    }
    case MQ_ON_CHART_EVENT: {
      mq_long lparam = event.lparam;
      h.chart_event(static_cast<int>(event.a), lparam, event.dparam, FromUnits(event.text, event.text_length));
      break;
    }
    case MQ_ON_START: h.start(); break;
    case MQ_ON_BOOK: h.book(FromUnits(event.text, event.text_length)); break;
  }
  return 0;
}

const char* Answer(const std::string& text) {
  g_answer = text;
  return g_answer.c_str();
}

std::string InputText(const MqInput_& input) {
  switch (input.type) {
    case MqInputType_::kBool: return *static_cast<bool*>(input.value) ? "true" : "false";
    case MqInputType_::kInt:
    case MqInputType_::kEnum: return std::to_string(*static_cast<int*>(input.value));
    case MqInputType_::kUint: return std::to_string(*static_cast<uint*>(input.value));
    case MqInputType_::kLong: return std::to_string(*static_cast<mq_long*>(input.value));
    case MqInputType_::kUlong: return std::to_string(*static_cast<ulong*>(input.value));
    case MqInputType_::kDouble: return Utf8(ShortestDouble(*static_cast<double*>(input.value)));
    case MqInputType_::kFloat: return Utf8(ShortestDouble(*static_cast<float*>(input.value)));
    case MqInputType_::kString: return Utf8(*static_cast<string*>(input.value));
  }
  return "";
}

bool SetInteger(const MqInput_& input, const std::string& text) {
  char* end = nullptr;
  bool is_unsigned = input.type == MqInputType_::kUlong || input.type == MqInputType_::kUint;
  long long value = is_unsigned ? static_cast<long long>(std::strtoull(text.c_str(), &end, 0)) : std::strtoll(text.c_str(), &end, 0);
  if (text.empty() || *end != '\0') return false;
  switch (input.type) {
    case MqInputType_::kInt:
    case MqInputType_::kEnum:
      *static_cast<int*>(input.value) = static_cast<int>(value);
      return value >= INT32_MIN && value <= INT32_MAX;
    case MqInputType_::kUint:
      *static_cast<uint*>(input.value) = static_cast<uint>(value);
      return value >= 0 && value <= UINT32_MAX && text[0] != '-';
    case MqInputType_::kLong: *static_cast<mq_long*>(input.value) = value; return true;
    default: *static_cast<ulong*>(input.value) = static_cast<ulong>(value); return text[0] != '-';
  }
}

bool SetInput(const MqInput_& input, const string& value) {
  std::string text = Utf8(value);
  char* end = nullptr;
  switch (input.type) {
    case MqInputType_::kString: *static_cast<string*>(input.value) = value; return true;
    case MqInputType_::kBool:
      *static_cast<bool*>(input.value) = text == "true" || text == "1";
      return text == "true" || text == "1" || text == "false" || text == "0";
    case MqInputType_::kDouble: *static_cast<double*>(input.value) = std::strtod(text.c_str(), &end); break;
    case MqInputType_::kFloat: *static_cast<float*>(input.value) = std::strtof(text.c_str(), &end); break;
    default: return SetInteger(input, text);
  }
  return !text.empty() && *end == '\0';
}

const char* TypeName(MqInputType_ type) {
  static const char* const names[] = {"bool", "int", "uint", "long", "ulong", "double", "float", "string", "enum"};
  return names[static_cast<int>(type)];
}

}  // namespace
}  // namespace mql5

using namespace mql5;

extern "C" {

// The terminal may not know the symbol yet when the program starts.
static void ReadSymbol() {
  int error = _LastError;
  _Digits = static_cast<int>(SymbolInfoInteger(_Symbol, SYMBOL_DIGITS));
  _Point = SymbolInfoDouble(_Symbol, SYMBOL_POINT);
  _LastError = error;
}

MQ_EXPORT void mq_open(const mq_setup* setup) {
  g_host.terminal = *setup->terminal;
  g_host.own_sockets = setup->sockets != nullptr;
  if (setup->sockets) g_host.sockets = *setup->sockets;
  g_host.shared_globals = setup->globals != nullptr;
  if (setup->globals) g_host.globals = *setup->globals;
  g_host.files = setup->files;
  g_host.common_files = setup->common_files;
  g_host.chart_id = setup->chart_id;
  g_host.period_s = setup->period_s;
  g_host.virtual_clock = setup->virtual_clock != 0;
  g_host.clock_ms = setup->clock_ms;
  g_host.started_us = ElapsedMicroseconds();
  _Symbol = FromUnits(setup->symbol, setup->symbol_length);
  _Period = static_cast<ENUM_TIMEFRAMES>(setup->period);
  ReadSymbol();
}
MQ_EXPORT void mq_allow(const char* address) { AllowAddress(address); }
MQ_EXPORT void mq_model(const mq_socket_model* model) { SetSocketModel(*model); }

MQ_EXPORT int32_t mq_set_input(const char* name, const uint16_t* value, int32_t length) {
  for (const MqInput_* input = g_inputs; input; input = input->next)
    if (std::strcmp(input->name, name) == 0) return SetInput(*input, FromUnits(value, length)) ? 0 : 2;
  return 1;
}
MQ_EXPORT const char* mq_inputs(void) {
  std::string text = "{";
  for (const MqInput_* input = g_inputs; input; input = input->next)
    text += (text.size() > 1 ? ", " : "") + JsonText(input->name) + ": [" + JsonText(TypeName(input->type)) + ", " + JsonText(InputText(*input)) + "]";
  return Answer(text + "}");
}
MQ_EXPORT const char* mq_properties(void) { return MqProgramProperties_(); }

MQ_EXPORT int32_t mq_run(int32_t handler, const mq_event* event, int64_t* result) {
  if (g_critical.happened) return MQ_STOPPED;
  const MqHandlers_& handlers = MqProgramHandlers_();
  if (!(Present(handlers) >> handler & 1)) return MQ_NO_HANDLER;
  if (setjmp(g_event) != 0) {
    g_running = false;
    g_host.timer_ms = 0;
    return MQ_CRITICAL;
  }
  if (_Point == 0) ReadSymbol();
  g_running = true;
  *result = Dispatch(handlers, handler, *event);
  g_running = false;
  return MQ_DONE;
}

MQ_EXPORT void mq_get_state(mq_state* state) {
  state->timer_ms = g_host.timer_ms;
  state->removed = g_host.removed;
  state->uninit_reason = _UninitReason;
  state->last_error = _LastError;
  state->undeleted = Undeleted();
  state->open_sockets = OpenSockets();
  state->open_files = OpenFiles();
  state->handlers = Present(MqProgramHandlers_());
  state->clock_ms = ElapsedMicroseconds() / 1000;
}
MQ_EXPORT void mq_get_critical(mq_critical* critical) {
  *critical = {g_critical.happened ? g_critical.kind : nullptr, g_critical.message, g_critical.file, g_critical.line};
}
MQ_EXPORT void mq_set_clock(int64_t clock_ms) { g_host.clock_ms = clock_ms; }
MQ_EXPORT void mq_set_stopped(int32_t stopped) { _StopFlag = stopped != 0; }
MQ_EXPORT void mq_set_uninit_reason(int32_t reason) { _UninitReason = reason; }
MQ_EXPORT void mq_set_period(int32_t period, int32_t period_s) {
  _Period = static_cast<ENUM_TIMEFRAMES>(period);
  g_host.period_s = period_s;
}
MQ_EXPORT const char* mq_objects(void) { return Answer(ObjectsJson()); }
MQ_EXPORT int32_t mq_close(int32_t in_order) {
  bool whole = in_order && !g_critical.happened;
  if (whole && setjmp(g_event) == 0) {
    g_running = true;
    RunDestructorsOfProgram();
  }
  g_running = false;
  int32_t undeleted = Undeleted();
  CloseAllSockets();
  CloseAllFiles(whole);
  FreeEverything();
  return undeleted;
}

}  // extern "C"
