// libpng's simplified interface, which reports errors by value instead of by longjmp.
#include <png.h>

// The formats are macros made of flags, which Swift does not see.
enum { dls_png_gray = PNG_FORMAT_GRAY, dls_png_rgb = PNG_FORMAT_RGB, dls_png_version = PNG_IMAGE_VERSION };
