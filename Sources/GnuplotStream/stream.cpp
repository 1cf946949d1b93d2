#include "gnuplot_stream.h"
