// Objects of classes and the checked handles that MQL5 calls pointers.
#ifndef MQL5HOST_OBJECT_HPP
#define MQL5HOST_OBJECT_HPP

#include "base.hpp"

namespace mql5 {

class MqObject_;

struct MqSlot_ {
  MqObject_* object;
  uint generation;
  bool dynamic;
};
extern MqSlot_* g_mq_slots;
extern uint g_mq_slot_count;

// The entry of one object in the table. A copy of an object is another object and has an entry of its own.
class MqEntry_ {
 public:
  MqEntry_();
  MqEntry_(const MqEntry_&);
  MqEntry_& operator=(const MqEntry_&) { return *this; }
  ~MqEntry_();
  uint slot;
};

// Base of every class of the program: knows its handle, so that a stale pointer is noticed.
class MqObject_ {
 public:
  virtual ~MqObject_() {}
  static void* operator new(mq_size bytes);  // poisoned
  static void operator delete(void* memory);
  static void* operator new(mq_size, MqAt_ at) noexcept { return at.memory; }
  static void operator delete(void*, MqAt_) noexcept {}
  void Moved_() { g_mq_slots[mq_entry_.slot].object = this; }  // its bytes have been moved to another place

  MqEntry_ mq_entry_;  // first, right behind the table of virtual functions
};

[[noreturn]] void MqBadPointer_(uint slot, MqPlace_ place);

// A handle of 8 bytes. Trivial, as MQL5's pointers may stand uninitialised.
template <class T>
class Ptr {
 public:
  Ptr() = default;
  Ptr(MqNull_) : slot_(0), generation_(0) {}
  Ptr(T* object) : slot_(object->mq_entry_.slot), generation_(g_mq_slots[object->mq_entry_.slot].generation) {}
  // A pointer to a derived class converts by itself, one to a base class only by a checked cast.
  template <class U, typename MqIf_<__is_base_of(T, U) && !__is_same(T, U)>::type = 0>
  Ptr(const Ptr<U>& other) : slot_(other.slot_), generation_(other.generation_) {}
  template <class U, typename MqIf_<__is_base_of(U, T) && !__is_same(T, U)>::type = 0>
  explicit Ptr(const Ptr<U>& other, const char* file = __builtin_FILE(), int line = __builtin_LINE())
      : slot_(other.slot_), generation_(other.generation_) {
    if (slot_ != 0 && dynamic_cast<T*>(other.P_(file, line)) == nullptr)
      MqCritical_("incorrect casting of pointers", "the object is of another class", {file, line});
  }

  T* P_(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
    if (!Valid_()) MqBadPointer_(slot_, {file, line});
    return static_cast<T*>(g_mq_slots[slot_].object);
  }
  T& operator*() const { return *P_(); }
  operator T&() const { return *P_(); }
  explicit operator bool() const { return slot_ != 0; }
  bool Valid_() const {
    return slot_ != 0 && slot_ < g_mq_slot_count && g_mq_slots[slot_].generation == generation_ && g_mq_slots[slot_].object;
  }

  uint slot_;
  uint generation_;
};

template <class T, class U>
inline bool operator==(const Ptr<T>& a, const Ptr<U>& b) { return a.slot_ == b.slot_ && a.generation_ == b.generation_; }
template <class T, class U>
inline bool operator!=(const Ptr<T>& a, const Ptr<U>& b) { return !(a == b); }
template <class T>
inline bool operator==(const Ptr<T>& a, MqNull_) { return a.slot_ == 0; }
template <class T>
inline bool operator!=(const Ptr<T>& a, MqNull_) { return a.slot_ != 0; }
template <class T>
inline bool operator==(MqNull_, const Ptr<T>& a) { return a.slot_ == 0; }
template <class T>
inline bool operator!=(MqNull_, const Ptr<T>& a) { return a.slot_ != 0; }

template <class T>
inline Ptr<T> MqNew_() {
  T* object = new T;  // not T(), which would set the members to zero
  g_mq_slots[object->mq_entry_.slot].dynamic = true;
  return Ptr<T>(object);
}
template <class T, class... A>
inline Ptr<T> MqNew_(A&&... arguments) {
  T* object = new T(static_cast<A&&>(arguments)...);
  g_mq_slots[object->mq_entry_.slot].dynamic = true;
  return Ptr<T>(object);
}

void MqDeleteObject_(uint slot, uint generation, MqPlace_ place);
template <class T>
inline void MqDelete_(const Ptr<T>& p, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  MqDeleteObject_(p.slot_, p.generation_, {file, line});
}

template <class T, typename MqIf_<__is_base_of(MqObject_, T)>::type = 0>
inline Ptr<T> MqThis_(T* object) { return Ptr<T>(object); }
template <class T, typename MqIf_<!__is_base_of(MqObject_, T)>::type = 0>
inline T& MqThis_(T* object) { return *object; }

// What stands before a `.` whose name is a pointer in one place and an object in another.
template <class T>
struct MqHeld_ {
  T value;
  T* operator->() { return &value; }
};
template <class T>
inline T* MqA_(const Ptr<T>& p, const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return p.P_(file, line); }
template <class T>
inline T* MqA_(Ptr<T>& p, const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return p.P_(file, line); }
template <class T>
inline T* MqA_(T& object) { return &object; }
template <class T>
inline MqHeld_<T> MqA_(const T&& object) { return MqHeld_<T>{object}; }
template <class T>
inline T* MqA_(Ptr<T>&& p, const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return p.P_(file, line); }

template <class T, class U>
inline Ptr<T> MqCast_(const Ptr<U>& p) {
  Ptr<T> result = NULL;
  if (p.Valid_()) {
    T* object = dynamic_cast<T*>(p.P_());
    if (object) result = Ptr<T>(object);
  }
  return result;
}

template <class T>
inline Ptr<T> GetPointer(T& object) { return Ptr<T>(&object); }
template <class T>
inline Ptr<T> GetPointer(const Ptr<T>& p) { return p; }
template <class T>
inline Ptr<T> GetPointer(Ptr<T>& p) { return p; }

}  // namespace mql5

#endif
