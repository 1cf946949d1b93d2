// Matrix products: OpenBLAS on one thread for each piece of the result, the pieces on our threads.

import COpenBLAS

/// A matrix as BLAS takes it: where it begins, the distance of its rows, and whether it lies
/// transposed.
struct BLASMatrix {
  /// Holds the numbers, which may be a copy.
  let tensor: Tensor
  let isTransposed: Bool
  let lead: Int

  /// The last two dimensions, without a copy when one of them has stride 1.
  init(_ x: Tensor) {
    let rows = x.shape[x.rank - 2]
    let columns = x.shape[x.rank - 1]
    if x.isContiguous {
      (tensor, isTransposed, lead) = (x, false, max(columns, 1))
      return
    }
    let rowStep = x.strides[x.rank - 2]
    let columnStep = x.strides[x.rank - 1]
    if columnStep == 1 || columns == 1, rowStep >= max(columns, 1), rowStep <= Int(Int32.max) {
      (tensor, isTransposed, lead) = (x, false, rowStep)
    } else if rowStep == 1 || rows == 1, columnStep >= max(rows, 1), columnStep <= Int(Int32.max) {
      (tensor, isTransposed, lead) = (x, true, columnStep)
    } else {
      (tensor, isTransposed, lead) = (x.packed(), false, max(columns, 1))
    }
  }

  /// The same numbers read the other way round.
  var transposed: BLASMatrix {
    BLASMatrix(tensor: tensor, isTransposed: !isTransposed, lead: lead)
  }

  private init(tensor: Tensor, isTransposed: Bool, lead: Int) {
    self.tensor = tensor
    self.isTransposed = isTransposed
    self.lead = lead
  }

  /// Elements from the first one to that of a row or a column.
  func offset(row: Int) -> Int { isTransposed ? row : row * lead }
  func offset(column: Int) -> Int { isTransposed ? column * lead : column }
}

enum MatrixProduct {
  /// From so many multiplications on, a second thread pays.
  private static let grain = 1 << 19

  /// Sizes that BLAS can take.
  static func check(_ sizes: Int...) throws(TensorError) {
    for size in sizes where size > Int(Int32.max) {
      throw TensorError("bad-size", "a matrix of this size is beyond OpenBLAS")
    }
  }

  /// y = beta y + a b for [m, k] and [k, n], y dense at `to` elements after its first.
  static func run(
    _ a: BLASMatrix, _ b: BLASMatrix, _ y: Tensor, _ m: Int, _ n: Int, _ k: Int, beta: Double = 0,
    fromA: Int = 0, fromB: Int = 0, to: Int = 0
  ) {
    let work = m * n * k
    // Along the longer side, in pieces of whole kernel tiles.
    let byRows = m >= n
    let side = byRows ? m : n
    let tile = 16
    let tiles = (side + tile - 1) / tile
    let perTile = max(1, work / max(tiles, 1))
    useOneThread()
    Parallel.forEach(tiles, grain: max(1, (grain / 2 + perTile - 1) / perTile)) { first, last in
      let from = first * tile
      let count = min(last * tile, side) - from
      if byRows {
        call(
          a, b, y, count, n, k, beta, fromA + a.offset(row: from), fromB, to + from * n, n)
      } else {
        call(a, b, y, m, count, k, beta, fromA, fromB + b.offset(column: from), to + from, n)
      }
    }
  }

  /// OpenBLAS's own threads would meet ours.
  private static func useOneThread() {
    if openblas_get_num_threads() != 1 { openblas_set_num_threads(1) }
  }

  /// Many small products [m, k] @ [k, n]: on threads by the batch.
  static func batches(
    _ count: Int, _ a: BLASMatrix, _ stepA: Int, _ b: BLASMatrix, _ stepB: Int, _ y: Tensor,
    _ m: Int,
    _ n: Int, _ k: Int
  ) {
    if count < Parallel.threads || m * n * k > 1 << 22 {
      for i in 0..<count {
        run(a, b, y, m, n, k, fromA: i * stepA, fromB: i * stepB, to: i * m * n)
      }
      return
    }
    useOneThread()
    Parallel.forEach(count, grain: max(1, grain / 2 / max(m * n * k, 1))) { first, last in
      for i in first..<last {
        call(a, b, y, m, n, k, 0, i * stepA, i * stepB, i * m * n, n)
      }
    }
  }

  /// The most multiplications of one call of BLAS, which hears no interrupt: some 50 ms.
  private static let longest = 1 << 31

  /// A product in calls short enough for Ctrl-C: what is longer is halved along its longest side.
  /// After an interrupt the result is not whole, and whoever asked for it checks.
  private static func call(
    _ a: BLASMatrix, _ b: BLASMatrix, _ y: Tensor, _ m: Int, _ n: Int, _ k: Int, _ beta: Double,
    _ fromA: Int, _ fromB: Int, _ to: Int, _ lead: Int
  ) {
    if Interrupt.isSet { return }
    let side = max(m, n, k)
    if m * n * k <= longest || side < 64 {
      return callOnce(a, b, y, m, n, k, beta, fromA, fromB, to, lead)
    }
    let half = (side / 2 + 15) & ~15
    if side == k {
      call(a, b, y, m, n, half, beta, fromA, fromB, to, lead)
      call(
        a, b, y, m, n, k - half, 1, fromA + a.offset(column: half), fromB + b.offset(row: half), to,
        lead)
    } else if side == m {
      call(a, b, y, half, n, k, beta, fromA, fromB, to, lead)
      call(
        a, b, y, m - half, n, k, beta, fromA + a.offset(row: half), fromB, to + half * lead, lead)
    } else {
      call(a, b, y, m, half, k, beta, fromA, fromB, to, lead)
      call(a, b, y, m, n - half, k, beta, fromA, fromB + b.offset(column: half), to + half, lead)
    }
  }

  private static func callOnce(
    _ a: BLASMatrix, _ b: BLASMatrix, _ y: Tensor, _ m: Int, _ n: Int, _ k: Int, _ beta: Double,
    _ fromA: Int, _ fromB: Int, _ to: Int, _ lead: Int
  ) {
    let p = a.isTransposed ? CblasTrans : CblasNoTrans
    let q = b.isTransposed ? CblasTrans : CblasNoTrans
    let (m, n, k) = (Int32(m), Int32(n), Int32(k))
    if y.dtype == .f32 {
      cblas_sgemm(
        CblasRowMajor, p, q, m, n, k, 1, a.tensor.pointer(Float.self) + fromA, Int32(a.lead),
        b.tensor.pointer(Float.self) + fromB, Int32(b.lead), Float(beta),
        y.pointer(Float.self) + to, Int32(lead))
    } else {
      cblas_dgemm(
        CblasRowMajor, p, q, m, n, k, 1, a.tensor.pointer(Double.self) + fromA, Int32(a.lead),
        b.tensor.pointer(Double.self) + fromB, Int32(b.lead), beta, y.pointer(Double.self) + to,
        Int32(lead))
    }
  }
}
