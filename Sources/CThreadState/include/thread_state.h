// What Swift has no native word for: per-thread switches, the interrupt flag, the buffer pool's
// lists, and the threads that kernels run on.
#pragma once
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How many `no_grad` scopes this thread is inside; gradients are recorded at zero.
extern _Thread_local int32_t dls_no_grad_depth;

/// Set by SIGINT, or by the thread that watches time and memory; says why. Polled at loop back-edges,
/// calls and inside long kernels.
extern volatile int32_t dls_interrupt_flag;

static inline const volatile int32_t *dls_interrupt_pointer(void) { return &dls_interrupt_flag; }
static inline int32_t dls_get_no_grad_depth(void) { return dls_no_grad_depth; }
static inline void dls_set_no_grad_depth(int32_t depth) { dls_no_grad_depth = depth; }
static inline bool dls_is_interrupted(void) { return dls_interrupt_flag != 0; }
static inline int32_t dls_get_interrupt(void) { return dls_interrupt_flag; }
static inline void dls_set_interrupt(int32_t reason) { dls_interrupt_flag = reason; }

/// The first place of a text in another, in linear time; NULL when it is not in it.
const void *dls_find(const void *text, size_t length, const void *part, size_t part_length);

/// A number that grows with every call on this thread: orders the records of gradients.
int64_t dls_next_sequence(void);

/// The mark of the walk along the record that began last on this thread: a walk that ran inside
/// another has overwritten its marks.
extern _Thread_local int64_t dls_last_walk;
static inline int64_t dls_get_last_walk(void) { return dls_last_walk; }
static inline void dls_set_last_walk(int64_t mark) { dls_last_walk = mark; }

/// The Swift runtime's own counting of objects without locked instructions, for one thread's objects.
void *swift_nonatomic_retain(void *object);
void swift_nonatomic_release(void *object);
static inline void dls_retain(void *object) { swift_nonatomic_retain(object); }
static inline void dls_release(void *object) { swift_nonatomic_release(object); }

/// Keeps memory that lists and strings gave back, instead of asking for it again page by page.
static inline void dls_keep_memory(void) {
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 16 << 20);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    // Small pieces join their neighbours as they are given back, not all at once at the next large one.
    mallopt(M_MXFAST, 0);
}

/// Where this thread parks what must not be freed recursively; NULL until set.
/// The list of this thread's containers, for the cycle collector; NULL until set.
void *dls_get_ring(void);
void dls_set_ring(void *ring);

void *dls_get_graveyard(void);
void dls_set_graveyard(void *graveyard);

// --- pool.c: buffers, kept for the next one of their size ---

/// A buffer of at least `bytes`, aligned to 64, with its true size in `capacity`; NULL without memory.
void *dls_buffer_take(size_t bytes, size_t *capacity);
/// Gives a buffer back to this thread's lists.
void dls_buffer_give(void *buffer, size_t capacity);
/// Bytes handed out and not given back, over all threads.
size_t dls_bytes_in_use(void);
/// Buffers that had to be made because none of their size was free: no more after a first step.
size_t dls_buffers_made(void);
/// Bytes that everything but those buffers takes: lists, strings, code.
size_t dls_heap_bytes(void);

// --- parallel.c: a pool of threads that spin for a moment and then sleep ---

/// Runs body(context, begin, end) over [0, count) on this thread and the helpers, in equal pieces of
/// at least `grain` that depend only on the numbers given; nested calls run where they are.
void dls_parallel_for(int64_t count, int64_t grain,
                      void (*body)(void *context, int64_t begin, int64_t end), void *context);
void dls_set_threads(int32_t count);
int32_t dls_get_threads(void);

// --- blas.c has no calls: before `main`, OpenBLAS is told to run on the thread that calls it, with
// the widest kernels that this machine has.
