// POSIX: see platform.hpp. Sharing is held with locks of open file descriptions where the system has them.
#ifndef _WIN32

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform.hpp"

namespace platform {

uint64_t MonotonicMicroseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000u + static_cast<uint64_t>(now.tv_nsec) / 1000u;
}

void SleepMilliseconds(int milliseconds) {
  timespec left = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
}

// Four bytes far beyond any content say what an opener does and what it forbids to others.
enum LockByte { kReads = 0, kWrites = 1, kForbidsRead = 2, kForbidsWrite = 3 };

static bool Lock(int file, int command, short type, LockByte byte) {
#ifdef F_OFD_SETLK
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = (1LL << 60) + byte;
  lock.l_len = 1;
  if (fcntl(file, command, &lock) != 0) return true;
  return command == F_OFD_SETLK || lock.l_type == F_UNLCK;
#else
  (void)file, (void)command, (void)type, (void)byte;
  return true;
#endif
}

static bool Share(int file, const OpenMode& mode) {
#ifdef F_OFD_SETLK
  if (mode.read) Lock(file, F_OFD_SETLK, F_RDLCK, kReads);
  if (mode.write) Lock(file, F_OFD_SETLK, F_RDLCK, kWrites);
  if (!mode.share_read) Lock(file, F_OFD_SETLK, F_RDLCK, kForbidsRead);
  if (!mode.share_write) Lock(file, F_OFD_SETLK, F_RDLCK, kForbidsWrite);
  return (!mode.read || Lock(file, F_OFD_GETLK, F_WRLCK, kForbidsRead)) &&
         (!mode.write || Lock(file, F_OFD_GETLK, F_WRLCK, kForbidsWrite)) &&
         (mode.share_read || Lock(file, F_OFD_GETLK, F_WRLCK, kReads)) &&
         (mode.share_write || Lock(file, F_OFD_GETLK, F_WRLCK, kWrites));
#else
  (void)file, (void)mode;
  return true;
#endif
}

int64_t OpenFile(const std::string& path, const OpenMode& mode, OpenError* error) {
  int flags = O_CLOEXEC | O_RDWR | (mode.create ? O_CREAT : 0);
  int file = open(path.c_str(), flags, 0644);
  if (file < 0 && errno == EACCES && !mode.write) file = open(path.c_str(), O_CLOEXEC | O_RDONLY);
  if (file < 0) {
    *error = errno == ENOENT ? OpenError::kMissing : OpenError::kOther;
    return -1;
  }
  if (!Share(file, mode)) {
    close(file);
    *error = OpenError::kShared;
    return -1;
  }
  if (mode.truncate && ftruncate(file, 0) != 0) {
    close(file);
    *error = OpenError::kOther;
    return -1;
  }
  *error = OpenError::kNone;
  return file;
}

void CloseFile(int64_t file) { close(static_cast<int>(file)); }

int64_t FileLength(int64_t file) {
  struct stat status;
  return fstat(static_cast<int>(file), &status) == 0 ? status.st_size : -1;
}

int64_t ReadFile(int64_t file, int64_t offset, void* target, size_t bytes) {
  return pread(static_cast<int>(file), target, bytes, offset);
}

bool WriteFile(int64_t file, int64_t offset, const void* source, size_t bytes) {
  const char* at = static_cast<const char*>(source);
  while (bytes > 0) {
    ssize_t written = pwrite(static_cast<int>(file), at, bytes, offset);
    if (written < 0) return false;
    at += written, offset += written, bytes -= static_cast<size_t>(written);
  }
  return true;
}

static bool Status(const std::string& path, struct stat* status) { return stat(path.c_str(), status) == 0; }
bool IsFile(const std::string& path) {
  struct stat status;
  return Status(path, &status) && S_ISREG(status.st_mode);
}
bool IsFolder(const std::string& path) {
  struct stat status;
  return Status(path, &status) && S_ISDIR(status.st_mode);
}
int64_t ModifiedSeconds(const std::string& path) {
  struct stat status;
  return Status(path, &status) ? static_cast<int64_t>(status.st_mtime) : 0;
}
bool RemoveFile(const std::string& path) { return unlink(path.c_str()) == 0; }
bool RenameFile(const std::string& from, const std::string& to) { return rename(from.c_str(), to.c_str()) == 0; }
bool MakeFolder(const std::string& path) { return mkdir(path.c_str(), 0755) == 0 || errno == EEXIST; }
bool RemoveFolder(const std::string& path) { return rmdir(path.c_str()) == 0; }

std::vector<std::string> ListFolder(const std::string& path) {
  std::vector<std::string> names;
  if (DIR* folder = opendir(path.c_str())) {
    while (dirent* entry = readdir(folder)) {
      std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      names.push_back(IsFolder(path + "/" + name) ? name + "/" : name);
    }
    closedir(folder);
  }
  std::sort(names.begin(), names.end());
  return names;
}

static bool Wait(Socket socket, short events, int64_t timeout_ms) {
  pollfd watched = {static_cast<int>(socket), events, 0};
  int timeout = timeout_ms < 0 ? -1 : static_cast<int>(std::min<int64_t>(timeout_ms, 0x7fffffff));
  return poll(&watched, 1, timeout) > 0;
}
bool WaitReadable(Socket socket, int64_t timeout_ms) { return Wait(socket, POLLIN, timeout_ms); }
bool WaitWritable(Socket socket, int64_t timeout_ms) { return Wait(socket, POLLOUT, timeout_ms); }

static Socket Dial(const addrinfo* address, unsigned timeout_ms) {
  int s = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
  if (s < 0) return kNoSocket;
  fcntl(s, F_SETFD, FD_CLOEXEC);
  fcntl(s, F_SETFL, fcntl(s, F_GETFL) | O_NONBLOCK);
  int one = 1;
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  bool done = connect(s, address->ai_addr, address->ai_addrlen) == 0;
  if (!done && errno == EINPROGRESS && WaitWritable(s, timeout_ms)) {
    int failure = 0;
    socklen_t size = sizeof failure;
    done = getsockopt(s, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
  }
  if (done) return s;
  close(s);
  return kNoSocket;
}

Socket Connect(const std::string& host, unsigned port, unsigned timeout_ms) {
  addrinfo wanted;
  memset(&wanted, 0, sizeof wanted);
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return kNoSocket;
  Socket result = kNoSocket;
  for (addrinfo* address = found; address && result == kNoSocket; address = address->ai_next)
    result = Dial(address, timeout_ms);
  freeaddrinfo(found);
  return result;
}

void CloseSocket(Socket socket) { close(static_cast<int>(socket)); }

int64_t Available(Socket socket) {
  int count = 0;
  return ioctl(static_cast<int>(socket), FIONREAD, &count) == 0 ? count : -1;
}

bool PeerClosed(Socket socket) {
  short events = POLLIN;
#ifdef POLLRDHUP
  events |= POLLRDHUP;
#endif
  pollfd watched = {static_cast<int>(socket), events, 0};
  if (poll(&watched, 1, 0) <= 0) return false;
#ifdef POLLRDHUP
  if (watched.revents & POLLRDHUP) return true;
#endif
  if (watched.revents & (POLLERR | POLLHUP | POLLNVAL)) return true;
  char byte;
  return recv(static_cast<int>(socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

int64_t Receive(Socket socket, void* target, size_t bytes) {
  ssize_t count = recv(static_cast<int>(socket), target, bytes, MSG_DONTWAIT);
  return count >= 0 ? count : errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? -2 : -1;
}

int64_t Send(Socket socket, const void* source, size_t bytes) {
#ifdef MSG_NOSIGNAL
  ssize_t count = send(static_cast<int>(socket), source, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
#else
  ssize_t count = send(static_cast<int>(socket), source, bytes, MSG_DONTWAIT);
#endif
  return count >= 0 ? count : errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? -2 : -1;
}

}  // namespace platform

#endif
