// The table of live objects behind Ptr's handles.
namespace mql5 {

MqSlot_* g_mq_slots = nullptr;
uint g_mq_slot_count = 0;

namespace {

struct Slots {
  std::vector<MqSlot_> all;
  std::vector<uint> free;
};
Slots& TheSlots() {  // made on first use: globals of the program may come before those of the runtime
  static Slots* slots = new Slots{{{nullptr, 0, false}}, {}};  // slot 0 is NULL
  return *slots;
}

uint Enter(MqObject_* object) {
  Slots& slots = TheSlots();
  uint slot;
  if (slots.free.empty()) {
    slot = static_cast<uint>(slots.all.size());
    slots.all.push_back({object, 1, false});
  } else {
    slot = slots.free.back();
    slots.free.pop_back();
    slots.all[slot].object = object;
    slots.all[slot].dynamic = false;
  }
  g_mq_slots = slots.all.data();
  g_mq_slot_count = static_cast<uint>(slots.all.size());
  return slot;
}

}  // namespace

static MqObject_* Owner(MqEntry_* entry) {
  return reinterpret_cast<MqObject_*>(reinterpret_cast<char*>(entry) - sizeof(void*));
}
MqEntry_::MqEntry_() : slot(Enter(Owner(this))) {}
MqEntry_::MqEntry_(const MqEntry_&) : slot(Enter(Owner(this))) {}
MqEntry_::~MqEntry_() {
  MqSlot_& entry = g_mq_slots[slot];
  entry.object = nullptr;
  entry.dynamic = false;
  entry.generation++;  // every handle to it is stale from here on
  TheSlots().free.push_back(slot);
}

void* MqObject_::operator new(mq_size bytes) {
  void* memory = MqAllocate_(bytes);
  __builtin_memset(memory, 0xCD, bytes);
  return memory;
}
void MqObject_::operator delete(void* memory) { MqRelease_(memory); }

[[noreturn]] void MqBadPointer_(uint slot, MqPlace_ place) {
  MqCritical_("invalid pointer access", slot == 0 ? "the pointer is NULL" : "the object is gone or was never there", place);
}

void MqDeleteObject_(uint slot, uint generation, MqPlace_ place) {
  if (slot == 0) return;
  if (slot >= g_mq_slot_count || g_mq_slots[slot].generation != generation || !g_mq_slots[slot].object)
    MqBadPointer_(slot, place);
  if (!g_mq_slots[slot].dynamic) MqCritical_("invalid pointer access", "delete of an object that new did not make", place);
  delete g_mq_slots[slot].object;
}

int Undeleted() {
  int count = 0;
  for (uint i = 0; i < g_mq_slot_count; i++) count += g_mq_slots[i].dynamic;
  return count;
}

}  // namespace mql5
