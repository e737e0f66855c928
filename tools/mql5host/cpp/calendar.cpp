// The economic calendar, whose records cross the boundary packed, field by field.
namespace mql5 {

namespace {

template <class T>
void Field(const uint8_t*& at, T& value) {
  int64_t raw = 0;
  memcpy(&raw, at, sizeof raw);
  at += sizeof raw;
  value = static_cast<T>(raw);
}
void Field(const uint8_t*& at, string& value) {
  int64_t length = 0;
  Field(at, length);
  std::vector<uint16_t> units(static_cast<size_t>(length) + 1);
  memcpy(units.data(), at, static_cast<size_t>(length) * sizeof(uint16_t));
  at += length * static_cast<int64_t>(sizeof(uint16_t));
  value = FromUnits(units.data(), static_cast<int>(length));
}
template <class... T>
void Fields(const uint8_t*& at, T&... values) {
  (Field(at, values), ...);
}

void Unpack(const uint8_t*& at, MqlCalendarCountry& c) {
  Fields(at, c.id, c.name, c.code, c.currency, c.currency_symbol, c.url_name);
}
void Unpack(const uint8_t*& at, MqlCalendarEvent& e) {
  Fields(at, e.id, e.type, e.sector, e.frequency, e.time_mode, e.country_id, e.unit, e.importance, e.multiplier, e.digits);
  Fields(at, e.source_url, e.event_code, e.name);
}
void Unpack(const uint8_t*& at, MqlCalendarValue& v) {
  Fields(at, v.id, v.event_id, v.time, v.period, v.revision, v.actual_value, v.prev_value, v.revised_prev_value);
  Fields(at, v.forecast_value, v.impact_type);
}

struct CalendarAnswer {
  int64_t count;  // negative: an error, which has been set
  const uint8_t* data;
  ulong state;
};
CalendarAnswer Asked(int what, ulong id, mq_long from, mq_long to, ulong state, const string& country, const string& currency) {
  mq_calendar_query query = {};
  query.id = id, query.from = from, query.to = to, query.state = state;
  query.country = Units(country), query.country_length = country.Length_();
  query.currency = Units(currency), query.currency_length = currency.Length_();
  CalendarAnswer answer = {};
  answer.count = g_host.terminal.calendar(g_host.terminal.context, what, &query, &answer.data);
  answer.state = query.state;
  if (answer.count < 0) MqSetError_(static_cast<int>(-answer.count));
  return answer;
}

template <class T>
bool One(int what, ulong id, T& record) {
  CalendarAnswer answer = Asked(what, id, 0, 0, 0, string(), string());
  if (answer.count != 1) return false;
  Unpack(answer.data, record);
  return true;
}

template <class T>
int Listed(CalendarAnswer answer, ARef<T> records, int failure) {
  if (answer.count < 0) return failure;
  int count = static_cast<int>(answer.count);
  if (ArrayResize(records, count) < 0 && records.Count_() < count) {
    MqSetError_(ERR_CALENDAR_MORE_DATA);
    count = records.Count_();
  }
  for (int i = 0; i < count; i++) Unpack(answer.data, records.Items_()[i]);
  return count;
}

int Changed(ulong id, ulong& state, ARef<MqlCalendarValue> values, const string& country, const string& currency) {
  CalendarAnswer answer = Asked(MQ_CHANGES, id, 0, 0, state, country, currency);
  if (answer.count >= 0) state = answer.state;
  return Listed(answer, values, 0);
}

}  // namespace

int CalendarCountries(ARef<MqlCalendarCountry> countries) {
  return Listed(Asked(MQ_COUNTRIES, 0, 0, 0, 0, string(), string()), countries, 0);
}
bool CalendarCountryById(mq_long id, MqlCalendarCountry& country) { return One(MQ_COUNTRY, static_cast<ulong>(id), country); }
int CalendarEventByCountry(const string& country, ARef<MqlCalendarEvent> events) {
  return Listed(Asked(MQ_EVENTS, 0, 0, 0, 0, country, string()), events, 0);
}
int CalendarEventByCurrency(const string& currency, ARef<MqlCalendarEvent> events) {
  return Listed(Asked(MQ_EVENTS, 0, 0, 0, 0, string(), currency), events, 0);
}
bool CalendarEventById(ulong id, MqlCalendarEvent& event) { return One(MQ_EVENT, id, event); }
bool CalendarValueById(ulong id, MqlCalendarValue& value) { return One(MQ_VALUE, id, value); }
int CalendarValueHistory(ARef<MqlCalendarValue> values, datetime from, datetime to, const string& country, const string& currency) {
  return Listed(Asked(MQ_VALUES, 0, from, to, 0, country, currency), values, -1);
}
int CalendarValueHistoryByEvent(ulong id, ARef<MqlCalendarValue> values, datetime from, datetime to) {
  return Listed(Asked(MQ_VALUES, id, from, to, 0, string(), string()), values, -1);
}
int CalendarValueLast(ulong& state, ARef<MqlCalendarValue> values, const string& country, const string& currency) {
  return Changed(0, state, values, country, currency);
}
int CalendarValueLastByEvent(ulong id, ulong& state, ARef<MqlCalendarValue> values) {
  return Changed(id, state, values, string(), string());
}

}  // namespace mql5
