// The C library's functions of plain numbers.

import Glibc

package enum Scalar64 {
  package static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  package static func fmod(_ x: Double, _ y: Double) -> Double { Glibc.fmod(x, y) }

  /// Seconds since some fixed moment.
  package static func now() -> Double { seconds(CLOCK_MONOTONIC) }

  /// Seconds that the processor has spent on this process.
  package static func processorTime() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

  private static func seconds(_ clock: clockid_t) -> Double {
    var t = timespec()
    clock_gettime(clock, &t)
    return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
  }
}
