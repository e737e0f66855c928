// Numbers, times' and colours' text apart: numbers to text and back.
namespace mql5 {

static string FromAscii(const std::string& text) { return string::Ascii_(text.c_str()); }

static string SpecialDouble(double value) {
  return string::Ascii_(std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

// The shortest text that reads back as the same value.
string ShortestDouble(double value) {
  if (!std::isfinite(value)) return SpecialDouble(value);
  char text[40];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (strtod(text, nullptr) == value) break;
  }
  return string::Ascii_(text);
}

string DoubleText(double value, int digits) {
  if (!std::isfinite(value)) return SpecialDouble(value);
  char text[400];
  if (digits > 16) digits = 16;
  snprintf(text, sizeof text, digits < 0 ? "%.*e" : "%.*f", digits < 0 ? -digits : digits, value);
  return string::Ascii_(text);
}

string::string(bool value) : string(Ascii_(value ? "true" : "false")) {}
string::string(char value) : string(static_cast<int>(value)) {}
string::string(uchar value) : string(static_cast<int>(value)) {}
string::string(short value) : string(static_cast<int>(value)) {}
string::string(ushort value) : string(static_cast<int>(value)) {}
string::string(int value) : string(Ascii_(std::to_string(value).c_str())) {}
string::string(uint value) : string(Ascii_(std::to_string(value).c_str())) {}
string::string(mq_long value) : string(Ascii_(std::to_string(value).c_str())) {}
string::string(ulong value) : string(Ascii_(std::to_string(value).c_str())) {}
string::string(float value) : string(ShortestDouble(static_cast<double>(value))) {}
string::string(double value) : string(ShortestDouble(value)) {}

string DoubleToString(double value, int digits) { return DoubleText(value, digits); }

string IntegerToString(mq_long number, int length, ushort fill) {
  string text = FromAscii(std::to_string(number));
  int missing = length - text.Length_();
  if (missing <= 0) return text;
  string padding;
  StringInit(padding, missing, fill);
  return padding + text;
}

double NormalizeDouble(double value, int digits) {
  if (!std::isfinite(value)) return value;
  if (digits < 0) digits = 0;
  if (digits > 8) digits = 8;
  double power = std::pow(10.0, digits);
  double scaled = value * power;
  double rounded = std::round(scaled);
  // A product that falls short of a half by an error of representation counts as the half.
  if (std::fabs(std::fabs(scaled - std::trunc(scaled)) - 0.5) < 1e-9 * std::fmax(1.0, std::fabs(scaled)) * 1e-3)
    rounded = std::trunc(scaled) + (value < 0 ? -1.0 : 1.0);
  return rounded / power;
}

mq_long StringToInteger(const string& text) { return strtoll(Utf8(text).c_str(), nullptr, 10); }

double StringToDouble(const string& text) {
  std::string ascii = Utf8(text);
  size_t begin = ascii.find_first_not_of(" \t");
  if (begin == std::string::npos) return 0.0;
  if (ascii.find_first_of("xXnN", begin) == begin || ascii.compare(begin, 2, "0x") == 0) return 0.0;  // no hex, no nan
  return strtod(ascii.c_str() + begin, nullptr);
}

string ColorToString(color value, bool) {
  if (value == 0xFFFFFFFFu) return string::Ascii_("clrNONE");
  char text[24];
  snprintf(text, sizeof text, "%u,%u,%u", value & 255, value >> 8 & 255, value >> 16 & 255);
  return string::Ascii_(text);
}
uint ColorToARGB(color value, uchar alpha) {
  return static_cast<uint>(alpha) << 24 | (value & 255) << 16 | (value & 0xFF00) | (value >> 16 & 255);
}
color StringToColor(const string& text) {
  unsigned red = 0, green = 0, blue = 0;
  return sscanf(Utf8(text).c_str(), "%u,%u,%u", &red, &green, &blue) == 3 ? red | green << 8 | blue << 16 : 0;
}

}  // namespace mql5
