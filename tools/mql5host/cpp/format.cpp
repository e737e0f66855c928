// Print and StringFormat.
namespace mql5 {

static string TextOf(const MqValue_& value) {
  switch (value.kind) {
    case MqValue_::kBool: return string(value.integer != 0);
    case MqValue_::kUlong: return string(static_cast<ulong>(value.integer));
    case MqValue_::kDouble: return ShortestDouble(value.real);
    case MqValue_::kFloat: {
      char text[32];
      snprintf(text, sizeof text, "%.7g", value.real);
      return string::Ascii_(text);
    }
    case MqValue_::kString: return *value.text;
    default: return string(value.integer);
  }
}

static string Joined(const MqValue_* values, int count) {
  string text(u"", 0);
  for (int i = 0; i < count; i++) text += TextOf(values[i]);
  return text;
}

void MqEmitText_(MqChannel_ channel, const string& text) {
  if (g_host.terminal.text)
    g_host.terminal.text(g_host.terminal.context, static_cast<int32_t>(channel), Units(text), text.Length_());
}
void MqEmit_(MqChannel_ channel, const MqValue_* values, int count) { MqEmitText_(channel, Joined(values, count)); }

int MqConcatenate_(string& target, const MqValue_* values, int count) {
  target = Joined(values, count);
  return target.Length_();
}

namespace {

struct Specification {
  std::string flags;  // what printf takes, from % to before the type
  bool wide;          // I64
  char type;
};

[[noreturn]] void Mismatch(const MqFormat_& format, const char* why) {
  MqCritical_("wrong format string", (std::string(why) + " in \"" + Utf8(format.text) + "\"").c_str(), format.place);
}

Specification Read(const MqFormat_& format, const std::string& text, size_t& at) {
  Specification result = {"%", false, 0};
  while (at < text.size() && strchr("-+ #0123456789.", text[at])) result.flags += text[at++];
  if (text.compare(at, 3, "I64") == 0) {
    result.wide = true;
    at += 3;
  } else if (text.compare(at, 3, "I32") == 0) {
    at += 3;
  }
  if (at >= text.size()) Mismatch(format, "a % without a type");
  result.type = text[at++];
  return result;
}

std::string Integer(const MqFormat_& format, const Specification& how, const MqValue_& value) {
  bool wide = value.kind == MqValue_::kLong || value.kind == MqValue_::kUlong;
  if (wide || value.kind == MqValue_::kInt || value.kind == MqValue_::kUint || value.kind == MqValue_::kBool) {
    if (wide && !how.wide) Mismatch(format, "a 64-bit value without I64");
    if (!wide && how.wide) Mismatch(format, "I64 with a value of 32 bits");
    char out[600];
    std::string printf_format = how.flags + (how.wide ? "ll" : "") + how.type;
    if (how.wide)
      snprintf(out, sizeof out, printf_format.c_str(), static_cast<long long>(value.integer));
    else
      snprintf(out, sizeof out, printf_format.c_str(), static_cast<int>(value.integer));
    return out;
  }
  Mismatch(format, "an integer type with another value");
}

std::string Real(const MqFormat_& format, const Specification& how, const MqValue_& value) {
  if (value.kind != MqValue_::kDouble && value.kind != MqValue_::kFloat) Mismatch(format, "a real type with another value");
  char out[1000];
  snprintf(out, sizeof out, (how.flags + how.type).c_str(), value.real);
  return out;
}

string Text(const MqFormat_& format, const Specification& how, const MqValue_& value) {
  if (value.kind != MqValue_::kString) Mismatch(format, "%s with a value that is no string");
  string text = *value.text;
  std::string flags = how.flags.substr(1);
  bool left = !flags.empty() && flags[0] == '-';
  size_t point = flags.find('.');
  if (point != std::string::npos) text = StringSubstr(text, 0, atoi(flags.c_str() + point + 1));
  int missing = abs(atoi(flags.c_str())) - text.Length_();
  if (missing <= 0) return text;
  string padding;
  StringInit(padding, missing, ' ');
  return left ? text + padding : padding + text;
}

string Converted(const MqFormat_& format, const Specification& how, const MqValue_& value) {
  switch (how.type) {
    case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
      return FromUtf8(Integer(format, how, value));
    case 'c': case 'C':
      if (value.kind == MqValue_::kString || value.kind == MqValue_::kDouble) Mismatch(format, "%c with another value");
      return ShortToString(static_cast<ushort>(value.integer));
    case 'f': case 'e': case 'E': case 'g': case 'G': case 'a': case 'A':
      return FromUtf8(Real(format, how, value));
    case 's': case 'S':
      return Text(format, how, value);
  }
  Mismatch(format, "an unknown type");
}

}  // namespace

string MqFormatText_(const MqFormat_& format, const MqValue_* values, int count) {
  std::string text = Utf8(format.text);
  string out(u"", 0);
  int used = 0;
  size_t from = 0;
  for (size_t at = text.find('%'); at != std::string::npos; at = text.find('%', from)) {
    out += FromUtf8(text.substr(from, at - from));
    at++;
    if (at < text.size() && text[at] == '%') {
      out += string(u"%", 1);
      from = at + 1;
      continue;
    }
    Specification how = Read(format, text, at);
    if (used >= count) Mismatch(format, "fewer values than types");
    out += Converted(format, how, values[used++]);
    from = at;
  }
  if (used != count) Mismatch(format, "more values than types");
  return out + FromUtf8(text.substr(from));
}

}  // namespace mql5
