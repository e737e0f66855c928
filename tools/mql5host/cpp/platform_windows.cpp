// Windows: see platform.hpp.
#ifdef _WIN32

#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <algorithm>

#include "platform.hpp"

namespace platform {

static std::wstring Wide(const std::string& text) {
  int size = MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0);
  std::wstring wide(static_cast<size_t>(size), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), &wide[0], size);
  return wide;
}
static std::string Narrow(const wchar_t* text) {
  int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);
  std::string narrow(static_cast<size_t>(size > 0 ? size - 1 : 0), '\0');
  if (size > 1) WideCharToMultiByte(CP_UTF8, 0, text, -1, &narrow[0], size, nullptr, nullptr);
  return narrow;
}

uint64_t MonotonicMicroseconds() {
  LARGE_INTEGER frequency, count;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&count);
  return static_cast<uint64_t>(count.QuadPart / frequency.QuadPart) * 1000000u +
         static_cast<uint64_t>(count.QuadPart % frequency.QuadPart) * 1000000u / static_cast<uint64_t>(frequency.QuadPart);
}
void SleepMilliseconds(int milliseconds) { ::Sleep(static_cast<DWORD>(milliseconds)); }

static HANDLE Handle(int64_t file) { return reinterpret_cast<HANDLE>(static_cast<intptr_t>(file)); }

int64_t OpenFile(const std::string& path, const OpenMode& mode, OpenError* error) {
  DWORD access = (mode.read ? GENERIC_READ : 0u) | (mode.write ? GENERIC_WRITE : 0u);
  DWORD share = (mode.share_read ? FILE_SHARE_READ : 0u) | (mode.share_write ? FILE_SHARE_WRITE : 0u);
  DWORD how = mode.truncate ? CREATE_ALWAYS : mode.create ? OPEN_ALWAYS : OPEN_EXISTING;
  HANDLE file = CreateFileW(Wide(path).c_str(), access, share, nullptr, how, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file != INVALID_HANDLE_VALUE) {
    *error = OpenError::kNone;
    return static_cast<int64_t>(reinterpret_cast<intptr_t>(file));
  }
  DWORD failure = ::GetLastError();
  *error = failure == ERROR_SHARING_VIOLATION ? OpenError::kShared
           : failure == ERROR_FILE_NOT_FOUND || failure == ERROR_PATH_NOT_FOUND ? OpenError::kMissing
                                                                                 : OpenError::kOther;
  return -1;
}
void CloseFile(int64_t file) { CloseHandle(Handle(file)); }
int64_t FileLength(int64_t file) {
  LARGE_INTEGER size;
  return GetFileSizeEx(Handle(file), &size) ? size.QuadPart : -1;
}
static OVERLAPPED At(int64_t offset) {
  OVERLAPPED at = {};
  at.Offset = static_cast<DWORD>(offset);
  at.OffsetHigh = static_cast<DWORD>(offset >> 32);
  return at;
}
int64_t ReadFile(int64_t file, int64_t offset, void* target, size_t bytes) {
  OVERLAPPED at = At(offset);
  DWORD count = 0;
  if (::ReadFile(Handle(file), target, static_cast<DWORD>(bytes), &count, &at)) return count;
  return ::GetLastError() == ERROR_HANDLE_EOF ? 0 : -1;
}
bool WriteFile(int64_t file, int64_t offset, const void* source, size_t bytes) {
  OVERLAPPED at = At(offset);
  DWORD count = 0;
  return ::WriteFile(Handle(file), source, static_cast<DWORD>(bytes), &count, &at) && count == bytes;
}

static DWORD Attributes(const std::string& path) { return GetFileAttributesW(Wide(path).c_str()); }
bool IsFile(const std::string& path) {
  DWORD found = Attributes(path);
  return found != INVALID_FILE_ATTRIBUTES && !(found & FILE_ATTRIBUTE_DIRECTORY);
}
bool IsFolder(const std::string& path) {
  DWORD found = Attributes(path);
  return found != INVALID_FILE_ATTRIBUTES && (found & FILE_ATTRIBUTE_DIRECTORY);
}
int64_t ModifiedSeconds(const std::string& path) {
  WIN32_FILE_ATTRIBUTE_DATA data;
  if (!GetFileAttributesExW(Wide(path).c_str(), GetFileExInfoStandard, &data)) return 0;
  uint64_t ticks = (static_cast<uint64_t>(data.ftLastWriteTime.dwHighDateTime) << 32) | data.ftLastWriteTime.dwLowDateTime;
  return static_cast<int64_t>(ticks / 10000000u) - 11644473600LL;  // from 1601 to 1970
}
bool RemoveFile(const std::string& path) { return DeleteFileW(Wide(path).c_str()); }
bool RenameFile(const std::string& from, const std::string& to) {
  return MoveFileExW(Wide(from).c_str(), Wide(to).c_str(), MOVEFILE_REPLACE_EXISTING);
}
bool MakeFolder(const std::string& path) {
  return CreateDirectoryW(Wide(path).c_str(), nullptr) || ::GetLastError() == ERROR_ALREADY_EXISTS;
}
bool RemoveFolder(const std::string& path) { return RemoveDirectoryW(Wide(path).c_str()); }
std::vector<std::string> ListFolder(const std::string& path) {
  std::vector<std::string> names;
  WIN32_FIND_DATAW entry;
  HANDLE search = FindFirstFileW(Wide(path + "/*").c_str(), &entry);
  if (search == INVALID_HANDLE_VALUE) return names;
  do {
    std::string name = Narrow(entry.cFileName);
    if (name != "." && name != "..") names.push_back(entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? name + "/" : name);
  } while (FindNextFileW(search, &entry));
  FindClose(search);
  std::sort(names.begin(), names.end());
  return names;
}

static bool Wait(Socket socket, short events, int64_t timeout_ms) {
  WSAPOLLFD watched = {static_cast<SOCKET>(socket), events, 0};
  return WSAPoll(&watched, 1, timeout_ms < 0 ? -1 : static_cast<int>(std::min<int64_t>(timeout_ms, 0x7fffffff))) > 0;
}
bool WaitReadable(Socket socket, int64_t timeout_ms) { return Wait(socket, POLLRDNORM, timeout_ms); }
bool WaitWritable(Socket socket, int64_t timeout_ms) { return Wait(socket, POLLWRNORM, timeout_ms); }

static Socket Dial(const addrinfo* address, unsigned timeout_ms) {
  SOCKET s = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
  if (s == INVALID_SOCKET) return kNoSocket;
  u_long nonblocking = 1;
  ioctlsocket(s, FIONBIO, &nonblocking);
  BOOL one = TRUE;
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char*>(&one), sizeof one);
  bool done = connect(s, address->ai_addr, static_cast<int>(address->ai_addrlen)) == 0;
  if (!done && WSAGetLastError() == WSAEWOULDBLOCK && WaitWritable(static_cast<Socket>(s), timeout_ms)) {
    int failure = 0, size = sizeof failure;
    done = getsockopt(s, SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&failure), &size) == 0 && failure == 0;
  }
  if (done) return static_cast<Socket>(s);
  closesocket(s);
  return kNoSocket;
}
Socket Connect(const std::string& host, unsigned port, unsigned timeout_ms) {
  static const int started = [] {
    WSADATA data;
    return WSAStartup(MAKEWORD(2, 2), &data);
  }();
  addrinfo wanted = {};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (started != 0 || getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return kNoSocket;
  Socket result = kNoSocket;
  for (addrinfo* address = found; address && result == kNoSocket; address = address->ai_next)
    result = Dial(address, timeout_ms);
  freeaddrinfo(found);
  return result;
}
void CloseSocket(Socket socket) { closesocket(static_cast<SOCKET>(socket)); }
int64_t Available(Socket socket) {
  u_long count = 0;
  return ioctlsocket(static_cast<SOCKET>(socket), FIONREAD, &count) == 0 ? static_cast<int64_t>(count) : -1;
}
bool PeerClosed(Socket socket) {
  if (!WaitReadable(socket, 0)) return false;
  char byte;
  int count = recv(static_cast<SOCKET>(socket), &byte, 1, MSG_PEEK);
  return count == 0 || (count < 0 && WSAGetLastError() != WSAEWOULDBLOCK);
}
int64_t Receive(Socket socket, void* target, size_t bytes) {
  int count = recv(static_cast<SOCKET>(socket), static_cast<char*>(target), static_cast<int>(bytes), 0);
  return count >= 0 ? count : WSAGetLastError() == WSAEWOULDBLOCK ? -2 : -1;
}
int64_t Send(Socket socket, const void* source, size_t bytes) {
  int count = send(static_cast<SOCKET>(socket), static_cast<const char*>(source), static_cast<int>(bytes), 0);
  return count >= 0 ? count : WSAGetLastError() == WSAEWOULDBLOCK ? -2 : -1;
}

}  // namespace platform

#endif
