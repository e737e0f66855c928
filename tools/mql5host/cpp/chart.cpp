// The chart: its objects, its properties, and what the program is told of itself. Kept here, read by the host.
namespace mql5 {

namespace {

struct ChartObject {
  std::string name;
  int type, window;
  std::map<int, mq_long> integers;
  std::map<int, double> doubles;
  std::map<int, string> strings;
};
std::vector<ChartObject> g_objects;
std::map<int, mq_long> g_chart_integers;
std::map<int, double> g_chart_doubles;
std::map<int, string> g_chart_strings;

ChartObject* FindObject(const string& name) {
  std::string wanted = Utf8(name);
  for (ChartObject& object : g_objects)
    if (object.name == wanted) return &object;
  MqSetError_(ERR_OBJECT_NOT_FOUND);
  return nullptr;
}

bool ThisChart(mq_long chart) {
  if (chart == 0 || chart == g_host.chart_id) return true;
  MqSetError_(ERR_CHART_NOT_FOUND);
  return false;
}

template <class V>
bool Set(mq_long chart, const string& name, std::map<int, V> ChartObject::*values, int property, const V& value) {
  ChartObject* object = ThisChart(chart) ? FindObject(name) : nullptr;
  if (object) (object->*values)[property] = value;
  return object != nullptr;
}

template <class V>
bool Get(mq_long chart, const string& name, std::map<int, V> ChartObject::*values, int property, V& value) {
  ChartObject* object = ThisChart(chart) ? FindObject(name) : nullptr;
  if (!object) return false;
  auto found = (object->*values).find(property);
  value = found == (object->*values).end() ? V() : found->second;
  return true;
}

bool Matches(const ChartObject& object, const std::string& prefix, int window, int type) {
  return object.name.compare(0, prefix.size(), prefix) == 0 && (window < 0 || window == object.window) &&
         (type < 0 || type == object.type);
}

int DeleteAll(const std::string& prefix, int window, int type) {
  size_t kept = 0, count = g_objects.size();
  for (size_t i = 0; i < count; i++)
    if (!Matches(g_objects[i], prefix, window, type)) {
      if (kept != i) g_objects[kept] = g_objects[i];
      kept++;
    }
  g_objects.resize(kept);
  return static_cast<int>(count - kept);
}

template <class V, class F>
std::string JsonMap(const std::map<int, V>& values, F text) {
  std::string out = "{";
  for (auto& entry : values) out += (out.size() > 1 ? ", \"" : "\"") + std::to_string(entry.first) + "\": " + text(entry.second);
  return out + "}";
}

}  // namespace

std::string ObjectsJson() {
  std::string out = "{";
  for (const ChartObject& o : g_objects) {
    out += (out.size() > 1 ? ", " : "") + JsonText(o.name) + ": {\"type\": " + std::to_string(o.type) + ", \"window\": " + std::to_string(o.window);
    out += ", \"integers\": " + JsonMap(o.integers, [](mq_long v) { return std::to_string(v); });
    out += ", \"doubles\": " + JsonMap(o.doubles, [](double v) { return std::isfinite(v) ? Utf8(ShortestDouble(v)) : "null"; });
    out += ", \"strings\": " + JsonMap(o.strings, [](const string& v) { return JsonText(Utf8(v)); }) + "}";
  }
  return out + "}";
}

bool MqObjectCreate_(mq_long chart, const string& name, ENUM_OBJECT type, int window, const double* anchors, int count) {
  if (!ThisChart(chart)) return false;
  ChartObject* object = nullptr;
  std::string wanted = Utf8(name);
  for (ChartObject& other : g_objects)
    if (other.name == wanted) object = &other;
  if (wanted.empty() || name.Length_() > 63 || (object && object->window != window)) {
    MqSetError_(ERR_OBJECT_ERROR);
    return false;
  }
  if (!object) {
    g_objects.push_back({});
    object = &g_objects.back();
    object->name = wanted;
    object->window = window;
  }
  object->type = type;
  object->integers[OBJPROP_TIME] = static_cast<mq_long>(anchors[0]);
  if (count > 1) object->doubles[OBJPROP_PRICE] = anchors[1];
  return true;
}

int ObjectFind(mq_long chart, const string& name) {
  ChartObject* object = ThisChart(chart) ? FindObject(name) : nullptr;
  return object ? object->window : -1;
}
bool ObjectDelete(mq_long chart, const string& name) {
  ChartObject* object = ThisChart(chart) ? FindObject(name) : nullptr;
  if (!object) return false;
  g_objects.erase(g_objects.begin() + (object - g_objects.data()));
  return true;
}
int ObjectsDeleteAll(mq_long chart, int window, int type) { return ThisChart(chart) ? DeleteAll("", window, type) : -1; }
int ObjectsDeleteAll(mq_long chart, const string& prefix, int window, int type) {
  return ThisChart(chart) ? DeleteAll(Utf8(prefix), window, type) : -1;
}
int ObjectsTotal(mq_long chart, int window, int type) {
  int count = 0;
  if (ThisChart(chart))
    for (const ChartObject& object : g_objects) count += Matches(object, "", window, type);
  return count;
}
string ObjectName(mq_long chart, int position, int window, int type) {
  if (ThisChart(chart))
    for (const ChartObject& object : g_objects)
      if (Matches(object, "", window, type) && position-- == 0) return FromUtf8(object.name);
  return string(u"", 0);
}
bool ObjectMove(mq_long chart, const string& name, int point, datetime time, double price) {
  ChartObject* object = ThisChart(chart) ? FindObject(name) : nullptr;
  if (object && point == 0) {
    object->integers[OBJPROP_TIME] = time;
    object->doubles[OBJPROP_PRICE] = price;
  }
  return object != nullptr;
}

bool ObjectSetInteger(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_INTEGER property, mq_long value) {
  return Set<mq_long>(chart, name, &ChartObject::integers, property, value);
}
bool ObjectSetInteger(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_INTEGER property, int, mq_long value) {
  return Set<mq_long>(chart, name, &ChartObject::integers, property, value);
}
bool ObjectSetDouble(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_DOUBLE property, double value) {
  return Set(chart, name, &ChartObject::doubles, property, value);
}
bool ObjectSetDouble(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_DOUBLE property, int, double value) {
  return Set(chart, name, &ChartObject::doubles, property, value);
}
bool ObjectSetString(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_STRING property, const string& value) {
  return Set(chart, name, &ChartObject::strings, property, StringSubstr(value, 0, 63));  // longer text is cut
}
bool ObjectSetString(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_STRING property, int, const string& value) {
  return Set(chart, name, &ChartObject::strings, property, StringSubstr(value, 0, 63));
}
mq_long ObjectGetInteger(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_INTEGER property, int) {
  mq_long value = 0;
  Get<mq_long>(chart, name, &ChartObject::integers, property, value);
  return value;
}
bool ObjectGetInteger(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_INTEGER property, int, mq_long& value) {
  return Get<mq_long>(chart, name, &ChartObject::integers, property, value);
}
double ObjectGetDouble(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_DOUBLE property, int) {
  double value = 0;
  Get(chart, name, &ChartObject::doubles, property, value);
  return value;
}
bool ObjectGetDouble(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_DOUBLE property, int, double& value) {
  return Get(chart, name, &ChartObject::doubles, property, value);
}
string ObjectGetString(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_STRING property, int) {
  string value;
  Get(chart, name, &ChartObject::strings, property, value);
  return value;
}
bool ObjectGetString(mq_long chart, const string& name, ENUM_OBJECT_PROPERTY_STRING property, int, string& value) {
  return Get(chart, name, &ChartObject::strings, property, value);
}

// ---- the chart itself

mq_long ChartID() { return g_host.chart_id; }
mq_long ChartFirst() { return g_host.chart_id; }
mq_long ChartNext(mq_long) { return -1; }
void ChartRedraw(mq_long) {}
string ChartSymbol(mq_long chart) { return ThisChart(chart) ? _Symbol : string(u"", 0); }
ENUM_TIMEFRAMES ChartPeriod(mq_long chart) { return ThisChart(chart) ? _Period : PERIOD_CURRENT; }
bool ChartSetInteger(mq_long chart, ENUM_CHART_PROPERTY_INTEGER property, mq_long value) {
  if (ThisChart(chart)) g_chart_integers[property] = value;
  return ThisChart(chart);
}
bool ChartSetInteger(mq_long chart, ENUM_CHART_PROPERTY_INTEGER property, int, mq_long value) {
  return ChartSetInteger(chart, property, value);
}
bool ChartSetDouble(mq_long chart, ENUM_CHART_PROPERTY_DOUBLE property, double value) {
  if (ThisChart(chart)) g_chart_doubles[property] = value;
  return ThisChart(chart);
}
bool ChartSetString(mq_long chart, ENUM_CHART_PROPERTY_STRING property, const string& value) {
  if (ThisChart(chart)) g_chart_strings[property] = value;
  return ThisChart(chart);
}
bool ChartGetInteger(mq_long chart, ENUM_CHART_PROPERTY_INTEGER property, int, mq_long& value) {
  value = g_chart_integers[property];
  return ThisChart(chart);
}
mq_long ChartGetInteger(mq_long chart, ENUM_CHART_PROPERTY_INTEGER property, int) {
  mq_long value = 0;
  ChartGetInteger(chart, property, 0, value);
  return value;
}
double ChartGetDouble(mq_long chart, ENUM_CHART_PROPERTY_DOUBLE property, int) {
  return ThisChart(chart) ? g_chart_doubles[property] : 0;
}
string ChartGetString(mq_long chart, ENUM_CHART_PROPERTY_STRING property) {
  return ThisChart(chart) ? g_chart_strings[property] : string();
}

}  // namespace mql5
