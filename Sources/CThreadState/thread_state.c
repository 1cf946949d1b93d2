#define _GNU_SOURCE
#include <string.h>

#include "thread_state.h"

const void *dls_find(const void *text, size_t length, const void *part, size_t part_length) {
  return memmem(text, length, part, part_length);
}

_Thread_local int32_t dls_no_grad_depth = 0;
_Thread_local int64_t dls_last_walk = 0;
volatile int32_t dls_interrupt_flag = 0;

static _Thread_local int64_t sequence = 0;
int64_t dls_next_sequence(void) { return ++sequence; }

static _Thread_local void *graveyard = NULL;
void *dls_get_graveyard(void) { return graveyard; }
void dls_set_graveyard(void *value) { graveyard = value; }

static _Thread_local void *ring = NULL;
void *dls_get_ring(void) { return ring; }
void dls_set_ring(void *value) { ring = value; }
