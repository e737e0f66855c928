// MQL5's string: a value of UTF-16 units that may also be NULL. Copies share one buffer.
#ifndef MQL5HOST_STRING_HPP
#define MQL5HOST_STRING_HPP

#include "base.hpp"

namespace mql5 {

struct MqBuffer_ {
  int references;
  int capacity;  // units, without the end mark
  char16_t units[1];
};

class string {
 public:
  string() : units_(nullptr), length_(0), buffer_(nullptr) {}
  string(MqNull_) : string() {}
  string(const char16_t* literal, int length) : units_(literal), length_(length), buffer_(nullptr) {}
  string(const string& other) : units_(other.units_), length_(other.length_), buffer_(other.buffer_) {
    if (buffer_) buffer_->references++;
  }
  string& operator=(const string& other) {
    if (other.buffer_) other.buffer_->references++;
    Drop_();
    units_ = other.units_;
    length_ = other.length_;
    buffer_ = other.buffer_;
    return *this;
  }
  ~string() { Drop_(); }

  explicit string(bool value);
  explicit string(char value);
  explicit string(uchar value);
  explicit string(short value);
  explicit string(ushort value);
  explicit string(int value);
  explicit string(uint value);
  explicit string(mq_long value);
  explicit string(ulong value);
  explicit string(float value);
  explicit string(double value);
  template <class E, typename MqIf_<__is_enum(E)>::type = 0>
  explicit string(E value) : string(static_cast<int>(value)) {}

  string& operator+=(const string& other);
  ushort operator[](MqIndex_ i) const {
    if (i.value >= static_cast<ulong>(length_)) MqOutOfRange_(i.value, length_, i.place);
    return static_cast<ushort>(units_[i.value]);
  }

  // For the host's own sources.
  const char16_t* Units_() const { return units_; }
  int Length_() const { return length_; }
  bool IsNull_() const { return units_ == nullptr; }
  char16_t* Writable_(int length);  // own buffer of this length, the old units kept as far as they reach
  static string Of_(const char16_t* units, int length);
  static string Ascii_(const char* text);

 private:
  void Drop_() {
    if (buffer_ && --buffer_->references == 0) MqRelease_(buffer_);
  }
  const char16_t* units_;
  int length_;
  MqBuffer_* buffer_;
};

string operator+(const string& a, const string& b);
int MqCompare_(const string& a, const string& b);
bool operator==(const string& a, const string& b);
inline bool operator!=(const string& a, const string& b) { return !(a == b); }
inline bool operator<(const string& a, const string& b) { return MqCompare_(a, b) < 0; }
inline bool operator>(const string& a, const string& b) { return MqCompare_(a, b) > 0; }
inline bool operator<=(const string& a, const string& b) { return MqCompare_(a, b) <= 0; }
inline bool operator>=(const string& a, const string& b) { return MqCompare_(a, b) >= 0; }

inline string operator""_s(const char16_t* units, mq_size length) { return string(units, static_cast<int>(length)); }

}  // namespace mql5

#endif
