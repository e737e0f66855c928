// MQL5's arrays: dynamic (Dyn), static (Fixed) and what a parameter `T &x[]` binds to (ARef, CARef).
#ifndef MQL5HOST_ARRAY_HPP
#define MQL5HOST_ARRAY_HPP

#include "object.hpp"
#include "string.hpp"

#ifdef __clang__
#define MQ_TRIVIAL_DESTRUCTOR(T) __is_trivially_destructible(T)
#else
#define MQ_TRIVIAL_DESTRUCTOR(T) __has_trivial_destructor(T)
#endif

namespace mql5 {

// Every MQL5 type may be moved byte by byte; an object of a class then has to be told.
template <class T>
inline void MqMoved_(T* items, int count) {
  if constexpr (__is_base_of(MqObject_, T))
    for (int i = 0; i < count; i++) items[i].Moved_();
}
template <class T>
inline void MqConstruct_(T* items, int count) {  // poison, then what T's constructor sets
  __builtin_memset(static_cast<void*>(items), 0xCD, sizeof(T) * static_cast<mq_size>(count));
  if constexpr (!__is_trivially_constructible(T))
    for (int i = 0; i < count; i++) new (MqAt_{items + i}) T;
}
template <class T>
inline void MqDestroy_(T* items, int count) {
  if constexpr (!MQ_TRIVIAL_DESTRUCTOR(T))
    for (int i = 0; i < count; i++) items[i].~T();
}

template <class T>
class Dyn {
 public:
  typedef T Item;
  static constexpr bool kFixed = false;
  Dyn() : items_(nullptr), size_(0), capacity_(0) {}
  Dyn(const Dyn& other) : Dyn() { Assign_(other.items_, other.size_); }
  Dyn& operator=(const Dyn& other) {
    if (this != &other) Assign_(other.items_, other.size_);
    return *this;
  }
  ~Dyn() { Free_(); }
  T& operator[](MqIndex_ i) {
    if (i.value >= static_cast<ulong>(size_)) MqOutOfRange_(i.value, size_, i.place);
    return items_[i.value];
  }
  const T& operator[](MqIndex_ i) const {
    if (i.value >= static_cast<ulong>(size_)) MqOutOfRange_(i.value, size_, i.place);
    return items_[i.value];
  }
  T* Items_() { return items_; }
  const T* Items_() const { return items_; }
  int Count_() const { return size_; }
  void Free_() {
    MqDestroy_(items_, size_);
    MqRelease_(items_);
    items_ = nullptr;
    size_ = capacity_ = 0;
  }
  int Resize_(int size, int reserve) {
    if (size < 0 || static_cast<ulong>(size) * sizeof(T) > 0x7fffffffULL) return -1;
    if (size > capacity_) {
      int capacity = size + (reserve > 0 ? reserve : 0);
      T* items = static_cast<T*>(MqAllocate_(sizeof(T) * static_cast<mq_size>(capacity)));
      if (size_ > 0) __builtin_memcpy(static_cast<void*>(items), static_cast<const void*>(items_), sizeof(T) * static_cast<mq_size>(size_));
      MqMoved_(items, size_);
      MqRelease_(items_);
      items_ = items;
      capacity_ = capacity;
    }
    if (size > size_) MqConstruct_(items_ + size_, size - size_);
    if (size < size_) MqDestroy_(items_ + size, size_ - size);
    size_ = size;
    return size;
  }
  void Remove_(int start, int count) {  // within bounds
    MqDestroy_(items_ + start, count);
    __builtin_memmove(static_cast<void*>(items_ + start), static_cast<const void*>(items_ + start + count),
                      sizeof(T) * static_cast<mq_size>(size_ - start - count));
    MqMoved_(items_ + start, size_ - start - count);
    size_ -= count;
  }
  void Swap_(Dyn& other) {
    T* items = items_;
    int size = size_, capacity = capacity_;
    items_ = other.items_, size_ = other.size_, capacity_ = other.capacity_;
    other.items_ = items, other.size_ = size, other.capacity_ = capacity;
  }

 private:
  void Assign_(const T* items, int size) {
    if constexpr (__is_assignable(T&, const T&)) {
      Resize_(size, 0);
      for (int i = 0; i < size; i++) items_[i] = items[i];
    }
  }
  T* items_;
  int size_;
  int capacity_;
};

template <class T, int N>
struct Fixed {
  typedef T Item;
  static constexpr bool kFixed = true;
  T items_[N];
  T& operator[](MqIndex_ i) {
    if (i.value >= static_cast<ulong>(N)) MqOutOfRange_(i.value, N, i.place);
    return items_[i.value];
  }
  const T& operator[](MqIndex_ i) const {
    if (i.value >= static_cast<ulong>(N)) MqOutOfRange_(i.value, N, i.place);
    return items_[i.value];
  }
  T* Items_() { return items_; }
  const T* Items_() const { return items_; }
  int Count_() const { return N; }
};

// `T &x[]`: a dynamic array, which can be resized through it, or a static one.
template <class T>
class ARef {
 public:
  typedef T Item;
  static constexpr bool kFixed = false;
  ARef(Dyn<T>& array) : dynamic_(&array), items_(nullptr), size_(0) {}
  template <int N>
  ARef(Fixed<T, N>& array) : dynamic_(nullptr), items_(array.items_), size_(N) {}
  ARef& operator=(const ARef&) = delete;
  ARef(const ARef&) = default;
  T& operator[](MqIndex_ i) const {
    if (i.value >= static_cast<ulong>(Count_())) MqOutOfRange_(i.value, Count_(), i.place);
    return Items_()[i.value];
  }
  T* Items_() const { return dynamic_ ? dynamic_->Items_() : items_; }
  int Count_() const { return dynamic_ ? dynamic_->Count_() : size_; }
  Dyn<T>* Dynamic_() const { return dynamic_; }

 private:
  Dyn<T>* dynamic_;
  T* items_;
  int size_;
};

// `const T &x[]`
template <class T>
class CARef {
 public:
  typedef T Item;
  static constexpr bool kFixed = false;
  CARef(const Dyn<T>& array) : dynamic_(&array), items_(nullptr), size_(0) {}
  template <int N>
  CARef(const Fixed<T, N>& array) : dynamic_(nullptr), items_(array.items_), size_(N) {}
  CARef(const ARef<T>& array) : dynamic_(array.Dynamic_()), items_(array.Dynamic_() ? nullptr : array.Items_()), size_(array.Dynamic_() ? 0 : array.Count_()) {}
  CARef& operator=(const CARef&) = delete;
  CARef(const CARef&) = default;
  const T& operator[](MqIndex_ i) const {
    if (i.value >= static_cast<ulong>(Count_())) MqOutOfRange_(i.value, Count_(), i.place);
    return Items_()[i.value];
  }
  const T* Items_() const { return dynamic_ ? dynamic_->Items_() : items_; }
  int Count_() const { return dynamic_ ? dynamic_->Count_() : size_; }
  const Dyn<T>* Dynamic_() const { return dynamic_; }

 private:
  const Dyn<T>* dynamic_;
  const T* items_;
  int size_;
};

template <class T>
inline Dyn<T>* MqDynamic_(Dyn<T>& array) { return &array; }
template <class T>
inline Dyn<T>* MqDynamic_(const ARef<T>& array) { return array.Dynamic_(); }
template <class T>
inline const Dyn<T>* MqDynamic_(const Dyn<T>& array) { return &array; }
template <class T>
inline const Dyn<T>* MqDynamic_(const CARef<T>& array) { return array.Dynamic_(); }
template <class T, int N>
inline Dyn<T>* MqDynamic_(const Fixed<T, N>&) { return nullptr; }

// How many scalars one item of an array holds, and how many items its second dimension.
template <class T>
struct MqFlat_ {
  typedef T Scalar;
  static constexpr int kScalars = 1;
  static constexpr int kRange = 0;
};
template <class T, int N>
struct MqFlat_<Fixed<T, N>> {
  typedef typename MqFlat_<T>::Scalar Scalar;
  static constexpr int kScalars = N * MqFlat_<T>::kScalars;
  static constexpr int kRange = N;
};

}  // namespace mql5

#endif
