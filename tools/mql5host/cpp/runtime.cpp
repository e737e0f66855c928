// The runtime of one program, as one unit of translation.
#include "platform_posix.cpp"
#include "platform_windows.cpp"

#include "host.hpp"

#include "entry.cpp"
#include "memory.cpp"
#include "objects.cpp"
#include "text.cpp"
#include "convert.cpp"
#include "format.cpp"
#include "math.cpp"
#include "time.cpp"
#include "crypt.cpp"
#include "files.cpp"
#include "filetext.cpp"
#include "sockets.cpp"
#include "chart.cpp"
#include "globals.cpp"
#include "trade.cpp"
#include "series.cpp"
#include "calendar.cpp"

namespace mql5 {
// The last of the runtime's globals: what is constructed after it is the program's, whose object file follows.
static const size_t g_mark = g_of_runtime = g_destructor_count;
}  // namespace mql5
