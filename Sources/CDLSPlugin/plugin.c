/* The header is all there is: plugins and host only share declarations. */
#include "dls_plugin.h"
