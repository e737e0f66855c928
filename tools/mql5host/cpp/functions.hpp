// The functions of MQL5 that take any type; those with plain signatures are generated from the API table.
#ifndef MQL5HOST_FUNCTIONS_HPP
#define MQL5HOST_FUNCTIONS_HPP

#include "array.hpp"

namespace mql5 {

// ---- arrays. `A` is any of Dyn, Fixed, ARef, CARef.

template <class A>
struct MqPlainItem_ {
  typedef typename A::Item type;
};
template <class A>
struct MqPlainItem_<A&> {
  typedef typename A::Item type;
};

template <class A>
inline int ArraySize(const A& array) { return array.Count_() * MqFlat_<typename A::Item>::kScalars; }

template <class A>
inline int ArrayRange(const A& array, int rank) {
  return rank == 0 ? array.Count_() : rank == 1 ? MqFlat_<typename A::Item>::kRange : 0;
}
template <class A>
inline bool ArrayIsDynamic(A&& array) { return MqDynamic_(array) != nullptr; }
template <class A>
inline bool ArrayIsSeries(const A&) { return false; }
template <class A>
inline bool ArrayGetAsSeries(const A&) { return false; }
template <class A>
inline bool ArraySetAsSeries(const A&, bool flag) { return !flag; }

template <class A>
inline int ArrayResize(A&& array, int size, int reserve = 0) {
  auto* dynamic = MqDynamic_(array);
  if (!dynamic || dynamic->Resize_(size, reserve) < 0) {
    MqSetError_(4007);  // ERR_ARRAY_RESIZE_ERROR
    return -1;
  }
  return size * MqFlat_<typename MqPlainItem_<A>::type>::kScalars;
}
template <class A>
inline void ArrayFree(A&& array) {
  if (auto* dynamic = MqDynamic_(array)) dynamic->Free_();
}

template <class A, class B>
inline int ArrayCopy(A&& target, const B& source, int target_start = 0, int source_start = 0, int count = -1) {
  typedef typename MqFlat_<typename MqPlainItem_<A>::type>::Scalar To;
  typedef typename MqFlat_<typename B::Item>::Scalar From;
  constexpr int kTo = MqFlat_<typename MqPlainItem_<A>::type>::kScalars;
  constexpr int kFrom = MqFlat_<typename B::Item>::kScalars;
  int available = source.Count_() * kFrom - source_start;
  if (target_start < 0 || source_start < 0 || available <= 0) {
    if (available != 0) MqSetError_(4003);  // ERR_INVALID_PARAMETER
    return 0;
  }
  if (count < 0 || count > available) count = available;
  if (auto* dynamic = MqDynamic_(target)) {
    int needed = (target_start + count + kTo - 1) / kTo;
    if (needed > dynamic->Count_() && dynamic->Resize_(needed, 0) < 0) return 0;
  }
  int room = target.Count_() * kTo - target_start;
  if (count > room) count = room > 0 ? room : 0;
  To* to = reinterpret_cast<To*>(target.Items_()) + target_start;
  const From* from = reinterpret_cast<const From*>(source.Items_()) + source_start;
  if (static_cast<const void*>(to) < static_cast<const void*>(from + count) && static_cast<const void*>(from) < static_cast<const void*>(to + count) && count > 0)
    MqCritical_("overlapping ArrayCopy", "the result is not defined", {"ArrayCopy", 0});
  for (int i = 0; i < count; i++) to[i] = static_cast<To>(from[i]);
  return count;
}

template <class A, class V>
inline int ArrayInitialize(A&& array, V value) {
  typedef typename MqFlat_<typename MqPlainItem_<A>::type>::Scalar T;
  T* items = reinterpret_cast<T*>(array.Items_());
  int count = ArraySize(array);
  for (int i = 0; i < count; i++) items[i] = static_cast<T>(value);
  return count;
}
template <class A, class V>
inline void ArrayFill(A&& array, int start, int count, V value) {
  typedef typename MqFlat_<typename MqPlainItem_<A>::type>::Scalar T;
  T* items = reinterpret_cast<T*>(array.Items_());
  int size = ArraySize(array);
  if (start < 0 || count < 0 || start > size) {
    MqSetError_(4003);
    return;
  }
  for (int i = start; i < size && i - start < count; i++) items[i] = static_cast<T>(value);
}
template <class A>
inline bool ArrayRemove(A&& array, uint start, uint count = static_cast<uint>(-1)) {
  auto* dynamic = MqDynamic_(array);
  uint size = static_cast<uint>(array.Count_());
  if (!dynamic || start >= size) {
    MqSetError_(4003);
    return false;
  }
  if (count > size - start) count = size - start;
  dynamic->Remove_(static_cast<int>(start), static_cast<int>(count));
  return true;
}
template <class A, class B>
inline bool ArrayInsert(A&& target, const B& source, uint target_start, uint source_start = 0, uint count = static_cast<uint>(-1)) {
  auto* dynamic = MqDynamic_(target);
  uint size = static_cast<uint>(target.Count_()), available = static_cast<uint>(source.Count_());
  if (!dynamic || target_start > size || source_start > available) {
    MqSetError_(4003);
    return false;
  }
  if (count > available - source_start) count = available - source_start;
  if (dynamic->Resize_(static_cast<int>(size + count), 0) < 0) return false;
  auto* items = dynamic->Items_();
  for (uint i = size; i > target_start; i--) items[i - 1 + count] = items[i - 1];
  for (uint i = 0; i < count; i++) items[target_start + i] = source.Items_()[source_start + i];
  return true;
}
template <class A>
inline bool ArrayReverse(A&& array, uint start = 0, uint count = static_cast<uint>(-1)) {
  uint size = static_cast<uint>(array.Count_());
  if (start > size) return false;
  if (count > size - start) count = size - start;
  auto* items = array.Items_() + start;
  for (uint i = 0; i + 1 < count - i; i++) {
    auto kept = items[i];
    items[i] = items[count - 1 - i];
    items[count - 1 - i] = kept;
  }
  return true;
}
template <class A, class B>
inline bool ArraySwap(A&& a, B&& b) {
  auto *first = MqDynamic_(a), *second = MqDynamic_(b);
  if (!first || !second) {
    MqSetError_(4006);  // ERR_INVALID_ARRAY
    return false;
  }
  first->Swap_(*second);
  return true;
}
template <class T>
inline void MqSift_(T* items, int hole, int end) {
  T value = items[hole];
  for (int child = 2 * hole + 1; child < end; child = 2 * hole + 1) {
    if (child + 1 < end && items[child] < items[child + 1]) child++;
    if (!(value < items[child])) break;
    items[hole] = items[child];
    hole = child;
  }
  items[hole] = value;
}
template <class A>
inline bool ArraySort(A&& array) {  // heap sort: no recursion, n log n
  auto* items = array.Items_();
  int count = array.Count_();
  for (int root = count / 2 - 1; root >= 0; root--) MqSift_(items, root, count);
  for (int end = count - 1; end > 0; end--) {
    auto greatest = items[0];
    items[0] = items[end];
    items[end] = greatest;
    MqSift_(items, 0, end);
  }
  return true;
}
template <class A, class B>
inline int ArrayCompare(const A& a, const B& b, int start_a = 0, int start_b = 0, int count = -1) {
  int left = a.Count_() - start_a, right = b.Count_() - start_b;
  if (start_a < 0 || start_b < 0 || left < 0 || right < 0) {
    MqSetError_(4003);
    return -2;
  }
  if (count >= 0 && left > count) left = count;
  if (count >= 0 && right > count) right = count;
  for (int i = 0; i < left && i < right; i++) {
    if (a.Items_()[start_a + i] < b.Items_()[start_b + i]) return -1;
    if (b.Items_()[start_b + i] < a.Items_()[start_a + i]) return 1;
  }
  return left < right ? -1 : left > right ? 1 : 0;
}
template <class A>
inline int MqExtreme_(const A& array, int start, int count, bool greatest) {
  int size = array.Count_();
  if (start < 0 || start >= size) return -1;
  int end = count < 0 || count > size - start ? size : start + count, best = start;
  for (int i = start + 1; i < end; i++)
    if (greatest ? array.Items_()[best] < array.Items_()[i] : array.Items_()[i] < array.Items_()[best]) best = i;
  return best;
}
template <class A>
inline int ArrayMaximum(const A& array, int start = 0, int count = -1) { return MqExtreme_(array, start, count, true); }
template <class A>
inline int ArrayMinimum(const A& array, int start = 0, int count = -1) { return MqExtreme_(array, start, count, false); }

// ---- memory

template <class T>
inline void MqZero_(T& value) {
  static_assert(!__is_base_of(MqObject_, T), "ZeroMemory is for simple types and structures");
  if constexpr (!MQ_TRIVIAL_DESTRUCTOR(T)) value.~T();
  __builtin_memset(static_cast<void*>(&value), 0, sizeof(T));
  if constexpr (!__is_trivially_constructible(T)) new (MqAt_{&value}) T;
}
template <class T>
inline void ZeroMemory(T& value) { MqZero_(value); }
template <class T>
inline void ZeroMemory(Dyn<T>& array) {
  for (int i = 0; i < array.Count_(); i++) MqZero_(array.Items_()[i]);
}
template <class T>
inline void ZeroMemory(const ARef<T>& array) {
  for (int i = 0; i < array.Count_(); i++) MqZero_(array.Items_()[i]);
}

template <class T, class A>
inline bool StructToCharArray(const T& value, A&& bytes, uint start = 0) {
  static_assert(__is_trivially_copyable(T), "a structure without strings, dynamic arrays and objects");
  if (auto* dynamic = MqDynamic_(bytes))
    if (static_cast<uint>(dynamic->Count_()) < start + sizeof(T)) dynamic->Resize_(static_cast<int>(start + sizeof(T)), 0);
  if (static_cast<uint>(bytes.Count_()) < start + sizeof(T)) return false;
  __builtin_memcpy(bytes.Items_() + start, &value, sizeof(T));
  return true;
}
template <class T, class A>
inline bool CharArrayToStruct(T& value, const A& bytes, uint start = 0) {
  static_assert(__is_trivially_copyable(T), "a structure without strings, dynamic arrays and objects");
  if (static_cast<uint>(bytes.Count_()) < start + sizeof(T)) return false;
  __builtin_memcpy(static_cast<void*>(&value), bytes.Items_() + start, sizeof(T));
  return true;
}

template <class T>
inline ENUM_POINTER_TYPE CheckPointer(const Ptr<T>& p) {
  return !p.Valid_() ? POINTER_INVALID : g_mq_slots[p.slot_].dynamic ? POINTER_DYNAMIC : POINTER_AUTOMATIC;
}

// ---- files

uint MqFileReadBytes_(int file, void* target, uint bytes);
uint MqFileWriteBytes_(int file, const void* source, uint bytes);
mq_long MqFileRemaining_(int file);

template <class A>
inline uint FileReadArray(int file, A&& array, int start = 0, int count = -1) {
  typedef typename MqPlainItem_<A>::type T;
  static_assert(__is_trivially_copyable(T), "simple items");
  mq_long left = MqFileRemaining_(file) / static_cast<mq_long>(sizeof(T));
  if (left < 0 || start < 0) return 0;
  if (count < 0 || count > left) count = static_cast<int>(left);
  if (auto* dynamic = MqDynamic_(array))
    if (dynamic->Count_() < start + count) dynamic->Resize_(start + count, 0);
  if (count > array.Count_() - start) count = array.Count_() - start;
  if (count <= 0) return 0;
  return MqFileReadBytes_(file, array.Items_() + start, static_cast<uint>(count) * static_cast<uint>(sizeof(T))) / static_cast<uint>(sizeof(T));
}
template <class A>
inline uint FileWriteArray(int file, const A& array, int start = 0, int count = -1) {
  typedef typename A::Item T;
  static_assert(__is_trivially_copyable(T), "simple items");
  if (start < 0 || start > array.Count_()) return 0;
  if (count < 0 || count > array.Count_() - start) count = array.Count_() - start;
  return MqFileWriteBytes_(file, array.Items_() + start, static_cast<uint>(count) * static_cast<uint>(sizeof(T))) / static_cast<uint>(sizeof(T));
}
template <class T>
inline uint FileReadStruct(int file, T& value, int size = -1) {
  static_assert(__is_trivially_copyable(T), "a structure without strings, dynamic arrays and objects");
  return MqFileReadBytes_(file, &value, size < 0 || size > static_cast<int>(sizeof(T)) ? static_cast<uint>(sizeof(T)) : static_cast<uint>(size));
}
template <class T>
inline uint FileWriteStruct(int file, const T& value, int size = -1) {
  static_assert(__is_trivially_copyable(T), "a structure without strings, dynamic arrays and objects");
  return MqFileWriteBytes_(file, &value, size < 0 || size > static_cast<int>(sizeof(T)) ? static_cast<uint>(sizeof(T)) : static_cast<uint>(size));
}
int MqFileForLoad_(const string& name, int common);
int MqFileForSave_(const string& name, int common);
void MqFileDone_(int file);
template <class A>
inline mq_long FileLoad(const string& name, A&& array, int common = 0) {
  int file = MqFileForLoad_(name, common);
  if (file < 0) return -1;
  mq_long items = FileReadArray(file, array);
  MqFileDone_(file);
  return items;
}
template <class A>
inline bool FileSave(const string& name, const A& array, int common = 0) {
  int file = MqFileForSave_(name, common);
  if (file < 0) return false;
  bool whole = FileWriteArray(file, array) == static_cast<uint>(array.Count_());
  MqFileDone_(file);
  return whole;
}

// ---- numbers

template <class T>
inline T MathAbs(T value) { return value < 0 ? static_cast<T>(-value) : value == 0 ? static_cast<T>(0) : value; }
template <class T, class U>
inline auto MathMax(T a, U b) -> decltype(a + b) { return static_cast<decltype(a + b)>(a) > static_cast<decltype(a + b)>(b) ? static_cast<decltype(a + b)>(a) : static_cast<decltype(a + b)>(b); }
template <class T, class U>
inline auto MathMin(T a, U b) -> decltype(a + b) { return static_cast<decltype(a + b)>(a) < static_cast<decltype(a + b)>(b) ? static_cast<decltype(a + b)>(a) : static_cast<decltype(a + b)>(b); }
template <class T>
inline T fabs(T value) { return MathAbs(value); }
template <class T, class U>
inline auto fmax(T a, U b) -> decltype(a + b) { return MathMax(a, b); }
template <class T, class U>
inline auto fmin(T a, U b) -> decltype(a + b) { return MathMin(a, b); }

// ---- objects on the chart: time and price of further anchors may follow

bool MqObjectCreate_(mq_long chart, const string& name, ENUM_OBJECT type, int window, const double* anchors, int count);
template <class... A>
inline bool ObjectCreate(mq_long chart, const string& name, ENUM_OBJECT type, int window, datetime time, double price, A... more) {
  const double anchors[] = {static_cast<double>(time), price, static_cast<double>(more)...};
  return MqObjectCreate_(chart, name, type, window, anchors, static_cast<int>(sizeof...(A)) + 2);
}

// Values that a setting of the terminal's dialog can have.
enum class MqInputType_ { kBool, kInt, kUint, kLong, kUlong, kDouble, kFloat, kString, kEnum };
struct MqInput_ {
  const char* name;
  MqInputType_ type;
  void* value;
  MqInput_* next;
  MqInput_(const char* name, MqInputType_ type, void* value);
  MqInput_(const char* name, bool& v) : MqInput_(name, MqInputType_::kBool, &v) {}
  MqInput_(const char* name, int& v) : MqInput_(name, MqInputType_::kInt, &v) {}
  MqInput_(const char* name, uint& v) : MqInput_(name, MqInputType_::kUint, &v) {}
  MqInput_(const char* name, mq_long& v) : MqInput_(name, MqInputType_::kLong, &v) {}
  MqInput_(const char* name, ulong& v) : MqInput_(name, MqInputType_::kUlong, &v) {}
  MqInput_(const char* name, double& v) : MqInput_(name, MqInputType_::kDouble, &v) {}
  MqInput_(const char* name, float& v) : MqInput_(name, MqInputType_::kFloat, &v) {}
  MqInput_(const char* name, string& v) : MqInput_(name, MqInputType_::kString, &v) {}
  template <class E, typename MqIf_<__is_enum(E)>::type = 0>
  MqInput_(const char* name, E& v) : MqInput_(name, MqInputType_::kEnum, &v) {}
};

struct MqHandlers_ {
  int (*init)();
  void (*deinit)(const int reason);
  void (*tick)();
  void (*timer)();
  void (*trade)();
  void (*transaction)(const MqlTradeTransaction&, const MqlTradeRequest&, const MqlTradeResult&);
  void (*chart_event)(const int id, const mq_long& lparam, const double& dparam, const string& sparam);
  void (*start)();
  void (*book)(const string& symbol);
};
const MqHandlers_& MqProgramHandlers_();
const char* MqProgramProperties_();  // JSON

}  // namespace mql5

#endif
