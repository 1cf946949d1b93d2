// Kernels on several threads, and the flag that stops them.

import CThreadState

/// The interrupt flag: set by Ctrl-C, polled by loops and long kernels.
package enum Interrupt {
  @inline(__always) package static var isSet: Bool { dls_is_interrupted() }
  package static func set(_ reason: Reason = .user) { dls_set_interrupt(reason.rawValue) }
  package static func clear() { dls_set_interrupt(0) }

  /// Who asked to stop: Ctrl-C, `--max-time`, or the memory limit.
  package enum Reason: Int32, Sendable {
    case user = 1
    case time
    case memory
  }
  package static var reason: Reason? { Reason(rawValue: dls_get_interrupt()) }

  package static func check() throws(TensorError) {
    if isSet { throw stopped }
  }

  /// The error that ends a script.
  package static var stopped: TensorError {
    switch reason {
    case .time: TensorError("out-of-time", "stopped: the time of --max-time is over")
    case .memory:
      TensorError(
        "memory-limit",
        "stopped: the script's values take more than \(Storage.readable(Storage.limit))",
        help: ["`--max-memory` sets the limit"])
    case .user, nil: TensorError("interrupted", "interrupted")
    }
  }
}

package enum Parallel {
  package static var threads: Int {
    get { Int(dls_get_threads()) }
    set { dls_set_threads(Int32(clamping: newValue)) }
  }

  /// So many grains go to the threads at once; between two such rounds an interrupt is heard.
  private static let round = 1024

  /// Runs `body(begin, end)` over [0, count) on the threads, in equal pieces of at least `grain`.
  /// After an interrupt the rest is left out, and the machine throws before anybody sees the result.
  package static func forEach(
    _ count: Int, grain: Int, _ body: (_ begin: Int, _ end: Int) -> Void
  ) {
    let (step, overflows) = max(grain, 1).multipliedReportingOverflow(by: round)
    if overflows || count <= step { return forEachOfRound(count, grain: grain, body) }
    var from = 0
    while from < count, !Interrupt.isSet {
      let start = from
      let size = min(step, count - start)
      forEachOfRound(size, grain: grain) { body(start + $0, start + $1) }
      from += size
    }
  }

  private static func forEachOfRound(
    _ count: Int, grain: Int, _ body: (_ begin: Int, _ end: Int) -> Void
  ) {
    if count <= grain {
      if count > 0 { body(0, count) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        dls_parallel_for(
          Int64(count), Int64(grain),
          { context, begin, end in
            let body = context?.assumingMemoryBound(to: ((Int, Int) -> Void).self)
            body?.pointee(Int(begin), Int(end))
          }, UnsafeMutableRawPointer(mutating: pointer))
      }
    }
  }
}
