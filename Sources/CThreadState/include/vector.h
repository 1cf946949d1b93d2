// Vector instructions that Swift's SIMD types reach only lane by lane; imported as SIMD16<Float> and
// SIMD8<Double>, and inlined.
#pragma once

typedef float dls_f16 __attribute__((ext_vector_type(16)));
typedef unsigned dls_w16 __attribute__((ext_vector_type(16)));
typedef double dls_d8 __attribute__((ext_vector_type(8)));

static inline dls_f16 dls_root_f16(dls_f16 x) { return __builtin_elementwise_sqrt(x); }
static inline dls_d8 dls_root_d8(dls_d8 x) { return __builtin_elementwise_sqrt(x); }
static inline dls_f16 dls_floor_f16(dls_f16 x) { return __builtin_elementwise_floor(x); }
static inline dls_d8 dls_floor_d8(dls_d8 x) { return __builtin_elementwise_floor(x); }
/// To the nearest, halves to even.
static inline dls_f16 dls_round_f16(dls_f16 x) { return __builtin_elementwise_roundeven(x); }
/// The largest magnitude of all lanes.
static inline float dls_reach_f16(dls_f16 x) {
  return __builtin_reduce_max(__builtin_elementwise_abs(x));
}

/// `value` where the word lies below the limit, else 0.
static inline dls_f16 dls_keep_f16(dls_w16 words, unsigned limit, float value) {
  dls_f16 kept = value, none = 0;
  return words < (dls_w16)limit ? kept : none;
}
