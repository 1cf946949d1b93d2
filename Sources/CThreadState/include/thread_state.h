// Per-thread switches that the tensor core reads on every op, and the process's interrupt flag.
// Swift has no native thread-local storage; a C one costs a single load.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// How many `no_grad` scopes this thread is inside; gradients are recorded at zero.
extern _Thread_local int32_t dls_no_grad_depth;

/// Set by SIGINT; polled at loop back-edges, calls and inside long kernels.
extern volatile int32_t dls_interrupt_flag;

static inline int32_t dls_get_no_grad_depth(void) { return dls_no_grad_depth; }
static inline void dls_set_no_grad_depth(int32_t depth) { dls_no_grad_depth = depth; }
static inline bool dls_is_interrupted(void) { return dls_interrupt_flag != 0; }
static inline void dls_set_interrupted(bool on) { dls_interrupt_flag = on ? 1 : 0; }
