// The buffer pool: size classes, four to a doubling, each a list of free buffers per thread. Large
// buffers come from the system in huge pages and stay: fresh pages cost more than most kernels.
#define _GNU_SOURCE
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "thread_state.h"

enum { BINS = 200, LARGE = 1 << 20, CHUNK = 1 << 21 };

typedef struct block {
  struct block *next;
} block;

static _Thread_local block *bins[BINS];
static _Thread_local char *chunk, *chunk_end;
static _Thread_local size_t large_pooled;
static atomic_size_t in_use;
static atomic_size_t made;  // buffers that no list had

size_t dls_heap_bytes(void) {
  struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

size_t dls_bytes_in_use(void) { return atomic_load_explicit(&in_use, memory_order_relaxed); }

size_t dls_buffers_made(void) { return atomic_load_explicit(&made, memory_order_relaxed); }

// The class of a size, and the size that every buffer of that class has.
static int bin_of(size_t bytes, size_t *capacity) {
  if (bytes <= 512) {
    int bin = bytes == 0 ? 0 : (int)((bytes - 1) / 64);
    *capacity = (size_t)(bin + 1) * 64;
    return bin;
  }
  int exponent = 63 - __builtin_clzll(bytes - 1);
  size_t quarter = (bytes - 1) >> (exponent - 2);
  *capacity = (quarter + 1) << (exponent - 2);
  return 8 + (exponent - 9) * 4 + (int)(quarter & 3);
}

static void release_large(void) {
  for (int bin = 0; bin < BINS; bin++) {
    size_t size = bin < 8 ? (size_t)(bin + 1) * 64
                          : (size_t)(((bin - 8) & 3) + 5) << ((bin - 8) / 4 + 9 - 2);
    if (size < LARGE) continue;
    while (bins[bin]) {
      block *first = bins[bin];
      bins[bin] = first->next;
      munmap(first, size);
    }
  }
  large_pooled = 0;
}

static void *fresh(size_t capacity) {
  if (capacity >= LARGE) {
    // Keep what is pooled from outgrowing what is used, when sizes change.
    if (large_pooled > ((size_t)1 << 28) && large_pooled > dls_bytes_in_use()) release_large();
    size_t align = (size_t)1 << 21;
    if (capacity < align) {
      void *plain = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      return plain == MAP_FAILED ? NULL : plain;
    }
    char *raw = mmap(NULL, capacity + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);
    if (raw == MAP_FAILED) return NULL;
    char *start = (char *)(((size_t)raw + align - 1) / align * align);
    if (start > raw) munmap(raw, (size_t)(start - raw));
    char *end = start + capacity, *raw_end = raw + capacity + align;
    end = (char *)(((size_t)end + 4095) / 4096 * 4096);
    if (raw_end > end) munmap(end, (size_t)(raw_end - end));
    madvise(start, capacity, MADV_HUGEPAGE);
    return start;
  }
  if (capacity > CHUNK / 8) return aligned_alloc(64, capacity);
  if ((size_t)(chunk_end - chunk) < capacity) {
    char *next = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (next == MAP_FAILED) return NULL;
    chunk = next;
    chunk_end = next + CHUNK;
  }
  void *result = chunk;
  chunk += capacity;
  return result;
}

void *dls_buffer_take(size_t bytes, size_t *capacity) {
  int bin = bin_of(bytes, capacity);
  block *first = bins[bin];
  if (first) {
    bins[bin] = first->next;
    if (*capacity >= LARGE) large_pooled -= *capacity;
  } else {
    atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
    first = fresh(*capacity);
    if (!first) return NULL;
  }
  atomic_fetch_add_explicit(&in_use, *capacity, memory_order_relaxed);
  return first;
}

void dls_buffer_give(void *buffer, size_t capacity) {
  size_t same;
  int bin = bin_of(capacity, &same);
  block *first = buffer;
  first->next = bins[bin];
  bins[bin] = first;
  if (capacity >= LARGE) large_pooled += capacity;
  atomic_fetch_sub_explicit(&in_use, capacity, memory_order_relaxed);
}
