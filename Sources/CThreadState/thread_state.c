#include "thread_state.h"

_Thread_local int32_t dls_no_grad_depth = 0;
volatile int32_t dls_interrupt_flag = 0;
