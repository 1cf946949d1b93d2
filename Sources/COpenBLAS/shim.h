// OpenBLAS's products, and the LAPACK routines that Debian's build carries without a header.
#pragma once
#include <cblas.h>
