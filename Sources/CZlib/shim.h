// zlib, for gzip files and for the members of a NumPy archive.
#include <zlib.h>

// `inflateInit2` and `deflateInit2` are macros, which Swift does not see.
static inline int dls_inflate_start(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}
static inline int dls_deflate_start(z_stream *stream, int window_bits) {
  return deflateInit2(stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
