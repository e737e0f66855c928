// Ticks and bars, which cross the boundary packed.
namespace mql5 {

namespace {

const int kPacked = 60;  // bytes of one tick and of one bar, without padding

template <class T>
void Take(const uint8_t*& at, T& value) {
  memcpy(&value, at, sizeof value);
  at += sizeof value;
}
void Unpack(const uint8_t* at, MqlTick& t) {
  Take(at, t.time), Take(at, t.bid), Take(at, t.ask), Take(at, t.last), Take(at, t.volume), Take(at, t.time_msc);
  Take(at, t.flags), Take(at, t.volume_real);
}
void Unpack(const uint8_t* at, MqlRates& r) {
  Take(at, r.time), Take(at, r.open), Take(at, r.high), Take(at, r.low), Take(at, r.close), Take(at, r.tick_volume);
  Take(at, r.spread), Take(at, r.real_volume);
}

int64_t Copied(int what, const string& name, mq_long a, mq_long b, mq_long c, const uint8_t** data) {
  string symbol = Named(name);
  int64_t bytes = g_host.terminal.copy(g_host.terminal.context, what, Units(symbol), symbol.Length_(), a, b, c, data);
  if (bytes < 0) MqSetError_(static_cast<int>(-bytes));
  return bytes;
}

template <class T, class A>
int Deliver(int64_t bytes, const uint8_t* data, A array) {
  if (bytes < 0) return -1;
  int count = static_cast<int>(bytes / kPacked);
  if (ArrayResize(array, count) < 0 && array.Count_() < count) {
    MqSetError_(ERR_HISTORY_SMALL_BUFFER);
    count = array.Count_();
  }
  for (int i = 0; i < count; i++) Unpack(data + static_cast<int64_t>(i) * kPacked, array.Items_()[i]);
  return count;
}

int Rates(const string& symbol, ENUM_TIMEFRAMES frame, mq_long start, mq_long count, bool range, std::vector<MqlRates>& bars) {
  const uint8_t* data = nullptr;
  int64_t bytes = Copied(range ? MQ_RATES_RANGE : MQ_RATES, symbol, PeriodSeconds(frame), start, count, &data);
  if (bytes < 0) return -1;
  bars.resize(static_cast<size_t>(bytes / kPacked));
  for (size_t i = 0; i < bars.size(); i++) Unpack(data + i * kPacked, bars[i]);
  return static_cast<int>(bars.size());
}

template <class T, class F>
int Column(const std::vector<MqlRates>& bars, int count, ARef<T> array, F field) {
  if (count < 0) return -1;
  if (ArrayResize(array, count) < 0) count = array.Count_() < count ? array.Count_() : count;
  for (int i = 0; i < count; i++) array.Items_()[i] = static_cast<T>(bars[static_cast<size_t>(i)].*field);
  return count;
}

bool Bar(const string& symbol, ENUM_TIMEFRAMES frame, int shift, MqlRates& bar) {
  std::vector<MqlRates> bars;
  if (shift < 0 || Rates(symbol, frame, shift, 1, false, bars) != 1) return false;
  bar = bars[0];
  return true;
}

}  // namespace

bool SymbolInfoTick(const string& symbol, MqlTick& tick) {
  const uint8_t* data = nullptr;
  if (Copied(MQ_LAST_TICK, symbol, 0, 0, 0, &data) != kPacked) return false;
  Unpack(data, tick);
  return true;
}

int CopyTicks(const string& symbol, ARef<MqlTick> ticks, uint flags, ulong from, uint count) {
  const uint8_t* data = nullptr;
  int64_t wanted = count ? count : 2000;  // as many as MQL5 gives when nothing is said
  int64_t bytes = Copied(MQ_TICKS, symbol, static_cast<int>(flags), static_cast<mq_long>(from), wanted, &data);
  return Deliver<MqlTick>(bytes, data, ticks);
}

int CopyTicksRange(const string& symbol, ARef<MqlTick> ticks, uint flags, ulong from, ulong to) {
  const uint8_t* data = nullptr;
  int64_t bytes = Copied(MQ_TICKS, symbol, static_cast<int>(flags), static_cast<mq_long>(from), 0x7fffffff, &data);
  int count = Deliver<MqlTick>(bytes, data, ticks);
  int kept = 0;
  while (kept < count && (to == 0 || ticks.Items_()[kept].time_msc <= static_cast<mq_long>(to))) kept++;
  if (kept < count) ArrayResize(ticks, kept);
  return count < 0 ? count : kept;
}

int CopyRates(const string& symbol, ENUM_TIMEFRAMES frame, int start, int count, ARef<MqlRates> rates) {
  const uint8_t* data = nullptr;
  int64_t bytes = Copied(MQ_RATES, symbol, PeriodSeconds(frame), start, count, &data);
  return Deliver<MqlRates>(bytes, data, rates);
}
int CopyRates(const string& symbol, ENUM_TIMEFRAMES frame, datetime from, datetime to, ARef<MqlRates> rates) {
  const uint8_t* data = nullptr;
  int64_t bytes = Copied(MQ_RATES_RANGE, symbol, PeriodSeconds(frame), from < to ? from : to, from < to ? to : from, &data);
  return Deliver<MqlRates>(bytes, data, rates);
}
int CopyRates(const string& symbol, ENUM_TIMEFRAMES frame, datetime last, int count, ARef<MqlRates> rates) {
  std::vector<MqlRates> bars;
  int found = Rates(symbol, frame, 0, last, true, bars);
  int skipped = found > count ? found - count : 0;
  if (found < 0 || ArrayResize(rates, found - skipped) < 0) return -1;
  for (int i = skipped; i < found; i++) rates.Items_()[i - skipped] = bars[static_cast<size_t>(i)];
  return found - skipped;
}

#define MQ_COLUMN(name, type, field)                                                                                   \
  int name(const string& symbol, ENUM_TIMEFRAMES frame, int start, int count, ARef<type> array) {                      \
    std::vector<MqlRates> bars;                                                                                        \
    int found = Rates(symbol, frame, start, count, false, bars);                                                       \
    return Column<type>(bars, found, array, &MqlRates::field);                                                         \
  }                                                                                                                    \
  int name(const string& symbol, ENUM_TIMEFRAMES frame, datetime from, datetime to, ARef<type> array) {                \
    std::vector<MqlRates> bars;                                                                                        \
    int found = Rates(symbol, frame, from, to, true, bars);                                                            \
    return Column<type>(bars, found, array, &MqlRates::field);                                                         \
  }                                                                                                                    \
  int name(const string& symbol, ENUM_TIMEFRAMES frame, datetime last, int count, ARef<type> array) {                  \
    std::vector<MqlRates> bars;                                                                                        \
    int found = Rates(symbol, frame, 0, last, true, bars);                                                             \
    if (found > count) bars.erase(bars.begin(), bars.end() - count);                                                   \
    return Column<type>(bars, found > count ? count : found, array, &MqlRates::field);                                 \
  }
MQ_COLUMN(CopyOpen, double, open)
MQ_COLUMN(CopyHigh, double, high)
MQ_COLUMN(CopyLow, double, low)
MQ_COLUMN(CopyClose, double, close)
MQ_COLUMN(CopyTime, datetime, time)
MQ_COLUMN(CopyTickVolume, mq_long, tick_volume)
MQ_COLUMN(CopyRealVolume, mq_long, real_volume)
MQ_COLUMN(CopySpread, int, spread)
#undef MQ_COLUMN

#define MQ_BAR(name, type, field)                                           \
  type name(const string& symbol, ENUM_TIMEFRAMES frame, int shift) {       \
    MqlRates bar = {};                                                      \
    return Bar(symbol, frame, shift, bar) ? static_cast<type>(bar.field) : 0; \
  }
MQ_BAR(iOpen, double, open)
MQ_BAR(iHigh, double, high)
MQ_BAR(iLow, double, low)
MQ_BAR(iClose, double, close)
MQ_BAR(iTime, datetime, time)
MQ_BAR(iVolume, mq_long, tick_volume)
MQ_BAR(iTickVolume, mq_long, tick_volume)
MQ_BAR(iRealVolume, mq_long, real_volume)
MQ_BAR(iSpread, mq_long, spread)
#undef MQ_BAR

int Bars(const string& symbol, ENUM_TIMEFRAMES frame) {
  std::vector<MqlRates> bars;
  int found = Rates(symbol, frame, 0, 0x7fffffff, false, bars);
  return found < 0 ? 0 : found;
}
int Bars(const string& symbol, ENUM_TIMEFRAMES frame, datetime from, datetime to) {
  std::vector<MqlRates> bars;
  int found = Rates(symbol, frame, from, to, true, bars);
  return found < 0 ? 0 : found;
}
int iBars(const string& symbol, ENUM_TIMEFRAMES frame) { return Bars(symbol, frame); }

}  // namespace mql5
