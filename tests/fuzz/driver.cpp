// libFuzzer's end: each input is what the far end of the program's sockets sends, and OnStart runs once for it.
//
// PACED: the first three bytes of an input are not sent but say how the second connection drips: most bytes of a read,
// most bytes of a send, every how many empty reads one is promised in vain (0: no limit, never). Those before do not.
// SCRIPTED: the first connection reads the input, and what it sends is what the far end of the next two sends.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

extern "C" {
#include "host_api.h"
}

namespace {

const int32_t kNoValue = 4801;  // any error code: this terminal knows nothing

struct {
  const uint8_t* bytes;
  size_t size, at;
  int connects;
  mq_socket_model pace;
} g_input;

#ifdef SCRIPTED
const bool kScripted = true;
#else
const bool kScripted = false;
#endif
std::vector<uint8_t> g_script;

int64_t Total(void*, int32_t, int32_t) { return 0; }
uint64_t Ticket(void*, int32_t, int32_t) { return 0; }
int32_t Select(void*, int32_t, int32_t, int64_t, int64_t, const uint16_t*, int32_t) { return kNoValue; }
int32_t GetInteger(void*, int32_t, int32_t, uint64_t, const uint16_t*, int32_t, int64_t*) { return kNoValue; }
int32_t GetDouble(void*, int32_t, int32_t, uint64_t, const uint16_t*, int32_t, double*) { return kNoValue; }
int32_t GetString(void*, int32_t, int32_t, uint64_t, const uint16_t*, int32_t, const uint16_t**, int32_t*) { return kNoValue; }
int32_t SymbolName(void*, int32_t, int32_t, const uint16_t**, int32_t*) { return kNoValue; }
int64_t Copy(void*, int32_t, const uint16_t*, int32_t, int64_t, int64_t, int64_t, const uint8_t**) { return -kNoValue; }
int32_t Session(void*, const uint16_t*, int32_t, int32_t, int32_t, int32_t, int64_t*, int64_t*) { return kNoValue; }
int32_t Order(void*, int32_t, const mq_request*, mq_answer*) { return kNoValue; }
int64_t Clock(void*, int32_t) { return 1700000000; }
void Text(void*, int32_t, const uint16_t* text, int32_t length) {
  for (int32_t i = 0; i < length; i++) std::fputc(text[i] < 128 ? static_cast<char>(text[i]) : '?', stderr);
  std::fputc('\n', stderr);
}

int32_t Connect(void*, int32_t, const uint16_t*, int32_t, uint32_t, uint32_t) {
  const mq_socket_model whole = {0, 0, 0};
  g_input.at = 0;
  if (kScripted && g_input.connects == 1) g_input.bytes = g_script.data(), g_input.size = g_script.size();
  mq_model(g_input.connects++ <= (kScripted ? 1 : 0) ? &whole : &g_input.pace);
  return 1;
}
int32_t IsConnected(void*, int32_t) { return g_input.at < g_input.size; }
int32_t Readable(void*, int32_t) { return static_cast<int32_t>(g_input.size - g_input.at); }
int32_t Writable(void*, int32_t) { return 1; }
int32_t Read(void*, int32_t, uint8_t* buffer, uint32_t size, uint32_t) {
  size_t left = g_input.size - g_input.at;
  size_t taken = left < size ? left : size;
  if (taken > 0) std::memcpy(buffer, g_input.bytes + g_input.at, taken);
  g_input.at += taken;
  return static_cast<int32_t>(taken);
}
int32_t Send(void*, int32_t, const uint8_t* buffer, uint32_t size) {
  volatile uint8_t touched = 0;  // what is sent has to be there
  for (uint32_t i = 0; i < size; i++) touched = static_cast<uint8_t>(touched ^ buffer[i]);
  if (kScripted && g_input.connects == 1) g_script.insert(g_script.end(), buffer, buffer + size);
  return static_cast<int32_t>(size);
}
void Close(void*, int32_t) {}

// What is not named here no program of this folder asks for.
mq_terminal Terminal() {
  mq_terminal terminal = {};
  terminal.total = Total, terminal.ticket = Ticket, terminal.select = Select, terminal.get_integer = GetInteger;
  terminal.get_double = GetDouble, terminal.get_string = GetString, terminal.symbol_name = SymbolName, terminal.copy = Copy;
  terminal.session = Session, terminal.order = Order, terminal.clock = Clock, terminal.text = Text;
  return terminal;
}
const mq_terminal kTerminal = Terminal();
const mq_sockets kSockets = {nullptr, Connect, IsConnected, Readable, Writable, Read, Send, Close};

void Fail(const char* what) {
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  mq_setup setup = {};
  setup.terminal = &kTerminal;
  setup.sockets = &kSockets;
  setup.files = setup.common_files = "nowhere";
  setup.virtual_clock = 1;
  mq_open(&setup);
  mq_allow("fuzzer");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
#ifdef PACED
  if (size < 3) return 0;
  g_input = {bytes + 3, size - 3, 0, 0, {bytes[0], bytes[1], bytes[2]}};
#else
  g_input = {bytes, size, 0, 0, {0, 0, 0}};
#endif
  g_script.clear();
  mq_event event = {};
  int64_t result = 0;
  int32_t outcome = mq_run(MQ_ON_START, &event, &result);
  if (outcome == MQ_CRITICAL) {
    mq_critical critical;
    mq_get_critical(&critical);
    std::fprintf(stderr, "%s (%s) in %s:%d\n", critical.kind, critical.message, critical.file, critical.line);
    Fail("a critical error");
  }
  mq_state state;
  mq_get_state(&state);
  if (outcome != MQ_DONE || state.removed) Fail("a broken law");
  if (state.open_sockets || state.undeleted) Fail("something was left behind");
  return 0;
}
