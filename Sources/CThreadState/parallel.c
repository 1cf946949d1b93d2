// Threads for kernels. One job at a time; a helper spins some microseconds for the next one, since
// ops follow each other closely, and then sleeps, since spinning threads collapse on a busy machine.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "thread_state.h"

enum { MAX_THREADS = 64, SPINS = 4000 };

static atomic_int ticket;   // grows with every job; what helpers wait on
static atomic_int sleepers;
static atomic_int running;  // helpers that still work on the job
static atomic_int busy;     // a job is under way: nested or concurrent ones run inline
static struct {
  void (*body)(void *, int64_t, int64_t);
  void *context;
  int64_t count, piece;
  int threads;
} job;
static int wanted = 0, started = 0;
static int first_seen[MAX_THREADS];  // the ticket at each helper's birth, which is not news to it

static void run_piece(int index) {
  int64_t begin = job.piece * index, end = begin + job.piece;
  if (end > job.count) end = job.count;
  if (begin < end) job.body(job.context, begin, end);
}

static void *helper(void *argument) {
  int index = (int)(intptr_t)argument, seen = first_seen[index];
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
    if (index < job.threads) run_piece(index);
    atomic_fetch_sub_explicit(&running, 1, memory_order_release);
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
  while (started < dls_get_threads() - 1) {
    pthread_t thread;
    first_seen[started + 1] = atomic_load(&ticket);
    if (pthread_create(&thread, NULL, helper, (void *)(intptr_t)(started + 1)) != 0) break;
    pthread_detach(thread);
    started++;
  }
  if (threads > started + 1) threads = started + 1;
  job.body = body;
  job.context = context;
  job.count = count;
  job.threads = threads;
  // Pieces begin on whole cache lines of floats where the count is large.
  job.piece = (count + threads - 1) / threads;
  if (job.piece > 1024) job.piece = (job.piece + 63) / 64 * 64;
  atomic_store(&running, started);
  atomic_fetch_add_explicit(&ticket, 1, memory_order_release);
  if (atomic_load(&sleepers) > 0) {
    syscall(SYS_futex, &ticket, FUTEX_WAKE_PRIVATE, MAX_THREADS, NULL, NULL, 0);
  }
  run_piece(0);
  for (int spins = 0; atomic_load_explicit(&running, memory_order_acquire) > 0; spins++) {
    if (spins < SPINS) __builtin_ia32_pause();
    else sched_yield();
  }
  atomic_store(&busy, 0);
}
