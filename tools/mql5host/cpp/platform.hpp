// The operating system behind one door: clocks, files with sharing, client sockets. UTF-8 paths.
#ifndef MQL5HOST_PLATFORM_HPP
#define MQL5HOST_PLATFORM_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace platform {

uint64_t MonotonicMicroseconds();
void SleepMilliseconds(int milliseconds);

struct OpenMode {
  bool read, write, truncate, create, share_read, share_write;
};
enum class OpenError { kNone, kMissing, kShared, kOther };

// Handle of an open file, -1 on failure. What others may do meanwhile is enforced between all hosts of the machine.
int64_t OpenFile(const std::string& path, const OpenMode& mode, OpenError* error);
void CloseFile(int64_t file);
int64_t FileLength(int64_t file);
int64_t ReadFile(int64_t file, int64_t offset, void* target, size_t bytes);  // bytes read, -1 on failure
bool WriteFile(int64_t file, int64_t offset, const void* source, size_t bytes);

bool IsFile(const std::string& path);
bool IsFolder(const std::string& path);
bool RemoveFile(const std::string& path);
bool RenameFile(const std::string& from, const std::string& to);  // replaces
bool MakeFolder(const std::string& path);
bool RemoveFolder(const std::string& path);
std::vector<std::string> ListFolder(const std::string& path);  // sorted; folders end in '/'
int64_t ModifiedSeconds(const std::string& path);

typedef int64_t Socket;
const Socket kNoSocket = -1;

Socket Connect(const std::string& host, unsigned port, unsigned timeout_ms);
void CloseSocket(Socket socket);
int64_t Available(Socket socket);                     // bytes that can be read at once, -1 on failure
bool PeerClosed(Socket socket);                       // the other side has ended the connection
bool WaitReadable(Socket socket, int64_t timeout_ms);  // timeout -1: for ever
bool WaitWritable(Socket socket, int64_t timeout_ms);
int64_t Receive(Socket socket, void* target, size_t bytes);     // 0 closed, -1 failure, -2 nothing there
int64_t Send(Socket socket, const void* source, size_t bytes);  // -1 failure, -2 no room

}  // namespace platform

#endif
