// The program's surroundings: errors, timer, stopping, and the terminal's global variables.
namespace mql5 {

int GetLastError() { return _LastError; }
void ResetLastError() { _LastError = 0; }
void SetUserError(ushort code) { _LastError = ERR_USER_ERROR_FIRST + code; }
bool IsStopped() { return _StopFlag; }
int UninitializeReason() { return _UninitReason; }
void ExpertRemove() { g_host.removed = true; }

string Symbol() { return _Symbol; }
ENUM_TIMEFRAMES Period() { return _Period; }
int Digits() { return _Digits; }
double Point() { return _Point; }

bool EventSetMillisecondTimer(int milliseconds) {
  if (milliseconds <= 0) {
    MqSetError_(ERR_INVALID_PARAMETER);
    return false;
  }
  g_host.timer_ms = milliseconds;
  return true;
}
bool EventSetTimer(int seconds) { return EventSetMillisecondTimer(seconds > 2147483 ? 2147483000 : seconds * 1000); }
void EventKillTimer() { g_host.timer_ms = 0; }

bool PlaySound(const string&) { return true; }
bool SendNotification(const string&) { return true; }
int MessageBox(const string&, const string&, int) { return IDOK; }

namespace {

struct GlobalValue {
  double value;
  datetime time;
};
std::map<std::string, GlobalValue> g_values;  // where no other program shares them

bool Find(const string& name, GlobalValue& found) {
  if (g_host.shared_globals) {
    int64_t time = 0;
    if (!g_host.globals.find(g_host.globals.context, Units(name), name.Length_(), &found.value, &time)) return false;
    found.time = time;
    return true;
  }
  auto entry = g_values.find(Utf8(name));
  if (entry != g_values.end()) found = entry->second;
  return entry != g_values.end();
}
void Put(const string& name, double value, datetime time) {
  if (g_host.shared_globals)
    g_host.globals.put(g_host.globals.context, Units(name), name.Length_(), value, time);
  else
    g_values[Utf8(name)] = {value, time};
}
bool Erase(const string& name) {
  if (g_host.shared_globals) return g_host.globals.erase(g_host.globals.context, Units(name), name.Length_()) != 0;
  return g_values.erase(Utf8(name)) != 0;
}
int Total() { return g_host.shared_globals ? g_host.globals.total(g_host.globals.context) : static_cast<int>(g_values.size()); }
string NameAt(int index) {
  if (index < 0 || index >= Total()) return string(u"", 0);
  if (!g_host.shared_globals) return FromUtf8(std::next(g_values.begin(), index)->first);
  const uint16_t* units = nullptr;
  int32_t length = 0;
  g_host.globals.name_at(g_host.globals.context, index, &units, &length);
  return FromUnits(units, length);
}

// Reading counts as use.
bool Use(const string& name, GlobalValue& found) {
  if (!Find(name, found)) {
    MqSetError_(ERR_GLOBALVARIABLE_NOT_FOUND);
    return false;
  }
  Put(name, found.value, TimeLocal());
  return true;
}

}  // namespace

bool GlobalVariableCheck(const string& name) {
  GlobalValue found;
  return Find(name, found);
}
bool GlobalVariableDel(const string& name) { return Erase(name); }
bool GlobalVariableGet(const string& name, double& value) {
  GlobalValue found;
  if (!Use(name, found)) return false;
  value = found.value;
  return true;
}
double GlobalVariableGet(const string& name) {
  double value = 0;
  GlobalVariableGet(name, value);
  return value;
}
datetime GlobalVariableSet(const string& name, double value) {
  if (name.Length_() == 0 || name.Length_() > 63) {
    MqSetError_(ERR_INVALID_PARAMETER);
    return 0;
  }
  datetime now = TimeLocal();
  Put(name, value, now);
  return now;
}
bool GlobalVariableSetOnCondition(const string& name, double value, double expected) {
  GlobalValue found;
  if (!Use(name, found) || found.value != expected) return false;
  Put(name, value, TimeLocal());
  return true;
}
bool GlobalVariableTemp(const string& name) {
  if (GlobalVariableCheck(name)) {
    MqSetError_(ERR_GLOBALVARIABLE_EXISTS);
    return false;
  }
  return GlobalVariableSet(name, 0) != 0;
}
datetime GlobalVariableTime(const string& name) {
  GlobalValue found;
  return Find(name, found) ? found.time : 0;
}
int GlobalVariablesTotal() { return Total(); }
string GlobalVariableName(int index) { return NameAt(index); }
int GlobalVariablesDeleteAll(const string& prefix, datetime limit) {
  std::string start = Utf8(prefix);
  int count = 0;
  for (int index = Total() - 1; index >= 0; index--) {
    string name = NameAt(index);
    bool goes = Utf8(name).compare(0, start.size(), start) == 0 && (limit == 0 || GlobalVariableTime(name) < limit);
    count += goes && Erase(name);
  }
  return count;
}
void GlobalVariablesFlush() {}

}  // namespace mql5
