// Client sockets with the manners that MetaTrader's have: the allow list, a read that waits for the whole length,
// the speculative byte, blocking sends, an error that closes. A model adds faults.
namespace mql5 {

namespace {

const size_t kMostSockets = 128;          // a program may have no more
const mq_long kReadForEver = 120000;      // ms that a read timeout of 0 means

struct Connection {
  platform::Socket socket;  // kNoSocket before SocketConnect and after an error
  bool connected;
  uint send_timeout_ms;
  uint empty_calls;
};

std::map<int, Connection> g_sockets;
std::vector<std::string> g_allowed;
mq_socket_model g_model;
int g_next_socket = 1;

Connection* Find(int handle) {
  auto found = g_sockets.find(handle);
  if (found != g_sockets.end()) return &found->second;
  MqSetError_(ERR_NETSOCKET_INVALIDHANDLE);
  return nullptr;
}

bool Allowed(const std::string& host, uint port) {
  std::string with_port = host + ":" + std::to_string(port);
  for (std::string entry : g_allowed) {
    size_t scheme = entry.find("://");
    if (scheme != std::string::npos) entry = entry.substr(scheme + 3);
    if (entry == host || entry == with_port) return true;
  }
  return false;
}

// An error inside a socket function closes the connection.
int Fail(int handle, Connection& c) {
  if (g_host.own_sockets && c.connected) g_host.sockets.close(g_host.sockets.context, handle);
  if (c.socket != platform::kNoSocket) platform::CloseSocket(c.socket);
  c.socket = platform::kNoSocket;
  c.connected = false;
  MqSetError_(ERR_NETSOCKET_IO_ERROR);
  return -1;
}

bool Open(const Connection& c) { return g_host.own_sockets ? c.connected : c.socket != platform::kNoSocket; }

uint Limited(uint size, int32_t limit) { return limit > 0 && size > static_cast<uint>(limit) ? static_cast<uint>(limit) : size; }

int64_t ReceiveAll(Connection& c, uchar* target, uint size, mq_long timeout_ms) {
  uint got = 0;
  uint64_t end = platform::MonotonicMicroseconds() + static_cast<uint64_t>(timeout_ms) * 1000;
  while (got < size) {
    int64_t count = platform::Receive(c.socket, target + got, size - got);
    if (count == 0) return -static_cast<int64_t>(got) - 2;  // closed, with what came before
    if (count == -1) return -1;
    if (count > 0) {
      got += static_cast<uint>(count);
      continue;
    }
    uint64_t now = platform::MonotonicMicroseconds();
    if (now >= end || !platform::WaitReadable(c.socket, static_cast<int64_t>((end - now + 999) / 1000))) break;
  }
  return got;
}

int64_t SendAll(Connection& c, const uchar* source, uint size) {
  uint sent = 0;
  while (sent < size) {
    int64_t count = platform::Send(c.socket, source + sent, size - sent);
    if (count == -1) return -1;
    if (count >= 0) {
      sent += static_cast<uint>(count);
    } else if (!platform::WaitWritable(c.socket, c.send_timeout_ms ? static_cast<int64_t>(c.send_timeout_ms) : -1)) {
      break;
    }
  }
  return sent;
}

uint Waiting(int handle, Connection& c) {
  int64_t count = g_host.own_sockets ? g_host.sockets.readable(g_host.sockets.context, handle) : platform::Available(c.socket);
  if (count < 0) {
    Fail(handle, c);
    return 0;
  }
  if (count == 0 && !g_host.own_sockets && platform::PeerClosed(c.socket) && platform::Available(c.socket) == 0) {
    Fail(handle, c);
    return 0;
  }
  return static_cast<uint>(count);
}

}  // namespace

void AllowAddress(const std::string& address) { g_allowed.push_back(address); }
void SetSocketModel(const mq_socket_model& model) { g_model = model; }
int OpenSockets() { return static_cast<int>(g_sockets.size()); }
void CloseAllSockets() {
  for (auto& entry : g_sockets)
    if (entry.second.socket != platform::kNoSocket) platform::CloseSocket(entry.second.socket);
    else if (g_host.own_sockets && entry.second.connected) g_host.sockets.close(g_host.sockets.context, entry.first);
  g_sockets.clear();
}

int SocketCreate(uint flags) {
  if (flags != SOCKET_DEFAULT) {
    MqSetError_(ERR_INVALID_PARAMETER);
    return INVALID_HANDLE;
  }
  if (g_sockets.size() >= kMostSockets) {
    MqSetError_(ERR_NETSOCKET_TOO_MANY_OPENED);
    return INVALID_HANDLE;
  }
  g_sockets[g_next_socket] = {platform::kNoSocket, false, 0, 0};
  return g_next_socket++;
}

bool SocketClose(int handle) {
  Connection* c = Find(handle);
  if (!c) return false;
  if (g_host.own_sockets && c->connected) g_host.sockets.close(g_host.sockets.context, handle);
  if (c->socket != platform::kNoSocket) platform::CloseSocket(c->socket);
  g_sockets.erase(handle);
  return true;
}

bool SocketConnect(int handle, const string& server, uint port, uint timeout_ms) {
  Connection* c = Find(handle);
  if (!c) return false;
  std::string host = Utf8(server);
  if (!Allowed(host, port)) {
    MqSetError_(ERR_FUNCTION_NOT_ALLOWED);
    return false;
  }
  if (Open(*c)) {
    MqSetError_(ERR_NETSOCKET_CANNOT_CONNECT);
    return false;
  }
  if (g_host.own_sockets) {
    c->connected = g_host.sockets.connect(g_host.sockets.context, handle, Units(server), server.Length_(), port, timeout_ms) > 0;
  } else {
    c->socket = platform::Connect(host, port, timeout_ms);
    c->connected = c->socket != platform::kNoSocket;
  }
  c->empty_calls = 0;
  if (!c->connected) MqSetError_(ERR_NETSOCKET_CANNOT_CONNECT);
  return c->connected;
}

bool SocketIsConnected(int handle) {
  Connection* c = Find(handle);
  if (!c || !Open(*c)) return false;
  if (g_host.own_sockets) return g_host.sockets.is_connected(g_host.sockets.context, handle) > 0;
  return !platform::PeerClosed(c->socket);
}

uint SocketIsReadable(int handle) {
  Connection* c = Find(handle);
  if (!c) return 0;
  if (!Open(*c)) {
    MqSetError_(ERR_NETSOCKET_IO_ERROR);
    return 0;
  }
  uint count = Waiting(handle, *c);
  if (count > 0 || !Open(*c)) return Limited(count, g_model.read_limit);
  uint calls = c->empty_calls++;
  return g_model.speculative_every > 0 && calls % static_cast<uint>(g_model.speculative_every) == 0 ? 1 : 0;
}

bool SocketIsWritable(int handle) {
  Connection* c = Find(handle);
  if (!c || !Open(*c)) return false;
  if (g_host.own_sockets) return g_host.sockets.writable(g_host.sockets.context, handle) > 0;
  return platform::WaitWritable(c->socket, 0);
}

bool SocketTimeouts(int handle, uint send_ms, uint) {  // the receive timeout does not help SocketRead
  Connection* c = Find(handle);
  if (!c) return false;
  c->send_timeout_ms = send_ms;
  return true;
}

int SocketRead(int handle, ARef<uchar> buffer, uint size, uint timeout_ms) {
  Connection* c = Find(handle);
  if (!c) return -1;
  if (!Open(*c) || size == 0) return Fail(handle, *c);
  size = Limited(size, g_model.read_limit);
  if (static_cast<uint>(buffer.Count_()) < size && ArrayResize(buffer, static_cast<int>(size)) < 0) {
    MqSetError_(ERR_SMALL_ARRAY);
    return -1;
  }
  mq_long timeout = timeout_ms ? timeout_ms : kReadForEver;
  int64_t count = g_host.own_sockets ? g_host.sockets.read(g_host.sockets.context, handle, buffer.Items_(), size, static_cast<uint32_t>(timeout))
                                     : ReceiveAll(*c, buffer.Items_(), size, timeout);
  if (count > 0) return static_cast<int>(count);
  if (count < 0) return Fail(handle, *c);
  MqSetError_(ERR_NETSOCKET_IO_ERROR);  // the time is over; the connection lives
  return -1;
}

int SocketSend(int handle, CARef<uchar> buffer, uint size) {
  Connection* c = Find(handle);
  if (!c) return -1;
  if (!Open(*c)) return Fail(handle, *c);
  if (size > static_cast<uint>(buffer.Count_())) {
    MqSetError_(ERR_INVALID_PARAMETER);
    return -1;
  }
  size = Limited(size, g_model.send_limit);
  int64_t count = g_host.own_sockets ? g_host.sockets.send(g_host.sockets.context, handle, buffer.Items_(), size)
                                     : SendAll(*c, buffer.Items_(), size);
  return count < 0 ? Fail(handle, *c) : static_cast<int>(count);
}

bool SocketTlsHandshake(int handle, const string&) {
  if (Connection* c = Find(handle)) Fail(handle, *c), MqSetError_(ERR_NETSOCKET_HANDSHAKE_FAILED);
  return false;
}
bool SocketTlsCertificate(int handle, string&, string&, string&, string&, datetime&) {
  if (Find(handle)) MqSetError_(ERR_NETSOCKET_NO_CERTIFICATE);
  return false;
}
static int NoTls(int handle) {
  if (Find(handle)) MqSetError_(ERR_NETSOCKET_IO_ERROR);
  return -1;
}
int SocketTlsRead(int handle, ARef<uchar>, uint) { return NoTls(handle); }
int SocketTlsReadAvailable(int handle, ARef<uchar>, uint) { return NoTls(handle); }
int SocketTlsSend(int handle, CARef<uchar>, uint) { return NoTls(handle); }

}  // namespace mql5
