// Which kernels OpenBLAS uses, and on how many threads: one, since products run on our own.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

// OpenBLAS's own, where it is built to choose among kernels; absent otherwise.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));
extern void openblas_set_num_threads(int) __attribute__((weak));
extern int blas_thread_shutdown_(void) __attribute__((weak));

__attribute__((constructor)) static void prepare(void) {
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  // Its threads would yield in a circle for the first tenth of a second, a processor's whole time.
  if (blas_thread_shutdown_) blas_thread_shutdown_();
#if defined(__x86_64__)
  // An OpenBLAS that does not know the processor takes AVX2 kernels: half the speed of the AVX-512
  // ones that it has. It is told to choose again, once. Whoever sets OPENBLAS_CORETYPE has a reason,
  // such as kernels that go wrong on this processor, and is obeyed; DLS_BLAS_CORE decides for dls alone.
  if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit || !openblas_get_corename) return;
  const char *wish = getenv("DLS_BLAS_CORE");
  if (!wish) {
    if (getenv("OPENBLAS_CORETYPE")) return;
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
      return;
    }
    const char *core = openblas_get_corename();
    if (strcmp(core, "Haswell") != 0 && strcmp(core, "Zen") != 0) return;
    wish = "SkylakeX";
  }
  const char *before = getenv("OPENBLAS_CORETYPE");
  char *kept = before ? strdup(before) : NULL;
  setenv("OPENBLAS_CORETYPE", wish, 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  if (kept) setenv("OPENBLAS_CORETYPE", kept, 1);
  else unsetenv("OPENBLAS_CORETYPE");
  free(kept);
#endif
}
