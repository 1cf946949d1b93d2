// A thread that stops the script when its time or its memory is used up.

import DLSTensor
import Glibc
import Synchronization

/// Looks every twenty milliseconds, and only sets the flag that the interpreter and the kernels poll:
/// it shares no object with them.
enum Watch {
  /// Milliseconds of the clock at which time is up; 0 when it is not limited.
  private static let deadline = Atomic<Int64>(0)
  private static let isRunning = Atomic<Bool>(false)

  static func start(_ seconds: Double?) {
    deadline.store(
      seconds.map { now() + Int64(min($0 * 1000, 1e15)) } ?? 0, ordering: .relaxed)
    if isRunning.exchange(true, ordering: .relaxed) { return }
    var thread = pthread_t()
    let started = pthread_create(
      &thread, nil,
      { _ in
        while true {
          Watch.look()
          usleep(20_000)
        }
      }, nil)
    if started == 0 { pthread_detach(thread) }
  }

  private static func look() {
    if Interrupt.isSet { return }
    let end = deadline.load(ordering: .relaxed)
    if end != 0, now() >= end {
      deadline.store(0, ordering: .relaxed)
      Interrupt.set(.time)
    } else if Storage.isExceeded {
      Interrupt.set(.memory)
    }
  }

  private static func now() -> Int64 {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return Int64(t.tv_sec) * 1000 + Int64(t.tv_nsec) / 1_000_000
  }
}
