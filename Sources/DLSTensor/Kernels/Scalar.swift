// The C library's functions of one number, under names that do not meet the tensors' own.

import Glibc

enum Scalar {
  static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  static func log(_ x: Double) -> Double { Glibc.log(x) }
  static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  static func atan2(_ y: Double, _ x: Double) -> Double { Glibc.atan2(y, x) }
  static func erf(_ x: Double) -> Double { Glibc.erf(x) }
  static func logaddexp(_ x: Double, _ y: Double) -> Double {
    x == y ? x + Glibc.log(2) : Swift.max(x, y) + Glibc.log1p(Glibc.exp(-Swift.abs(x - y)))
  }
  static func log10(_ x: Double) -> Double { Glibc.log10(x) }
}
