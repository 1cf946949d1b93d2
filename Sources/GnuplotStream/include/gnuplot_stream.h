// gnuplot behind a C face: a script goes in, text and status come out. No shell stands between.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What gnuplot said: to be released by dls_gnuplot_free.
typedef struct dls_gnuplot_result {
  int32_t status;     // gnuplot's exit status; -1 when it could not be started or was stopped
  char *output;       // what it wrote: terminal text, sixels
  size_t output_size;
  char *errors;       // what it complained about, NUL at the end
} dls_gnuplot_result;

/// Starts gnuplot, carries the script to it by gnuplot-iostream, and waits for its end: at most
/// `seconds`, or until `*stop` is set. With `stays` a window may outlive the call.
dls_gnuplot_result dls_gnuplot_run(const char *script, size_t size, int32_t stays, double seconds,
                                   const volatile int32_t *stop);
/// Whether a program gnuplot lies on the PATH.
int32_t dls_gnuplot_exists(void);
void dls_gnuplot_free(dls_gnuplot_result result);

#ifdef __cplusplus
}
#endif
