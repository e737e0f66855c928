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
std::map<std::string, GlobalValue> g_values;

GlobalValue* FindValue(const string& name) {
  auto found = g_values.find(Utf8(name));
  if (found == g_values.end()) {
    MqSetError_(ERR_GLOBALVARIABLE_NOT_FOUND);
    return nullptr;
  }
  found->second.time = TimeLocal();
  return &found->second;
}

}  // namespace

bool GlobalVariableCheck(const string& name) { return g_values.count(Utf8(name)) != 0; }
bool GlobalVariableDel(const string& name) { return g_values.erase(Utf8(name)) != 0; }
bool GlobalVariableGet(const string& name, double& value) {
  GlobalValue* found = FindValue(name);
  if (found) value = found->value;
  return found != nullptr;
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
  g_values[Utf8(name)] = {value, now};
  return now;
}
bool GlobalVariableSetOnCondition(const string& name, double value, double expected) {
  GlobalValue* found = FindValue(name);
  if (!found || found->value != expected) return false;
  found->value = value;
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
  auto found = g_values.find(Utf8(name));
  return found == g_values.end() ? 0 : found->second.time;
}
int GlobalVariablesTotal() { return static_cast<int>(g_values.size()); }
string GlobalVariableName(int index) {
  for (auto& entry : g_values)
    if (index-- == 0) return FromUtf8(entry.first);
  return string(u"", 0);
}
int GlobalVariablesDeleteAll(const string& prefix, datetime limit) {
  std::string start = Utf8(prefix);
  int count = 0;
  for (auto entry = g_values.begin(); entry != g_values.end();) {
    bool goes = entry->first.compare(0, start.size(), start) == 0 && (limit == 0 || entry->second.time < limit);
    count += goes;
    entry = goes ? g_values.erase(entry) : ++entry;
  }
  return count;
}
void GlobalVariablesFlush() {}

}  // namespace mql5
