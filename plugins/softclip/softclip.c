/* softclip: clips softly between two bounds, as an example of an op with attributes and a gradient.
 *
 *   softclip(x, low=-1, high=1) = low + (high - low) * sigmoid(4 (x - middle) / (high - low))
 *
 * The slope at the middle is 1, as that of clamp; and one elementwise op made by the macro.
 *
 *   cc -O3 -march=native -shared -fPIC -I<include> -o softclip.so softclip.c -lm
 */
#include "dls_plugin.h"

#include <math.h>

typedef struct {
  double low, range, middle;
} bounds;

static int32_t read_bounds(dls_call *call, bounds *b) {
  double low = call->values[0].number, high = call->values[1].number;
  if (!(high > low))
    return dls_fail_argf(call, 2, -1, "`high` must lie above `low`: %g is not above %g", high, low);
  b->low = low;
  b->range = high - low;
  b->middle = (low + high) / 2;
  return 0;
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static int32_t forward(dls_call *call) {
  const dls_tensor *in = call->tensors[0];
  bounds b = {0, 0, 0};
  if (read_bounds(call, &b)) return -1;
  int64_t count = dls_numel(in);
  if (dls_is_f32(in)) {
    const float *x = dls_data(in);
    float *y = dls_data(call->outputs[0]);
    for (int64_t i = 0; i < count; i++)
      y[i] = (float)(b.low + b.range * sigmoid(4 * (x[i] - b.middle) / b.range));
  } else if (dls_is_f64(in)) {
    const double *x = dls_data(in);
    double *y = dls_data(call->outputs[0]);
    for (int64_t i = 0; i < count; i++)
      y[i] = b.low + b.range * sigmoid(4 * (x[i] - b.middle) / b.range);
  } else {
    return call->host->fail_arg(call, 0, -1, "needs a float tensor (f32 or f64)");
  }
  return 0;
}

/* With s the sigmoid, dy/dx = 4 s (1 - s), and s = (y - low) / range. */
static int32_t vjp(dls_call *call) {
  const dls_tensor *out = call->outputs[0];
  bounds b = {0, 0, 0};
  if (read_bounds(call, &b)) return -1;
  int64_t count = dls_numel(out);
  if (dls_is_f32(out)) {
    const float *y = dls_data(out), *g = dls_data(call->output_gradients[0]);
    float *result = dls_data(call->tensor_gradients[0]);
    for (int64_t i = 0; i < count; i++) {
      double s = (y[i] - b.low) / b.range;
      result[i] = (float)(g[i] * 4 * s * (1 - s));
    }
  } else {
    const double *y = dls_data(out), *g = dls_data(call->output_gradients[0]);
    double *result = dls_data(call->tensor_gradients[0]);
    for (int64_t i = 0; i < count; i++) {
      double s = (y[i] - b.low) / b.range;
      result[i] = g[i] * 4 * s * (1 - s);
    }
  }
  return 0;
}

static const dls_param params[] = {
    DLS_PARAM_TENSOR("input"),
    DLS_PARAM_DOUBLE("low", -1),
    DLS_PARAM_DOUBLE("high", 1),
};

DLS_ELEMENTWISE(bump, exp(-x *x), -2 * x * y)

static const dls_op ops[] = {
    {sizeof(dls_op), 1, "softclip", "Clips softly between two bounds.",
     "low + (high - low) sigmoid(4 (x - middle) / (high - low)): the slope in the middle is 1.\n"
     "Takes a float tensor of any shape and gives one of the same.",
     "softclip(tensor([0.0, 10.0]))  #=> [0.0, 1.0]  f32[2]", params, 3, 1, NULL, forward, vjp,
     NULL, NULL},
    DLS_ELEMENTWISE_OP(bump, "exp(-x^2), element by element.",
                       "bump(tensor([0.0, 1.0]))  #=> [1.0, 0.3679]  f32[2]"),
};

DLS_PLUGIN("softclip", "1.0", "A soft clip and a bump.", ops);
