// Memory of the program, and the destructors of its globals: both are the host's to end, not the loader's.
namespace mql5 {

namespace {

struct Block {  // before each piece of memory, 16 bytes, so that alignment is kept
  Block *previous, *next;
};
Block g_blocks = {&g_blocks, &g_blocks};

struct Destructor {
  void (*run)(void*);
  void* object;
};
Destructor* g_destructors = nullptr;  // in the order of construction
size_t g_destructor_count = 0, g_destructor_room = 0;
size_t g_of_runtime = 0;  // the first ones are the runtime's own

void RunDestructors(size_t down_to) {
  while (g_destructor_count > down_to) {
    Destructor last = g_destructors[--g_destructor_count];
    last.run(last.object);
  }
}

}  // namespace

void* MqAllocate_(mq_size bytes) {
  Block* block = static_cast<Block*>(std::malloc(sizeof(Block) + bytes));
  if (!block) MqCritical_("not enough memory", "an allocation failed", {"", 0});
  *block = {&g_blocks, g_blocks.next};
  block->next->previous = block;
  g_blocks.next = block;
  return block + 1;
}
void MqRelease_(void* memory) {
  if (!memory) return;
  Block* block = static_cast<Block*>(memory) - 1;
  block->previous->next = block->next;
  block->next->previous = block->previous;
  std::free(block);
}

void RunDestructorsOfProgram() { RunDestructors(g_of_runtime); }

void FreeEverything() {
  g_destructor_count = g_of_runtime < g_destructor_count ? g_of_runtime : g_destructor_count;
  RunDestructors(0);
  while (g_blocks.next != &g_blocks) MqRelease_(g_blocks.next + 1);
  std::free(g_destructors);
  g_destructors = nullptr;
}

}  // namespace mql5

// The compiler registers the destructors of globals and statics here instead of with the C library, which would run
// them when the library is unloaded, where a critical error could not be stopped.
extern "C" MQ_HIDDEN int __cxa_atexit(void (*run)(void*), void* object, void*) {
  using namespace mql5;
  if (g_destructor_count == g_destructor_room) {
    g_destructor_room = g_destructor_room ? 2 * g_destructor_room : 64;
    void* grown = std::realloc(static_cast<void*>(g_destructors), g_destructor_room * sizeof(Destructor));
    if (!grown) return -1;
    g_destructors = static_cast<Destructor*>(grown);
  }
  g_destructors[g_destructor_count++] = {run, object};
  return 0;
}
