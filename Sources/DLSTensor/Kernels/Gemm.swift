// Matrix products on raw memory, for kernels that keep their own blocks and threads.

import COpenBLAS

/// f32 and f64, as the kernels of networks are written for both.
protocol KernelScalar: BinaryFloatingPoint, SIMDScalar, Codable {
  /// c = a @ b + beta c, row-major; `ta` and `tb` say that an operand lies transposed.
  static func gemm(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Self>, _ lda: Int,
    _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int)
}

private func transposition(_ on: Bool) -> CBLAS_TRANSPOSE { on ? CblasTrans : CblasNoTrans }

extension Float: KernelScalar {
  static func gemm(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ lda: Int,
    _ b: UnsafePointer<Float>, _ ldb: Int, _ beta: Float, _ c: UnsafeMutablePointer<Float>,
    _ ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transposition(ta), transposition(tb), Int32(clamping: m), Int32(clamping: n),
      Int32(clamping: k), 1, a, Int32(clamping: lda), b, Int32(clamping: ldb), beta, c,
      Int32(clamping: ldc))
  }
}

extension Double: KernelScalar {
  static func gemm(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Double>, _ lda: Int,
    _ b: UnsafePointer<Double>, _ ldb: Int, _ beta: Double, _ c: UnsafeMutablePointer<Double>,
    _ ldc: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, transposition(ta), transposition(tb), Int32(clamping: m), Int32(clamping: n),
      Int32(clamping: k), 1, a, Int32(clamping: lda), b, Int32(clamping: ldb), beta, c,
      Int32(clamping: ldc))
  }
}

extension Parallel {
  /// Splits [0, count) over at most `slots` workers that each own a scratch buffer, numbered from 0.
  static func slots(
    _ count: Int, _ slots: Int, _ body: (_ slot: Int, _ begin: Int, _ end: Int) -> Void
  ) {
    let n = max(1, min(slots, count))
    forEach(n, grain: 1) { begin, end in
      for slot in begin..<end { body(slot, slot * count / n, (slot + 1) * count / n) }
    }
  }
}
