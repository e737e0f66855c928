// string and the functions on strings.
namespace mql5 {

// ---- the value itself

char16_t* string::Writable_(int length) {
  if (buffer_ && buffer_->references == 1 && buffer_->capacity >= length) {
    buffer_->units[length] = 0;
    length_ = length;
    return buffer_->units;
  }
  bool grows = buffer_ && buffer_->references == 1 && length > length_;
  int capacity = grows ? length + length / 2 + 16 : length;
  MqBuffer_* made = static_cast<MqBuffer_*>(MqAllocate_(sizeof(MqBuffer_) + sizeof(char16_t) * static_cast<mq_size>(capacity)));
  made->references = 1;
  made->capacity = capacity;
  int kept = length < length_ ? length : length_;
  if (kept > 0) memcpy(made->units, units_, sizeof(char16_t) * static_cast<size_t>(kept));
  made->units[length] = 0;
  Drop_();
  buffer_ = made;
  units_ = made->units;
  length_ = length;
  return made->units;
}

string string::Of_(const char16_t* units, int length) {
  if (length <= 0) return string(u"", 0);
  string made;
  memcpy(made.Writable_(length), units, sizeof(char16_t) * static_cast<size_t>(length));
  return made;
}

string string::Ascii_(const char* text) {
  string made(u"", 0);
  int length = static_cast<int>(strlen(text));
  if (length > 0) {
    char16_t* units = made.Writable_(length);
    for (int i = 0; i < length; i++) units[i] = static_cast<unsigned char>(text[i]);
  }
  return made;
}

string& string::operator+=(const string& other) {
  if (other.length_ == 0) return *this = IsNull_() && !other.IsNull_() ? other : *this;
  string kept = other;  // may be this very string
  int before = length_;
  if (&other != this) kept = string();
  const string& added = &other == this ? kept : other;
  char16_t* units = Writable_(before + added.length_);
  memcpy(units + before, added.units_, sizeof(char16_t) * static_cast<size_t>(added.length_));
  return *this;
}

string operator+(const string& a, const string& b) {
  if (b.Length_() == 0 && !a.IsNull_()) return a;
  if (a.Length_() == 0 && !b.IsNull_()) return b;
  int left = a.Length_(), right = b.Length_();
  string made(u"", 0);
  if (left + right == 0) return made;
  char16_t* units = made.Writable_(left + right);
  if (left) memcpy(units, a.Units_(), sizeof(char16_t) * static_cast<size_t>(left));
  if (right) memcpy(units + left, b.Units_(), sizeof(char16_t) * static_cast<size_t>(right));
  return made;
}

int MqCompare_(const string& a, const string& b) {
  int shorter = a.Length_() < b.Length_() ? a.Length_() : b.Length_();
  for (int i = 0; i < shorter; i++)
    if (a.Units_()[i] != b.Units_()[i]) return a.Units_()[i] < b.Units_()[i] ? -1 : 1;
  return a.Length_() == b.Length_() ? 0 : a.Length_() < b.Length_() ? -1 : 1;
}
bool operator==(const string& a, const string& b) {
  return a.IsNull_() == b.IsNull_() && a.Length_() == b.Length_() &&
         (a.Length_() == 0 || memcmp(a.Units_(), b.Units_(), sizeof(char16_t) * static_cast<size_t>(a.Length_())) == 0);
}

// ---- UTF-8, as used by CP_UTF8 and by the host

std::string Utf8(const string& text) {
  std::string out;
  for (int i = 0; i < text.Length_(); i++) {
    uint32_t c = text.Units_()[i];
    bool high = c >= 0xD800 && c < 0xDC00;
    if (high && i + 1 < text.Length_() && text.Units_()[i + 1] >= 0xDC00 && text.Units_()[i + 1] < 0xE000)
      c = 0x10000 + ((c - 0xD800) << 10) + (text.Units_()[++i] - 0xDC00u);
    else if (c >= 0xD800 && c < 0xE000)
      c = 0xFFFD;  // half of a pair
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xC0 | (c >> 6));
      out += static_cast<char>(0x80 | (c & 63));
    } else if (c < 0x10000) {
      out += static_cast<char>(0xE0 | (c >> 12));
      out += static_cast<char>(0x80 | ((c >> 6) & 63));
      out += static_cast<char>(0x80 | (c & 63));
    } else {
      out += static_cast<char>(0xF0 | (c >> 18));
      out += static_cast<char>(0x80 | ((c >> 12) & 63));
      out += static_cast<char>(0x80 | ((c >> 6) & 63));
      out += static_cast<char>(0x80 | (c & 63));
    }
  }
  return out;
}

// One character from `at` on; malformed bytes become U+FFFD one at a time.
static uint32_t Decode(const std::string& text, size_t& at) {
  unsigned char first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  int more = first >= 0xC2 && first < 0xE0 ? 1 : first >= 0xE0 && first < 0xF0 ? 2 : first >= 0xF0 && first < 0xF5 ? 3 : 0;
  if (more == 0 || at + static_cast<size_t>(more) > text.size()) return 0xFFFD;
  uint32_t c = first & (0x3Fu >> more);
  for (int i = 0; i < more; i++) {
    unsigned char next = static_cast<unsigned char>(text[at + static_cast<size_t>(i)]);
    if ((next & 0xC0) != 0x80) return 0xFFFD;
    c = c << 6 | (next & 63u);
  }
  static const uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  if (c < kLeast[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return 0xFFFD;
  at += static_cast<size_t>(more);
  return c;
}

string FromUtf8(const std::string& text) {
  std::u16string out;
  for (size_t at = 0; at < text.size();) {
    uint32_t c = Decode(text, at);
    if (c >= 0x10000) {
      out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      out += static_cast<char16_t>(c);
    }
  }
  return string::Of_(out.data(), static_cast<int>(out.size()));
}

std::string JsonText(const std::string& utf8) {
  std::string out = "\"";
  for (char c : utf8) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + '"';
}

// ---- MQL5's functions

static ushort Lower(ushort c) { return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) ? static_cast<ushort>(c + 32) : c; }
static ushort Upper(ushort c) { return (c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7) ? static_cast<ushort>(c - 32) : c; }
static bool Blank(char16_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f'; }

int StringLen(const string& text) { return text.Length_(); }
int StringBufferLen(const string& text) { return text.Length_(); }

bool StringAdd(string& text, const string& more) {
  text += more;
  return true;
}

int StringCompare(const string& a, const string& b, bool case_sensitive) {
  if (case_sensitive) return MqCompare_(a, b);
  string left = a, right = b;
  StringToLower(left);
  StringToLower(right);
  return MqCompare_(left, right);
}

bool StringFill(string& text, ushort character) {
  for (int i = 0, n = text.Length_(); i < n; i++) text.Writable_(n)[i] = static_cast<char16_t>(character);
  return true;
}

bool StringInit(string& text, int length, ushort character) {
  if (length < 0) return false;
  text = string(u"", 0);
  if (length > 0) text.Writable_(length);
  return StringFill(text, character);
}
bool StringReserve(string&, uint) { return true; }
bool StringSetLength(string& text, uint length) {
  int before = text.Length_();
  char16_t* units = text.Writable_(static_cast<int>(length));
  for (int i = before; i < static_cast<int>(length); i++) units[i] = ' ';
  return true;
}

int StringFind(const string& text, const string& wanted, int start) {
  int n = text.Length_(), m = wanted.Length_();
  if (start < 0) start = 0;
  if (m == 0) return -1;
  for (int i = start; i + m <= n; i++)
    if (memcmp(text.Units_() + i, wanted.Units_(), sizeof(char16_t) * static_cast<size_t>(m)) == 0) return i;
  return -1;
}

ushort StringGetCharacter(const string& text, int position) {
  if (position < 0 || position >= text.Length_()) {
    if (position != text.Length_()) MqSetError_(ERR_STRINGPOS_OUTOFRANGE);
    return 0;
  }
  return static_cast<ushort>(text.Units_()[position]);
}

bool StringSetCharacter(string& text, int position, ushort character) {
  int n = text.Length_();
  if (position < 0 || position > n) {
    MqSetError_(ERR_STRINGPOS_OUTOFRANGE);
    return false;
  }
  if (character == 0) {  // the end mark cuts the string
    text.Writable_(position);
    return true;
  }
  text.Writable_(position == n ? n + 1 : n)[position] = static_cast<char16_t>(character);
  return true;
}

int StringReplace(string& text, const string& wanted, const string& replacement) {
  if (wanted.Length_() == 0 || text.Length_() == 0) return 0;
  string out(u"", 0);
  int count = 0, from = 0;
  for (int at = StringFind(text, wanted, 0); at >= 0; at = StringFind(text, wanted, from)) {
    out += string::Of_(text.Units_() + from, at - from);
    out += replacement;
    from = at + wanted.Length_();
    count++;
  }
  if (count == 0) return 0;
  out += string::Of_(text.Units_() + from, text.Length_() - from);
  text = out;
  return count;
}

int StringSplit(const string& text, ushort separator, ARef<string> parts) {
  ArrayResize(parts, 0);
  if (text.Length_() == 0) return 0;
  int count = 0, from = 0;
  for (int i = 0; i <= text.Length_(); i++) {
    if (i < text.Length_() && text.Units_()[i] != separator) continue;
    if (ArrayResize(parts, count + 1, 16) < 0) return -1;
    parts[count++] = string::Of_(text.Units_() + from, i - from);
    from = i + 1;
  }
  return count;
}

string StringSubstr(const string& text, int start, int length) {
  int n = text.Length_();
  if (start < 0 || start >= n || length == 0) return string(u"", 0);
  if (length < 0 || length > n - start) length = n - start;
  return string::Of_(text.Units_() + start, length);
}

bool StringToLower(string& text) {
  int n = text.Length_();
  char16_t* units = n ? text.Writable_(n) : nullptr;
  for (int i = 0; i < n; i++) units[i] = static_cast<char16_t>(Lower(static_cast<ushort>(units[i])));
  return true;
}
bool StringToUpper(string& text) {
  int n = text.Length_();
  char16_t* units = n ? text.Writable_(n) : nullptr;
  for (int i = 0; i < n; i++) units[i] = static_cast<char16_t>(Upper(static_cast<ushort>(units[i])));
  return true;
}

int StringTrimLeft(string& text) {
  int count = 0;
  while (count < text.Length_() && Blank(text.Units_()[count])) count++;
  if (count) text = string::Of_(text.Units_() + count, text.Length_() - count);
  return count;
}
int StringTrimRight(string& text) {
  int end = text.Length_();
  while (end > 0 && Blank(text.Units_()[end - 1])) end--;
  int count = text.Length_() - end;
  if (count) text = string::Of_(text.Units_(), end);
  return count;
}

string CharToString(uchar code) {
  char16_t unit = code;
  return string::Of_(&unit, 1);
}
string ShortToString(ushort code) {
  char16_t unit = static_cast<char16_t>(code);
  return string::Of_(&unit, code ? 1 : 0);
}

// Bytes of a text in a code page; CP_ACP is taken as Latin-1.
static std::string Encoded(const string& text, uint codepage) {
  if (codepage == CP_UTF8) return Utf8(text);
  std::string out;
  for (int i = 0; i < text.Length_(); i++) out += text.Units_()[i] < 256 ? static_cast<char>(text.Units_()[i]) : '?';
  return out;
}
static string Decoded(const std::string& bytes, uint codepage) {
  if (codepage == CP_UTF8) return FromUtf8(bytes);
  std::u16string out;
  for (char c : bytes) out += static_cast<char16_t>(static_cast<unsigned char>(c));
  return string::Of_(out.data(), static_cast<int>(out.size()));
}

int StringToCharArray(const string& text, ARef<uchar> array, int start, int count, uint codepage) {
  std::string bytes = Encoded(text, codepage);
  int whole = static_cast<int>(bytes.size()) + 1;  // with the end mark, unless a count leaves it out
  if (count < 0 || count > whole) count = whole;
  if (start < 0) return 0;
  if (array.Count_() < start + count) ArrayResize(array, start + count);
  int room = array.Count_() - start;
  if (count > room) count = room > 0 ? room : 0;
  if (count > 0) memcpy(array.Items_() + start, bytes.c_str(), static_cast<size_t>(count));
  return count;
}

string CharArrayToString(CARef<uchar> array, int start, int count, uint codepage) {
  int n = array.Count_();
  if (start < 0 || start >= n) return string(u"", 0);
  if (count < 0 || count > n - start) count = n - start;
  std::string bytes(reinterpret_cast<const char*>(array.Items_()) + start, static_cast<size_t>(count));
  return Decoded(bytes.substr(0, bytes.find('\0')), codepage);
}

int StringToShortArray(const string& text, ARef<ushort> array, int start, int count) {
  int whole = text.Length_() + 1;
  if (count < 0 || count > whole) count = whole;
  if (start < 0) return 0;
  if (array.Count_() < start + count) ArrayResize(array, start + count);
  int room = array.Count_() - start;
  if (count > room) count = room > 0 ? room : 0;
  for (int i = 0; i < count; i++) array.Items_()[start + i] = i < text.Length_() ? static_cast<ushort>(text.Units_()[i]) : 0;
  return count;
}

string ShortArrayToString(CARef<ushort> array, int start, int count) {
  int n = array.Count_(), length = 0;
  if (start < 0 || start >= n) return string(u"", 0);
  if (count < 0 || count > n - start) count = n - start;
  while (length < count && array.Items_()[start + length]) length++;
  return string::Of_(reinterpret_cast<const char16_t*>(array.Items_()) + start, length);
}

}  // namespace mql5
