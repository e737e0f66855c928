// Clocks and the calendar. Days count from 1970-01-01; the civil calendar has no leap seconds.
namespace mql5 {

mq_long ElapsedMicroseconds() {
  return g_host.virtual_clock ? g_host.clock_ms * 1000 : static_cast<mq_long>(platform::MonotonicMicroseconds());
}
void Pause(int milliseconds) {
  if (g_host.virtual_clock) g_host.clock_ms += milliseconds;
  else platform::SleepMilliseconds(milliseconds);
}

ulong GetTickCount64() { return static_cast<ulong>(ElapsedMicroseconds() / 1000); }
ulong GetMicrosecondCount() { return static_cast<ulong>(ElapsedMicroseconds() - g_host.started_us); }
void Sleep(int milliseconds) {  // in slices of 0.1 s, so that a stop is noticed
  while (milliseconds > 0 && !_StopFlag) {
    int slice = milliseconds < 100 ? milliseconds : 100;
    Pause(slice);
    milliseconds -= slice;
  }
}

static datetime Clock(int which) { return g_host.terminal.clock(g_host.terminal.context, which); }
datetime TimeCurrent() { return Clock(MQ_TIME_CURRENT); }
datetime TimeTradeServer() { return Clock(MQ_TIME_SERVER); }
datetime TimeGMT() { return Clock(MQ_TIME_GMT); }
datetime TimeLocal() { return Clock(MQ_TIME_GMT); }  // the simulated PC stands in Greenwich
int TimeGMTOffset() { return 0; }
int TimeDaylightSavings() { return 0; }

static datetime Described(datetime time, MqlDateTime& fields) {
  TimeToStruct(time, fields);
  return time;
}
datetime TimeCurrent(MqlDateTime& fields) { return Described(TimeCurrent(), fields); }
datetime TimeTradeServer(MqlDateTime& fields) { return Described(TimeTradeServer(), fields); }
datetime TimeGMT(MqlDateTime& fields) { return Described(TimeGMT(), fields); }
datetime TimeLocal(MqlDateTime& fields) { return Described(TimeLocal(), fields); }

static mq_long DaysBefore(int year, int month, int day) {  // since 1970; eras of 400 years beginning in March
  year -= month <= 2;
  mq_long era = (year >= 0 ? year : year - 399) / 400;
  mq_long of_era = year - era * 400;
  mq_long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool TimeToStruct(datetime time, MqlDateTime& fields) {
  mq_long days = time / 86400, seconds = time % 86400;
  if (seconds < 0) seconds += 86400, days--;
  mq_long shifted = days + 719468;
  mq_long era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  mq_long of_era = shifted - era * 146097;
  mq_long year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  mq_long of_year = of_era - (365 * year + year / 4 - year / 100);
  mq_long month = (5 * of_year + 2) / 153;
  fields.day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1);
  fields.mon = static_cast<int>(month < 10 ? month + 3 : month - 9);
  fields.year = static_cast<int>(year + era * 400 + (fields.mon <= 2));
  fields.hour = static_cast<int>(seconds / 3600);
  fields.min = static_cast<int>(seconds / 60 % 60);
  fields.sec = static_cast<int>(seconds % 60);
  fields.day_of_week = static_cast<int>(((days + 4) % 7 + 7) % 7);
  fields.day_of_year = static_cast<int>(days - DaysBefore(fields.year, 1, 1));
  return true;
}

datetime StructToTime(MqlDateTime& fields) {
  return DaysBefore(fields.year, fields.mon, fields.day) * 86400 + fields.hour * 3600 + fields.min * 60 + fields.sec;
}

string TimeToString(datetime time, int mode) {
  MqlDateTime f;
  TimeToStruct(time, f);
  char text[48];
  std::string out;
  if (mode & TIME_DATE || mode == 0) {
    snprintf(text, sizeof text, "%04d.%02d.%02d", f.year, f.mon, f.day);
    out = text;
  }
  if (mode & (TIME_MINUTES | TIME_SECONDS)) {
    snprintf(text, sizeof text, mode & TIME_SECONDS ? "%02d:%02d:%02d" : "%02d:%02d", f.hour, f.min, f.sec);
    out += (out.empty() ? "" : " ") + std::string(text);
  }
  return string::Ascii_(out.c_str());
}

datetime StringToTime(const string& text) {
  MqlDateTime f = {};
  std::string ascii = Utf8(text);
  int found = sscanf(ascii.c_str(), "%d.%d.%d %d:%d:%d", &f.year, &f.mon, &f.day, &f.hour, &f.min, &f.sec);
  if (found < 3) {
    MqSetError_(ERR_WRONG_STRING_DATE);
    return 0;
  }
  return StructToTime(f);
}

int PeriodSeconds(ENUM_TIMEFRAMES period) {
  if (period == PERIOD_CURRENT) return g_host.period_s;
  if (period == PERIOD_MN1) return 2592000;
  if (period == PERIOD_W1) return 604800;
  return period >= 16385 ? (period - 16384) * 3600 : period * 60;  // the values of ENUM_TIMEFRAMES say so
}

}  // namespace mql5
