// Text and CSV files, and what is known of a file.
namespace mql5 {

namespace {

bool Ansi(const OpenedFile& f) { return f.flags & FILE_ANSI; }  // without the flag: UTF-16, as in MQL5

std::string Stored(const OpenedFile& f, const string& text) {
  if (Ansi(f)) return Encoded(text, f.codepage);
  return std::string(reinterpret_cast<const char*>(text.Units_()), static_cast<size_t>(text.Length_()) * 2);
}

bool WriteText(OpenedFile& f, const string& text) {
  if (!Ansi(f) && !(f.flags & FILE_BIN) && f.position == 0) WriteAt(f, "\xFF\xFE", 2);
  std::string bytes = Stored(f, text);
  return WriteAt(f, bytes.data(), bytes.size());
}

// One character as stored; false at the end.
bool ReadUnit(OpenedFile& f, std::string& bytes, ushort& unit) {
  unsigned char raw[2] = {0, 0};
  if (ReadAt(f, raw, Ansi(f) ? 1 : 2) < (Ansi(f) ? 1 : 2)) return false;
  unit = static_cast<ushort>(raw[0] | raw[1] << 8);
  bytes.append(reinterpret_cast<const char*>(raw), Ansi(f) ? 1 : 2);
  return true;
}

string Loaded(const OpenedFile& f, const std::string& bytes) {
  return Ansi(f) ? Decoded(bytes, f.codepage) : string::Of_(reinterpret_cast<const char16_t*>(bytes.data()), static_cast<int>(bytes.size() / 2));
}

// Up to the end of the line, or in a CSV file to the delimiter.
string ReadField(OpenedFile& f) {
  std::string bytes;
  ushort unit;
  size_t width = Ansi(f) ? 1 : 2;
  f.line_ended = false;
  while (true) {
    if (!ReadUnit(f, bytes, unit)) {
      f.line_ended = true;
      break;
    }
    if (unit == 0xFEFF && !Ansi(f) && bytes.size() == width) {
      bytes.clear();
    } else if (unit == '\n') {
      bytes.resize(bytes.size() - width);
      if (bytes.size() >= width && bytes[bytes.size() - width] == '\r') bytes.resize(bytes.size() - width);
      f.line_ended = true;
      break;
    } else if ((f.flags & FILE_CSV) && unit == static_cast<ushort>(f.delimiter)) {
      bytes.resize(bytes.size() - width);
      break;
    }
  }
  return Loaded(f, bytes);
}

string ReadLength(OpenedFile& f, int length) {
  std::string bytes(static_cast<size_t>(length) * (Ansi(f) ? 1 : 2), '\0');
  bytes.resize(static_cast<size_t>(ReadAt(f, &bytes[0], bytes.size())));
  return Loaded(f, bytes);
}

}  // namespace

string FileReadString(int handle, int length) {
  OpenedFile* f = Readable(handle);
  if (!f) return string(u"", 0);
  if (!(f->flags & FILE_BIN)) return ReadField(*f);
  if (length > 0) return ReadLength(*f, length);
  MqSetError_(ERR_FILE_BINSTRINGSIZE);
  return string(u"", 0);
}

uint FileWriteString(int handle, const string& text, int length) {
  OpenedFile* f = Writable(handle);
  if (!f) return 0;
  string written = text;
  if (length >= 0) {
    int before = written.Length_();
    char16_t* units = written.Writable_(length);
    for (int i = before; i < length; i++) units[i] = 0;
  }
  return WriteText(*f, written) ? static_cast<uint>(Stored(*f, written).size()) : 0;
}

uint MqFileWrite_(int handle, const MqValue_* values, int count) {
  OpenedFile* f = Writable(handle);
  if (!f) return 0;
  if (!(f->flags & (FILE_CSV | FILE_TXT))) {
    MqSetError_(ERR_FILE_NOTTXTORCSV);
    return 0;
  }
  string line(u"", 0);
  for (int i = 0; i < count; i++) {
    if (i && (f->flags & FILE_CSV)) line += ShortToString(static_cast<ushort>(f->delimiter));
    line += TextOf(values[i]);
  }
  line += string(u"\r\n", 2);
  return WriteText(*f, line) ? static_cast<uint>(Stored(*f, line).size()) : 0;
}

bool FileIsLineEnding(int handle) {
  OpenedFile* f = Opened(handle);
  return f && f->line_ended;
}
double FileReadNumber(int handle) { return StringToDouble(FileReadString(handle, -1)); }
bool FileReadBool(int handle) {
  string text = FileReadString(handle, -1);
  StringToLower(text);
  return text == string(u"true", 4) || StringToInteger(text) != 0;
}
datetime FileReadDatetime(int handle) { return StringToTime(FileReadString(handle, -1)); }

mq_long FileGetInteger(int handle, ENUM_FILE_PROPERTY_INTEGER property) {
  OpenedFile* f = Opened(handle);
  if (!f) return -1;
  switch (property) {
    case FILE_SIZE: return Length(*f);
    case FILE_POSITION: return f->position;
    case FILE_END: return f->position >= Length(*f);
    case FILE_LINE_END: return f->line_ended;
    case FILE_EXISTS: return 1;
    case FILE_IS_COMMON: return (f->flags & FILE_COMMON) != 0;
    case FILE_IS_TEXT: return (f->flags & FILE_TXT) != 0;
    case FILE_IS_BINARY: return (f->flags & FILE_BIN) != 0;
    case FILE_IS_CSV: return (f->flags & FILE_CSV) != 0;
    case FILE_IS_ANSI: return (f->flags & FILE_ANSI) != 0;
    case FILE_IS_READABLE: return (f->flags & FILE_READ) != 0;
    case FILE_IS_WRITABLE: return (f->flags & FILE_WRITE) != 0;
    default: break;
  }
  MqSetError_(ERR_INVALID_PARAMETER);
  return -1;
}

mq_long FileGetInteger(const string& name, ENUM_FILE_PROPERTY_INTEGER property, bool common) {
  std::string path = Sandboxed(name, common);
  if (path.empty()) return -1;
  if (property == FILE_EXISTS) return platform::IsFile(path);
  if (property == FILE_MODIFY_DATE && platform::IsFile(path)) return platform::ModifiedSeconds(path);
  int handle = property == FILE_SIZE ? OpenPath(path, FILE_READ | FILE_SHARE_READ | FILE_SHARE_WRITE, 0, CP_ACP) : INVALID_HANDLE;
  if (handle < 0) return -1;
  mq_long size = static_cast<mq_long>(FileSize(handle));
  FileClose(handle);
  return size;
}

}  // namespace mql5
