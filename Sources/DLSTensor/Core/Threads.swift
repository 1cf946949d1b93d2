// Kernels on several threads, and the flag that stops them.

import CThreadState

/// The interrupt flag: set by Ctrl-C, polled by loops and long kernels.
package enum Interrupt {
  @inline(__always) package static var isSet: Bool { dls_is_interrupted() }
  package static func set() { dls_set_interrupted(true) }
  package static func clear() { dls_set_interrupted(false) }

  package static func check() throws(TensorError) {
    if isSet { throw TensorError("interrupted", "interrupted") }
  }
}

package enum Parallel {
  package static var threads: Int {
    get { Int(dls_get_threads()) }
    set { dls_set_threads(Int32(clamping: newValue)) }
  }

  /// Runs `body(begin, end)` over [0, count) on the threads, in equal pieces of at least `grain`.
  package static func forEach(
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
