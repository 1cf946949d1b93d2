// Threads for kernels. One job at a time, cut into fixed pieces that whoever is free takes; a helper
// spins some microseconds for the next job, since ops follow each other closely, and then sleeps,
// since spinning threads collapse on a busy machine. A helper that does not come in time is not
// waited for: its piece is done by the thread that asked. After one that lost its processor in the
// midst of a piece, jobs are done alone for a while, the same pieces one after the other.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "thread_state.h"

enum { MAX_THREADS = 64, SPINS = 4000 };

static atomic_uint ticket;  // grows with every job; what helpers wait on
static atomic_int sleepers;
// The job's ticket in the upper half, the next piece to take in the lower: taking a piece of a job
// that is over fails.
static _Atomic uint64_t claim;
static atomic_int done;  // pieces of the job that are finished
static atomic_int busy;  // a job is under way: nested or concurrent ones run inline
static struct {
  void (*body)(void *, int64_t, int64_t);
  void *context;
  int64_t count, piece;
  uint32_t pieces;
} job;
static int wanted = 0, started = 0;
enum { LONG_WAIT = 1500000 };  // cycles, about half a millisecond
// Cycles to do without helpers: by time, not by jobs, of which one may take a tenth of a second.
enum { LEAST_PATIENCE = 1 << 22, MOST_PATIENCE = 1 << 28 };
static uint64_t alone_until = 0;
static int patience = LEAST_PATIENCE, in_time = 0;
static unsigned first_seen[MAX_THREADS];  // the ticket at each helper's birth, no news to it

static void run_piece(int64_t index) {
  int64_t begin = job.piece * index, end = begin + job.piece;
  if (end > job.count) end = job.count;
  if (begin < end) job.body(job.context, begin, end);
}

// How the last job's waiting decides on the next ones.
static void judge(int waited_too_long, uint64_t now) {
  if (waited_too_long) {
    alone_until = now + patience;
    if (patience < MOST_PATIENCE) patience *= 2;
    in_time = 0;
  } else if (patience > LEAST_PATIENCE && ++in_time == 64) {
    patience /= 2;
    in_time = 0;
  }
}

// Takes pieces of one job until none is left. The job's fields are stable once a piece is taken: the
// asker does not leave before every piece is done.
static void take_pieces(uint32_t ticket_of_job) {
  uint64_t seen = atomic_load_explicit(&claim, memory_order_acquire);
  for (;;) {
    if ((uint32_t)(seen >> 32) != ticket_of_job || (uint32_t)seen == 0) return;
    if (!atomic_compare_exchange_weak_explicit(&claim, &seen, seen - 1, memory_order_acq_rel,
                                               memory_order_acquire)) {
      continue;
    }
    run_piece(job.pieces - (uint32_t)seen);
    atomic_fetch_add_explicit(&done, 1, memory_order_release);
    seen = atomic_load_explicit(&claim, memory_order_acquire);
  }
}

static void *helper(void *argument) {
  unsigned seen = first_seen[(intptr_t)argument];
  for (;;) {
    int spins = 0;
    while (atomic_load_explicit(&ticket, memory_order_acquire) == seen) {
      if (++spins < SPINS) {
        __builtin_ia32_pause();
        continue;
      }
      atomic_fetch_add(&sleepers, 1);
      syscall(SYS_futex, &ticket, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
      atomic_fetch_sub(&sleepers, 1);
    }
    seen = atomic_load_explicit(&ticket, memory_order_acquire);
    take_pieces(seen);
  }
  return NULL;
}

int32_t dls_get_threads(void) {
  if (wanted == 0) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    wanted = processors < 1 ? 1 : processors > MAX_THREADS ? MAX_THREADS : (int)processors;
  }
  return wanted;
}

void dls_set_threads(int32_t count) {
  wanted = count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : count;
}

void dls_parallel_for(int64_t count, int64_t grain,
                      void (*body)(void *context, int64_t begin, int64_t end), void *context) {
  int threads = dls_get_threads();
  if (grain < 1) grain = 1;
  if (count / grain < threads) threads = (int)(count / grain);
  int idle = 0;
  if (threads < 2 || !atomic_compare_exchange_strong(&busy, &idle, 1)) {
    if (count > 0) body(context, 0, count);
    return;
  }
  while (started < threads - 1) {
    pthread_t thread;
    first_seen[started + 1] = atomic_load(&ticket);
    if (pthread_create(&thread, NULL, helper, (void *)(intptr_t)(started + 1)) != 0) break;
    pthread_detach(thread);
    started++;
  }
  // Pieces depend on the count and on the threads that were asked for alone, so that results do.
  job.body = body;
  job.context = context;
  job.count = count;
  job.piece = (count + threads - 1) / threads;
  // Pieces begin on whole cache lines of floats where the count is large.
  if (job.piece > 1024) job.piece = (job.piece + 63) / 64 * 64;
  job.pieces = (uint32_t)threads;
  uint64_t began = __builtin_ia32_rdtsc();
  if (began < alone_until) {
    for (int i = 0; i < threads; i++) run_piece(i);
    atomic_store(&busy, 0);
    return;
  }
  atomic_store_explicit(&done, 0, memory_order_relaxed);
  uint32_t own = atomic_load_explicit(&ticket, memory_order_relaxed) + 1;
  atomic_store(&claim, (uint64_t)own << 32 | job.pieces);
  atomic_store(&ticket, own);
  if (atomic_load(&sleepers) > 0) {
    syscall(SYS_futex, &ticket, FUTEX_WAKE_PRIVATE, threads - 1, NULL, NULL, 0);
  }
  take_pieces(own);
  uint64_t finished = __builtin_ia32_rdtsc();
  for (int spins = 0; atomic_load_explicit(&done, memory_order_acquire) < threads; spins++) {
    if (spins < SPINS) __builtin_ia32_pause();
    else sched_yield();
  }
  // Longer than a helper takes to wake up, and than the pieces differ: it lost its processor.
  uint64_t now = __builtin_ia32_rdtsc(), own_time = finished - began, waiting = now - finished;
  judge(waiting > LONG_WAIT && waiting > own_time / 2, now);
  atomic_store(&busy, 0);
}
