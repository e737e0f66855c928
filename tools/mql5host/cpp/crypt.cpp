// CryptEncode and CryptDecode: SHA-256 and Base64. The other methods are not emulated.
namespace mql5 {

namespace {

// FIPS 180-4, section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
const uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

uint32_t Rotated(uint32_t x, int by) { return x >> by | x << (32 - by); }

void Block(uint32_t* h, const unsigned char* block) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++)
    w[i] = static_cast<uint32_t>(block[4 * i]) << 24 | static_cast<uint32_t>(block[4 * i + 1]) << 16 |
           static_cast<uint32_t>(block[4 * i + 2]) << 8 | block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t a = Rotated(w[i - 15], 7) ^ Rotated(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t b = Rotated(w[i - 2], 17) ^ Rotated(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  uint32_t s[8];
  memcpy(s, h, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t e = Rotated(s[4], 6) ^ Rotated(s[4], 11) ^ Rotated(s[4], 25);
    uint32_t t1 = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + kRound[i] + w[i];
    uint32_t a = Rotated(s[0], 2) ^ Rotated(s[0], 13) ^ Rotated(s[0], 22);
    uint32_t t2 = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof s[0]);
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}

std::string Sha256(const std::string& data) {
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::string padded = data + '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  uint64_t bits = static_cast<uint64_t>(data.size()) * 8;
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(bits >> shift);
  for (size_t at = 0; at < padded.size(); at += 64) Block(h, reinterpret_cast<const unsigned char*>(padded.data()) + at);
  std::string digest;
  for (uint32_t word : h)
    for (int shift = 24; shift >= 0; shift -= 8) digest += static_cast<char>(word >> shift);
  return digest;
}

const char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Base64(const std::string& data) {
  std::string out;
  for (size_t at = 0; at < data.size(); at += 3) {
    size_t left = data.size() - at;
    uint32_t group = 0;
    for (size_t i = 0; i < 3; i++) group = group << 8 | (i < left ? static_cast<unsigned char>(data[at + i]) : 0);
    for (size_t i = 0; i < 4; i++) out += i <= left ? kAlphabet[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

bool Unbase64(const std::string& text, std::string& out) {
  uint32_t group = 0;
  int bits = 0;
  for (char c : text) {
    if (c == '=' || c == '\r' || c == '\n') continue;
    const char* found = c ? strchr(kAlphabet, c) : nullptr;
    if (!found) return false;
    group = group << 6 | static_cast<uint32_t>(found - kAlphabet);
    bits += 6;
    if (bits >= 8) out += static_cast<char>(group >> (bits -= 8));
  }
  return true;
}

int Give(const std::string& bytes, ARef<uchar> result) {
  int count = static_cast<int>(bytes.size());
  if (result.Count_() < count) ArrayResize(result, count);
  if (result.Count_() < count) return 0;
  if (count > 0) memcpy(result.Items_(), bytes.data(), bytes.size());
  return count;
}

std::string Bytes(CARef<uchar> data) {
  return std::string(reinterpret_cast<const char*>(data.Items_()), static_cast<size_t>(data.Count_()));
}

}  // namespace

int CryptEncode(ENUM_CRYPT_METHOD method, CARef<uchar> data, CARef<uchar>, ARef<uchar> result) {
  if (method == CRYPT_HASH_SHA256) return Give(Sha256(Bytes(data)), result);
  if (method == CRYPT_BASE64) return Give(Base64(Bytes(data)), result);
  MqSetError_(ERR_INVALID_PARAMETER);
  return 0;
}

int CryptDecode(ENUM_CRYPT_METHOD method, CARef<uchar> data, CARef<uchar>, ARef<uchar> result) {
  std::string out;
  if (method == CRYPT_BASE64 && Unbase64(Bytes(data), out)) return Give(out, result);
  MqSetError_(ERR_INVALID_PARAMETER);
  return 0;
}

}  // namespace mql5
