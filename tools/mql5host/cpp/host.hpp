// What the runtime's own sources share; the translated program does not see it. All headers of the C and C++
// libraries stand here, before those of MQL5, whose names some of them use as macros.
#ifndef MQL5HOST_HOST_HPP
#define MQL5HOST_HOST_HPP

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#ifdef _WIN32
#define MQ_EXPORT __declspec(dllexport)
#define MQ_HIDDEN
#else
#define MQ_EXPORT __attribute__((visibility("default")))
#define MQ_HIDDEN __attribute__((visibility("hidden")))
#endif

extern "C" {
#include "host_api.h"
}

#include "mql5.hpp"
#include "platform.hpp"

namespace mql5 {

struct Host {
  mq_terminal terminal;
  mq_sockets sockets;
  bool own_sockets;  // the host's own socket layer instead of the system's
  mq_globals globals;
  bool shared_globals;  // the terminal has other programs too
  std::string files, common_files;
  mq_long chart_id;
  int period_s;
  bool virtual_clock;
  mq_long clock_ms;
  mq_long started_us;
  int timer_ms;
  bool removed;
};
extern Host g_host;

inline const uint16_t* Units(const string& text) { return reinterpret_cast<const uint16_t*>(text.Units_()); }
inline string FromUnits(const uint16_t* units, int length) { return units ? string::Of_(reinterpret_cast<const char16_t*>(units), length) : string(); }

std::string Utf8(const string& text);
string FromUtf8(const std::string& text);
std::string JsonText(const std::string& utf8);  // with quotes

mq_long ElapsedMicroseconds();
void Pause(int milliseconds);

string DoubleText(double value, int digits);
string ShortestDouble(double value);

void CloseAllSockets();
int OpenSockets();
void SetSocketModel(const mq_socket_model& model);
void AllowAddress(const std::string& address);
void CloseAllFiles(bool flush);
int OpenFiles();
std::string ObjectsJson();
int Undeleted();
void RunDestructorsOfProgram();
void FreeEverything();

}  // namespace mql5

#endif
