/* dls_plugin.h: what a plugin of dls and its host say to each other.
 *
 * A plugin is a shared object that exports one symbol, `dls_plugin_entry`. It links nothing of dls.
 *
 *   cc -O3 -march=native -shared -fPIC -o softclip.so softclip.c -lm
 *
 * and in a script: `plugin "softclip"`. See plugins/softclip/softclip.c for a whole one.
 *
 * Every struct starts with its size, so that fields can be added at its end; the host's table only
 * ever grows, and a function that an older host lacks is NULL (or lies past `size`).
 */
#ifndef DLS_PLUGIN_H
#define DLS_PLUGIN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Major in the upper half: another major is refused. Minor in the lower: newer ones are accepted. */
#define DLS_PLUGIN_ABI 0x00010000u

/* --- Tensors: DLPack 1.x's layout and codes, so that a DLTensor pointer may be cast to this. --- */

typedef struct dls_dtype {
  uint8_t code; /* 0 int, 2 float, 6 bool */
  uint8_t bits;
  uint16_t lanes; /* 1 */
} dls_dtype;

enum { DLS_INT = 0, DLS_FLOAT = 2, DLS_BOOL = 6 };

typedef struct dls_device {
  int32_t type; /* 1: the processor */
  int32_t id;
} dls_device;

/* Contiguous and row-major, the data aligned to 64 bytes where it is not a view; lent for the call. */
typedef struct dls_tensor {
  void *data;
  dls_device device;
  int32_t ndim;
  dls_dtype dtype;
  int64_t *shape;
  int64_t *strides; /* in elements, never NULL */
  uint64_t byte_offset;
} dls_tensor;

/* --- Parameters of an op, in the order in which a script gives them. --- */

enum { DLS_TENSOR = 1, DLS_INT64 = 2, DLS_DOUBLE = 3, DLS_BOOLEAN = 4, DLS_STRING = 5 };
enum { DLS_REQUIRED = 0, DLS_OPTIONAL = 1 };

/* A value that is not a tensor. */
typedef struct dls_value {
  int64_t integer; /* ints, and bools as 0 or 1 */
  double number;
  const char *text; /* UTF-8, NUL at its end */
} dls_value;

typedef struct dls_param {
  const char *name;
  int32_t kind;
  int32_t presence;
  dls_value fallback; /* what it is when left out; a tensor cannot be left out */
} dls_param;

#define DLS_PARAM_TENSOR(name) {name, DLS_TENSOR, DLS_REQUIRED, {0, 0, 0}}
#define DLS_PARAM_INT(name, value) {name, DLS_INT64, DLS_OPTIONAL, {value, 0, 0}}
#define DLS_PARAM_DOUBLE(name, value) {name, DLS_DOUBLE, DLS_OPTIONAL, {0, value, 0}}
#define DLS_PARAM_BOOL(name, value) {name, DLS_BOOLEAN, DLS_OPTIONAL, {value, 0, 0}}
#define DLS_PARAM_STRING(name, value) {name, DLS_STRING, DLS_OPTIONAL, {0, 0, value}}

/* --- One call. --- */

typedef struct dls_host dls_host;

typedef struct dls_call {
  uint32_t size;
  int32_t tensor_count; /* tensors given, in the order of the tensor parameters */
  const dls_host *host;
  const dls_tensor *const *tensors;
  const dls_value *values; /* one for each parameter that is not a tensor, in order */
  int32_t value_count;
  int32_t output_count;
  dls_tensor *const *outputs; /* allocated by the host after the shape rule; to be filled whole.
                                 In a gradient: what forward made, to be read only. */
  const dls_tensor *const *output_gradients; /* gradient only */
  dls_tensor *const *tensor_gradients; /* gradient only: to be filled whole; NULL where unused */
  void *session;                       /* the host's own */
} dls_call;

/* What a shape rule says of one output. */
typedef struct dls_shape {
  dls_dtype dtype;
  int32_t ndim;
  int64_t sizes[16];
} dls_shape;

/* What the host can do for a plugin. None of these takes variable arguments. */
struct dls_host {
  uint32_t size;
  uint32_t abi;
  /* Says what is wrong (copied) and returns -1, to be returned. */
  int32_t (*fail)(dls_call *call, const char *text);
  /* The same, about one argument (from 0, in the order of the parameters); axis -1: all of it. */
  int32_t (*fail_arg)(dls_call *call, int32_t argument, int32_t axis, const char *text);
  /* Nonzero once the user has pressed Ctrl-C: clean up and return -1. */
  int32_t (*cancelled)(dls_call *call);
  /* Memory that lives until the call returns, aligned to 64 bytes; NULL when there is none. */
  void *(*scratch)(dls_call *call, size_t bytes);
  /* Runs body(context, begin, end) over [0, count) in pieces of at least `grain`, on threads. */
  void (*parallel_for)(dls_call *call, int64_t count, int64_t grain,
                       void (*body)(void *context, int64_t begin, int64_t end), void *context);
  /* Row-major C = alpha A B + beta C, with A [m, k], B [k, n], C [m, n]. */
  void (*sgemm)(dls_call *call, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                const float *b, float beta, float *c);
  void (*dgemm)(dls_call *call, int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                const double *b, double beta, double *c);
  /* Numbers from [0, 1) of the session's generator, so that seed(n) covers plugins too. */
  void (*random_uniform)(dls_call *call, float *out, int64_t count);
};

/* --- One op. --- */

typedef int32_t (*dls_shape_rule)(dls_call *call, dls_shape *outputs);
typedef int32_t (*dls_function)(dls_call *call); /* 0, or -1 after fail */

typedef struct dls_op {
  uint32_t size;
  int32_t output_count;
  const char *name;
  const char *summary;       /* one sentence */
  const char *documentation; /* formula, shapes, paper */
  const char *example;       /* dls, with `#=>` lines */
  const dls_param *params;
  int32_t param_count;
  int32_t is_thread_safe; /* calls are one after another unless this is 1 */
  dls_shape_rule shape;   /* NULL: every output is as the first tensor */
  dls_function forward;
  /* The gradient: exactly one of these three. */
  dls_function vjp;
  const char *gradient_source;        /* a dls function: `(g, y, x) -> g * cos(x)` */
  const char *not_differentiable_why; /* a stated decision */
} dls_op;

typedef struct dls_plugin {
  uint32_t abi; /* DLS_PLUGIN_ABI; stands first, and is checked before all else */
  uint32_t size;
  const char *name;
  const char *version;
  const char *summary;
  const dls_op *ops;
  uint32_t op_size; /* sizeof(dls_op) when the plugin was built: the stride of `ops` */
  int32_t op_count;
} dls_plugin;

#if defined(__cplusplus)
#define DLS_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define DLS_EXPORT __attribute__((visibility("default")))
#endif

/* DLS_PLUGIN("name", "1.0", "Summary.", ops) declares the plugin whose ops are that array. */
#define DLS_PLUGIN(name, version, summary, ops)                                                   \
  DLS_EXPORT const dls_plugin dls_plugin_entry = {                                                \
      DLS_PLUGIN_ABI, sizeof(dls_plugin), name, version, summary,                                 \
      ops,            sizeof(dls_op),     (int32_t)(sizeof(ops) / sizeof((ops)[0]))}

/* --- Helpers. --- */

static inline int64_t dls_numel(const dls_tensor *t) {
  int64_t n = 1;
  for (int32_t i = 0; i < t->ndim; i++) n *= t->shape[i];
  return n;
}

static inline void *dls_data(const dls_tensor *t) { return (char *)t->data + t->byte_offset; }

static inline int dls_is_f32(const dls_tensor *t) {
  return t->dtype.code == DLS_FLOAT && t->dtype.bits == 32;
}

static inline int dls_is_f64(const dls_tensor *t) {
  return t->dtype.code == DLS_FLOAT && t->dtype.bits == 64;
}

/* `return dls_fail_argf(call, 0, 1, "needs 3 columns, got %d", n);`, argument -1 for the whole call.
 * Formats here, so that the host's own functions take fixed arguments. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5), unused))
#endif
static int32_t dls_fail_argf(dls_call *call, int32_t argument, int32_t axis, const char *format,
                             ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  return argument < 0 ? call->host->fail(call, text)
                      : call->host->fail_arg(call, argument, axis, text);
}

/* An elementwise op of one tensor: FORWARD in `x`, DERIVATIVE in `x` and `y` (the result).
 *
 *   DLS_ELEMENTWISE(cube, x * x * x, 3 * x * x)
 *   static const dls_op ops[] = {DLS_ELEMENTWISE_OP(cube, "x cubed.", "cube(tensor([2.0]))  #=> ...")};
 */
#define DLS_ELEMENTWISE(op, FORWARD, DERIVATIVE)                                                  \
  static int32_t op##_forward(dls_call *call) {                                                   \
    const dls_tensor *in = call->tensors[0];                                                      \
    int64_t count = dls_numel(in);                                                                \
    if (dls_is_f32(in)) {                                                                         \
      const float *xs = (const float *)dls_data(in);                                              \
      float *ys = (float *)dls_data(call->outputs[0]);                                            \
      for (int64_t i = 0; i < count; i++) { float x = xs[i]; ys[i] = (float)(FORWARD); }          \
    } else if (dls_is_f64(in)) {                                                                  \
      const double *xs = (const double *)dls_data(in);                                            \
      double *ys = (double *)dls_data(call->outputs[0]);                                          \
      for (int64_t i = 0; i < count; i++) { double x = xs[i]; ys[i] = (FORWARD); }                \
    } else {                                                                                      \
      return call->host->fail_arg(call, 0, -1, "needs a float tensor (f32 or f64)");              \
    }                                                                                             \
    return 0;                                                                                     \
  }                                                                                               \
  static int32_t op##_vjp(dls_call *call) {                                                       \
    const dls_tensor *in = call->tensors[0];                                                      \
    int64_t count = dls_numel(in);                                                                \
    if (dls_is_f32(in)) {                                                                         \
      const float *xs = (const float *)dls_data(in), *ys = (const float *)dls_data(call->outputs[0]),\
                  *gs = (const float *)dls_data(call->output_gradients[0]);                       \
      float *out = (float *)dls_data(call->tensor_gradients[0]);                                  \
      for (int64_t i = 0; i < count; i++) {                                                       \
        float x = xs[i], y = ys[i];                                                               \
        (void)x, (void)y;                                                                         \
        out[i] = gs[i] * (float)(DERIVATIVE);                                                     \
      }                                                                                           \
    } else {                                                                                      \
      const double *xs = (const double *)dls_data(in),                                            \
                   *ys = (const double *)dls_data(call->outputs[0]),                              \
                   *gs = (const double *)dls_data(call->output_gradients[0]);                     \
      double *out = (double *)dls_data(call->tensor_gradients[0]);                                \
      for (int64_t i = 0; i < count; i++) {                                                       \
        double x = xs[i], y = ys[i];                                                              \
        (void)x, (void)y;                                                                         \
        out[i] = gs[i] * (DERIVATIVE);                                                            \
      }                                                                                           \
    }                                                                                             \
    return 0;                                                                                     \
  }                                                                                               \
  static const dls_param op##_params[] = {DLS_PARAM_TENSOR("input")};

#define DLS_ELEMENTWISE_OP(op, summary, example)                                                  \
  {sizeof(dls_op), 1, #op, summary, "", example, op##_params, 1, 1, NULL,                         \
   op##_forward, op##_vjp, NULL, NULL}

#ifdef __cplusplus
}
#endif
#endif
