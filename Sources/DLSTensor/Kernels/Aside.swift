// Long work that hears no interrupt, on a thread of its own.

import Glibc
import Synchronization

/// LAPACK looks at no flag: what takes long runs aside, and Ctrl-C leaves it behind. It then ends by
/// itself, and nobody reads what it found.
enum Aside {
  /// From so many multiplications on, some 20 ms, a thread is worth its start.
  private static let longest = 1 << 28

  private final class Job: Sendable {
    let work: @Sendable () -> Void
    let isDone = Atomic<Bool>(false)
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }

  private final class Result<R: Sendable>: Sendable {
    let value = Mutex<R?>(nil)
  }

  static func run<R: Sendable>(_ cost: Int, _ body: @escaping @Sendable () -> R)
    throws(TensorError) -> R
  {
    if cost < longest { return body() }
    let result = Result<R>()
    let job = Job {
      let value = body()
      result.value.withLock { $0 = value }
    }
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        let job = Unmanaged<Job>.fromOpaque(raw).takeRetainedValue()
        job.work()
        job.isDone.store(true, ordering: .releasing)
        return nil
      }, Unmanaged.passRetained(job).toOpaque())
    if failed != 0 {
      Unmanaged.passUnretained(job).release()
      return body()
    }
    pthread_detach(thread)
    while !job.isDone.load(ordering: .acquiring) {
      try Interrupt.check()
      usleep(500)
    }
    guard let value = result.value.withLock({ $0 }) else { throw Interrupt.stopped }
    return value
  }
}
