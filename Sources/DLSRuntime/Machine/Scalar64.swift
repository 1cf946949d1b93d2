// The C library's functions of plain numbers.

import Glibc

package enum Scalar64 {
  package static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  package static func fmod(_ x: Double, _ y: Double) -> Double { Glibc.fmod(x, y) }

  /// Seconds since some fixed moment.
  package static func now() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
  }
}
