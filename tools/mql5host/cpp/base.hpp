// Fixed-width types, places in the source, and the one path of a critical error.
// No header of the C library is visible here or in anything that the translated program includes.
#ifndef MQL5HOST_BASE_HPP
#define MQL5HOST_BASE_HPP

#undef NULL  // a system header may have made a macro of it

namespace mql5 {

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef long long mq_long;  // MQL5's long: 64 bits on every platform
typedef unsigned long long ulong;
typedef mq_long datetime;
typedef uint color;
typedef __SIZE_TYPE__ mq_size;

static_assert(sizeof(int) == 4 && sizeof(mq_long) == 8 && sizeof(short) == 2, "MQL5 sizes");

// Where in the MQL5 source something was asked for. A default argument takes the caller's place.
struct MqPlace_ {
  const char* file;
  int line;
};

// Ends the running event and stops the program for good, as MetaTrader does.
[[noreturn]] void MqCritical_(const char* kind, const char* message, MqPlace_ place);
[[noreturn]] void MqOutOfRange_(ulong index, mq_long size, MqPlace_ place);

void* MqAllocate_(mq_size bytes);
void MqRelease_(void* memory);
void MqSetError_(int code);

// An index and the place where it was used.
struct MqIndex_ {
  ulong value;
  MqPlace_ place;
  template <class I>
  MqIndex_(I i, const char* file = __builtin_FILE(), int line = __builtin_LINE())
      : value(static_cast<ulong>(static_cast<mq_long>(i))), place{file, line} {
    static_assert(__is_enum(I) || static_cast<I>(0.5) == static_cast<I>(0), "an index is an integer");
  }
};

struct MqNull_ {};
static const MqNull_ NULL = {};

template <bool Condition, class T = int>
struct MqIf_ {};
template <class T>
struct MqIf_<true, T> {
  typedef T type;
};
template <class T>
struct MqPlain_ {
  typedef T type;
};
template <class T>
struct MqPlain_<const T> {
  typedef T type;
};

struct MqAt_ {
  void* memory;
};

}  // namespace mql5

inline void* operator new(mql5::mq_size, mql5::MqAt_ at) noexcept { return at.memory; }
inline void operator delete(void*, mql5::MqAt_) noexcept {}

#endif
