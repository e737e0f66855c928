// Values on their way into text: Print and its kin, StringFormat with its type checks.
#ifndef MQL5HOST_FORMAT_HPP
#define MQL5HOST_FORMAT_HPP

#include "object.hpp"
#include "string.hpp"

namespace mql5 {

struct MqValue_ {
  enum Kind { kInt, kUint, kLong, kUlong, kDouble, kFloat, kBool, kString };
  Kind kind;
  union {
    mq_long integer;
    double real;
    const string* text;
  };
  MqValue_(bool v) : kind(kBool), integer(v) {}
  MqValue_(char v) : kind(kInt), integer(v) {}
  MqValue_(uchar v) : kind(kUint), integer(v) {}
  MqValue_(short v) : kind(kInt), integer(v) {}
  MqValue_(ushort v) : kind(kUint), integer(v) {}
  MqValue_(int v) : kind(kInt), integer(v) {}
  MqValue_(uint v) : kind(kUint), integer(v) {}
  MqValue_(mq_long v) : kind(kLong), integer(v) {}
  MqValue_(ulong v) : kind(kUlong), integer(static_cast<mq_long>(v)) {}
  MqValue_(float v) : kind(kFloat), real(v) {}
  MqValue_(double v) : kind(kDouble), real(v) {}
  MqValue_(const string& v) : kind(kString), text(&v) {}
  template <class E, typename MqIf_<__is_enum(E)>::type = 0>
  MqValue_(E v) : MqValue_(static_cast<int>(v)) {}
};

// A format and the place that uses it.
struct MqFormat_ {
  const string& text;
  MqPlace_ place;
  MqFormat_(const string& text, const char* file = __builtin_FILE(), int line = __builtin_LINE())
      : text(text), place{file, line} {}
};

enum class MqChannel_ { kLog, kAlert, kComment };
void MqEmit_(MqChannel_ channel, const MqValue_* values, int count);
void MqEmitText_(MqChannel_ channel, const string& text);
string MqFormatText_(const MqFormat_& format, const MqValue_* values, int count);
int MqConcatenate_(string& target, const MqValue_* values, int count);
uint MqFileWrite_(int file, const MqValue_* values, int count);

template <class... A>
inline void Print(const A&... arguments) {
  const MqValue_ values[sizeof...(A) + 1] = {MqValue_(arguments)..., MqValue_(0)};
  MqEmit_(MqChannel_::kLog, values, static_cast<int>(sizeof...(A)));
}
template <class... A>
inline void Alert(const A&... arguments) {
  const MqValue_ values[sizeof...(A) + 1] = {MqValue_(arguments)..., MqValue_(0)};
  MqEmit_(MqChannel_::kAlert, values, static_cast<int>(sizeof...(A)));
}
template <class... A>
inline void Comment(const A&... arguments) {
  const MqValue_ values[sizeof...(A) + 1] = {MqValue_(arguments)..., MqValue_(0)};
  MqEmit_(MqChannel_::kComment, values, static_cast<int>(sizeof...(A)));
}
// The format takes its place from the call, hence no deduction for it.
template <class... A>
inline string StringFormat(typename MqPlain_<MqFormat_>::type format, const A&... arguments) {
  const MqValue_ values[sizeof...(A) + 1] = {MqValue_(arguments)..., MqValue_(0)};
  return MqFormatText_(format, values, static_cast<int>(sizeof...(A)));
}
template <class... A>
inline void PrintFormat(typename MqPlain_<MqFormat_>::type format, const A&... arguments) {
  const MqValue_ values[sizeof...(A) + 1] = {MqValue_(arguments)..., MqValue_(0)};
  MqEmitText_(MqChannel_::kLog, MqFormatText_(format, values, static_cast<int>(sizeof...(A))));
}
template <class... A>
inline int StringConcatenate(string& target, const A&... arguments) {
  const MqValue_ values[sizeof...(A) + 1] = {MqValue_(arguments)..., MqValue_(0)};
  return MqConcatenate_(target, values, static_cast<int>(sizeof...(A)));
}
template <class... A>
inline uint FileWrite(int file, const A&... arguments) {
  const MqValue_ values[sizeof...(A) + 1] = {MqValue_(arguments)..., MqValue_(0)};
  return MqFileWrite_(file, values, static_cast<int>(sizeof...(A)));
}

}  // namespace mql5

#endif
