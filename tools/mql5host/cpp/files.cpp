// Files in the sandbox: names, handles, sharing, buffering. What stands in text is in filetext.cpp.
namespace mql5 {

namespace {

const int kMostFiles = 64;          // ERR_TOO_MANY_FILES beyond
const int kLongestName = 260;
const size_t kBuffer = 65536;       // unflushed bytes are lost with the terminal, as they are there

struct OpenedFile {
  int64_t file;
  int flags;
  short delimiter;
  uint codepage;
  int64_t position;
  std::string pending;  // written, not yet with the system
  int64_t pending_at;
  bool line_ended;
};

std::map<int, std::unique_ptr<OpenedFile>> g_files;
std::map<int, std::pair<std::vector<std::string>, size_t>> g_searches;
int g_next_search = 1;

OpenedFile* Opened(int handle) {
  auto found = g_files.find(handle);
  if (found != g_files.end()) return found->second.get();
  MqSetError_(ERR_INVALID_FILEHANDLE);
  return nullptr;
}

bool Flush(OpenedFile& f) {
  if (f.pending.empty()) return true;
  bool done = platform::WriteFile(f.file, f.pending_at, f.pending.data(), f.pending.size());
  f.pending.clear();
  if (!done) MqSetError_(ERR_FILE_WRITEERROR);
  return done;
}

int64_t Length(OpenedFile& f) {
  int64_t length = platform::FileLength(f.file);
  int64_t end = f.pending_at + static_cast<int64_t>(f.pending.size());
  return !f.pending.empty() && end > length ? end : length;
}

// Path of a name in the sandbox, empty with an error set for one that leaves it.
std::string Sandboxed(const string& name, bool common) {
  std::string path = Utf8(name);
  for (char& c : path)
    if (c == '\\') c = '/';
  if (path.empty() || path[0] == '/' || path.find(':') != std::string::npos) {
    MqSetError_(ERR_WRONG_FILENAME);
    return "";
  }
  if (name.Length_() > kLongestName) {
    MqSetError_(ERR_TOO_LONG_FILENAME);
    return "";
  }
  for (size_t from = 0; from <= path.size();) {
    size_t to = std::min(path.find('/', from), path.size());
    if (path.compare(from, to - from, "..") == 0 && to - from == 2) {
      MqSetError_(ERR_WRONG_FILENAME);
      return "";
    }
    from = to + 1;
  }
  return (common ? g_host.common_files : g_host.files) + "/" + path;
}

void MakeParents(const std::string& path) {  // FileOpen makes folders that are missing
  const std::string& root = path.compare(0, g_host.files.size(), g_host.files) == 0 ? g_host.files : g_host.common_files;
  for (size_t at = path.find('/', root.size() + 1); at != std::string::npos; at = path.find('/', at + 1))
    platform::MakeFolder(path.substr(0, at));
}

int OpenPath(const std::string& path, int flags, short delimiter, uint codepage) {
  bool read = flags & FILE_READ, write = flags & FILE_WRITE;
  if (platform::IsFolder(path)) {
    MqSetError_(ERR_FILE_IS_DIRECTORY);
    return INVALID_HANDLE;
  }
  if (write) MakeParents(path);
  platform::OpenMode mode = {read, write, write && !read, write, (flags & FILE_SHARE_READ) != 0, (flags & FILE_SHARE_WRITE) != 0};
  platform::OpenError error;
  int64_t file = platform::OpenFile(path, mode, &error);
  if (file < 0) {
    MqSetError_(error == platform::OpenError::kMissing && !write ? ERR_FILE_NOT_EXIST : ERR_CANNOT_OPEN_FILE);
    return INVALID_HANDLE;
  }
  int handle = 1;
  while (g_files.count(handle)) handle++;
  g_files[handle].reset(new OpenedFile{file, flags, delimiter, codepage, 0, "", 0, false});
  return handle;
}

// Whether somebody has the file open; Windows refuses to move or delete such a file.
bool InUse(const std::string& path) {
  platform::OpenError error;
  int64_t file = platform::OpenFile(path, {true, true, false, false, false, false}, &error);
  if (file >= 0) platform::CloseFile(file);
  return error == platform::OpenError::kShared;
}

bool TargetReady(const std::string& path, int flags) {
  if (!platform::IsFile(path)) {
    MakeParents(path);
    return true;
  }
  if ((flags & FILE_REWRITE) && !InUse(path)) return true;
  MqSetError_(ERR_FILE_CANNOT_REWRITE);
  return false;
}

bool SourceReady(const std::string& path) {
  if (!platform::IsFile(path)) {
    MqSetError_(ERR_FILE_NOT_EXIST);
    return false;
  }
  return true;
}

bool Wildcard(const char* pattern, const char* name) {
  if (*pattern == '*') return Wildcard(pattern + 1, name) || (*name && Wildcard(pattern, name + 1));
  if (!*pattern || !*name) return *pattern == *name;
  return (*pattern == '?' || *pattern == *name) && Wildcard(pattern + 1, name + 1);
}

// Reading and writing at the position of the file.
int64_t ReadAt(OpenedFile& f, void* target, size_t bytes) {
  Flush(f);
  int64_t count = platform::ReadFile(f.file, f.position, target, bytes);
  if (count < 0) MqSetError_(ERR_FILE_READERROR);
  if (count > 0) f.position += count;
  return count > 0 ? count : 0;
}
bool WriteAt(OpenedFile& f, const void* source, size_t bytes) {
  if (!f.pending.empty() && f.pending_at + static_cast<int64_t>(f.pending.size()) != f.position) Flush(f);
  if (f.pending.empty()) f.pending_at = f.position;
  f.pending.append(static_cast<const char*>(source), bytes);
  f.position += static_cast<int64_t>(bytes);
  return f.pending.size() < kBuffer || Flush(f);
}

OpenedFile* For(int handle, int flag, int error) {
  OpenedFile* f = Opened(handle);
  if (f && !(f->flags & flag)) {
    MqSetError_(error);
    return nullptr;
  }
  return f;
}
OpenedFile* Readable(int handle) { return For(handle, FILE_READ, ERR_FILE_NOTTOREAD); }
OpenedFile* Writable(int handle) { return For(handle, FILE_WRITE, ERR_FILE_NOTTOWRITE); }

}  // namespace

int FileOpen(const string& name, int flags, short delimiter, uint codepage) {
  if (g_files.size() >= static_cast<size_t>(kMostFiles)) {
    MqSetError_(ERR_TOO_MANY_FILES);
    return INVALID_HANDLE;
  }
  if (!(flags & (FILE_READ | FILE_WRITE))) {
    MqSetError_(ERR_INVALID_PARAMETER);
    return INVALID_HANDLE;
  }
  std::string path = Sandboxed(name, flags & FILE_COMMON);
  return path.empty() ? INVALID_HANDLE : OpenPath(path, flags, delimiter, codepage);
}

void FileClose(int handle) {
  OpenedFile* f = Opened(handle);
  if (!f) return;
  Flush(*f);
  platform::CloseFile(f->file);
  g_files.erase(handle);
}
void FileFlush(int handle) {
  if (OpenedFile* f = Opened(handle)) Flush(*f);
}
ulong FileSize(int handle) {
  OpenedFile* f = Opened(handle);
  return f ? static_cast<ulong>(Length(*f)) : 0;
}
ulong FileTell(int handle) {
  OpenedFile* f = Opened(handle);
  return f ? static_cast<ulong>(f->position) : 0;
}
bool FileSeek(int handle, mq_long offset, ENUM_FILE_POSITION origin) {
  OpenedFile* f = Opened(handle);
  if (!f) return false;
  mq_long base = origin == SEEK_CUR ? f->position : origin == SEEK_END ? Length(*f) : 0;
  if (base + offset < 0) {
    MqSetError_(ERR_INVALID_PARAMETER);
    return false;
  }
  f->position = base + offset;
  return true;
}
bool FileIsEnding(int handle) {
  OpenedFile* f = Opened(handle);
  return !f || f->position >= Length(*f);
}

mq_long MqFileRemaining_(int handle) {
  OpenedFile* f = Readable(handle);
  return f ? Length(*f) - f->position : -1;
}
uint MqFileReadBytes_(int handle, void* target, uint bytes) {
  OpenedFile* f = Readable(handle);
  return f ? static_cast<uint>(ReadAt(*f, target, bytes)) : 0;
}
uint MqFileWriteBytes_(int handle, const void* source, uint bytes) {
  OpenedFile* f = Writable(handle);
  return f && WriteAt(*f, source, bytes) ? bytes : 0;
}
int MqFileForLoad_(const string& name, int common) {
  return FileOpen(name, FILE_READ | FILE_BIN | FILE_SHARE_READ | FILE_SHARE_WRITE | (common & FILE_COMMON), 0, CP_ACP);
}
int MqFileForSave_(const string& name, int common) {
  return FileOpen(name, FILE_WRITE | FILE_BIN | (common & FILE_COMMON), 0, CP_ACP);
}
void MqFileDone_(int file) { FileClose(file); }

// ---- binary values

template <class T>
static T ReadValue(int handle, int size = static_cast<int>(sizeof(T))) {
  T value = 0;
  OpenedFile* f = For(handle, FILE_BIN, ERR_FILE_NOTBIN);
  if (!f || !Readable(handle)) return value;
  if (ReadAt(*f, &value, static_cast<size_t>(size)) < size) {
    MqSetError_(ERR_FILE_READERROR);
    return 0;
  }
  return value;
}
template <class T>
static uint WriteValue(int handle, T value, int size = static_cast<int>(sizeof(T))) {
  OpenedFile* f = For(handle, FILE_BIN, ERR_FILE_NOTBIN);
  return f && Writable(handle) && WriteAt(*f, &value, static_cast<size_t>(size)) ? static_cast<uint>(size) : 0;
}
static bool SizeOfInteger(int size) { return size == 1 || size == 2 || size == 4; }

int FileReadInteger(int handle, int size) {
  if (!SizeOfInteger(size)) return 0;
  int value = ReadValue<int>(handle, size);
  return size == 1 ? static_cast<uchar>(value) : size == 2 ? static_cast<short>(value) : value;
}
uint FileWriteInteger(int handle, int value, int size) { return SizeOfInteger(size) ? WriteValue(handle, value, size) : 0; }
mq_long FileReadLong(int handle) { return ReadValue<mq_long>(handle); }
uint FileWriteLong(int handle, mq_long value) { return WriteValue(handle, value); }
double FileReadDouble(int handle) { return ReadValue<double>(handle); }
uint FileWriteDouble(int handle, double value) { return WriteValue(handle, value); }
float FileReadFloat(int handle) { return ReadValue<float>(handle); }
uint FileWriteFloat(int handle, float value) { return WriteValue(handle, value); }

// ---- whole files and folders

bool FileIsExist(const string& name, int common) {
  std::string path = Sandboxed(name, common & FILE_COMMON);
  if (path.empty()) return false;
  if (platform::IsFile(path)) return true;
  MqSetError_(platform::IsFolder(path) ? ERR_FILE_IS_DIRECTORY : ERR_FILE_NOT_EXIST);
  return false;
}
bool FileDelete(const string& name, int common) {
  std::string path = Sandboxed(name, common & FILE_COMMON);
  if (path.empty() || !SourceReady(path)) return false;
  if (!InUse(path) && platform::RemoveFile(path)) return true;
  MqSetError_(ERR_CANNOT_DELETE_FILE);
  return false;
}
bool FileMove(const string& source, int common, const string& target, int flags) {
  std::string from = Sandboxed(source, common & FILE_COMMON), to = Sandboxed(target, flags & FILE_COMMON);
  if (from.empty() || to.empty() || !SourceReady(from) || !TargetReady(to, flags)) return false;
  if (!InUse(from) && platform::RenameFile(from, to)) return true;
  MqSetError_(ERR_CANNOT_OPEN_FILE);
  return false;
}
bool FileCopy(const string& source, int common, const string& target, int flags) {
  std::string from = Sandboxed(source, common & FILE_COMMON), to = Sandboxed(target, flags & FILE_COMMON);
  if (from.empty() || to.empty() || !SourceReady(from) || !TargetReady(to, flags)) return false;
  int reading = OpenPath(from, FILE_READ | FILE_SHARE_READ, 0, CP_ACP);
  int writing = reading < 0 ? INVALID_HANDLE : OpenPath(to, FILE_WRITE, 0, CP_ACP);
  bool done = writing >= 0;
  std::string bytes(done ? static_cast<size_t>(FileSize(reading)) : 0, '\0');
  if (done) done = ReadAt(*Opened(reading), &bytes[0], bytes.size()) == static_cast<int64_t>(bytes.size()) && WriteAt(*Opened(writing), bytes.data(), bytes.size());
  if (writing >= 0) FileClose(writing);
  if (reading >= 0) FileClose(reading);
  return done;
}

bool FolderCreate(const string& name, int common) {
  std::string path = Sandboxed(name, common & FILE_COMMON);
  if (path.empty()) return false;
  MakeParents(path + "/");
  if (platform::IsFolder(path)) return true;
  MqSetError_(ERR_WRONG_DIRECTORYNAME);
  return false;
}
bool FolderDelete(const string& name, int common) {
  std::string path = Sandboxed(name, common & FILE_COMMON);
  if (!path.empty() && platform::RemoveFolder(path)) return true;
  MqSetError_(ERR_CANNOT_DELETE_DIRECTORY);
  return false;
}
bool FolderClean(const string& name, int common) {
  std::string path = Sandboxed(name, common & FILE_COMMON);
  bool done = !path.empty() && platform::IsFolder(path);
  if (done)
    for (const std::string& entry : platform::ListFolder(path))
      done = (entry.back() == '/' || (!InUse(path + "/" + entry) && platform::RemoveFile(path + "/" + entry))) && done;
  if (!done) MqSetError_(ERR_CANNOT_CLEAN_DIRECTORY);
  return done;
}

mq_long FileFindFirst(const string& filter, string& found, int common) {
  std::string path = Sandboxed(filter, common & FILE_COMMON);
  if (path.empty()) return INVALID_HANDLE;
  size_t slash = path.rfind('/');
  std::string pattern = path.substr(slash + 1);
  std::vector<std::string> names;
  for (const std::string& name : platform::ListFolder(path.substr(0, slash))) {
    std::string plain = name.back() == '/' ? name.substr(0, name.size() - 1) : name;
    std::string shown = name.back() == '/' ? plain + "\\" : name;  // folders are shown with a backslash
    if (Wildcard(pattern == "*.*" ? "*" : pattern.c_str(), plain.c_str())) names.push_back(shown);
  }
  if (names.empty()) {
    MqSetError_(ERR_FILE_NOT_EXIST);
    return INVALID_HANDLE;
  }
  found = FromUtf8(names[0]);
  g_searches[g_next_search] = {names, 1};
  return g_next_search++;
}
bool FileFindNext(mq_long handle, string& found) {
  auto search = g_searches.find(static_cast<int>(handle));
  if (search == g_searches.end() || search->second.second >= search->second.first.size()) return false;
  found = FromUtf8(search->second.first[search->second.second++]);
  return true;
}
void FileFindClose(mq_long handle) { g_searches.erase(static_cast<int>(handle)); }

int OpenFiles() { return static_cast<int>(g_files.size()); }
void CloseAllFiles(bool flush) {
  for (auto& entry : g_files) {
    if (flush) Flush(*entry.second);
    platform::CloseFile(entry.second->file);
  }
  g_files.clear();
  g_searches.clear();
}

}  // namespace mql5
