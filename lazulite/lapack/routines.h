#pragma once

#include <complex>

#include "lazulite/ops/linalg/dense.h"

// The routines of LAPACK that are used, one overload for each type; all arguments that are lengths
// of texts are hidden behind the others, as Fortran's compilers have it.
namespace lazulite::lapack {

using Complex = dense::Complex;

extern "C" {
using Text = const char*;
using Number = const int*;
void dpotrf_(Text, Number, double*, Number, int*, size_t);
void dgetrf_(Number, Number, double*, Number, int*, int*);
void dlaswp_(Number, double*, Number, Number, Number, const int*, Number);
void dtrsm_(Text, Text, Text, Text, Number, Number, const double*, const double*, Number, double*,
            Number, size_t, size_t, size_t, size_t);
void dgeqrf_(Number, Number, double*, Number, double*, double*, Number, int*);
void dorgqr_(Number, Number, Number, double*, Number, const double*, double*, Number, int*);
void dsyevd_(Text, Text, Number, double*, Number, double*, double*, Number, int*, Number, int*,
             size_t, size_t);
void zheevd_(Text, Text, Number, Complex*, Number, double*, Complex*, Number, double*, Number, int*,
             Number, int*, size_t, size_t);
void dgesdd_(Text, Number, Number, double*, Number, double*, double*, Number, double*, Number,
             double*, Number, int*, int*, size_t);
void zgesdd_(Text, Number, Number, Complex*, Number, double*, Complex*, Number, Complex*, Number,
             Complex*, Number, double*, int*, int*, size_t);
void dgeev_(Text, Text, Number, double*, Number, double*, double*, double*, Number, double*, Number,
            double*, Number, int*, size_t, size_t);
void zgeev_(Text, Text, Number, Complex*, Number, Complex*, Complex*, Number, Complex*, Number,
            Complex*, Number, double*, int*, size_t, size_t);
}

}  // namespace lazulite::lapack
