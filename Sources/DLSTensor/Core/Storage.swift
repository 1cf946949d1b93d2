// The memory of tensors: pooled buffers, and the limit on them.

import CThreadState

/// A buffer that tensors view. It goes back to the pool when the last view of it is gone.
package final class Storage {
  package let pointer: UnsafeMutableRawPointer
  let capacity: Int

  private init(pointer: UnsafeMutableRawPointer, capacity: Int) {
    self.pointer = pointer
    self.capacity = capacity
  }

  deinit { if capacity > 0 { dls_buffer_give(pointer, capacity) } }

  /// What a tensor has that is only a shape: ops skip their kernels, and sizes are still checked.
  package nonisolated(unsafe) static let meta = Storage(
    pointer: UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped, capacity: 0)

  package var isMeta: Bool { self === Storage.meta }

  /// The most bytes that tensors may take together; `--max-memory`.
  package nonisolated(unsafe) static var limit = Int(Double(MemoryLimits.available) * 0.9)

  /// True when tensors and the values of the language together exceed the limit; asked now and then
  /// by the thread that watches, since a list may grow a little at a time.
  package static var isExceeded: Bool {
    if dls_heap_bytes() + bytesInUse <= limit { return false }
    return residentBytes() > limit
  }

  package static var bytesInUse: Int { dls_bytes_in_use() }

  /// How many buffers the pool did not have and made.
  package static var buffersMade: Int { dls_buffers_made() }

  /// A buffer, not cleared. Asked before it is made: too much is an error, not a crash.
  package static func allocate(bytes: Int) throws(TensorError) -> Storage {
    if bytes > 1 << 16, bytes > limit || bytesInUse > limit - bytes {
      throw outOfMemory(bytes)
    }
    var capacity = 0
    guard let pointer = dls_buffer_take(bytes, &capacity) else { throw outOfMemory(bytes) }
    return Storage(pointer: pointer, capacity: capacity)
  }

  /// Refuses working memory beside the tensors that would not fit.
  static func require(bytes: Int) throws(TensorError) {
    if bytes > 1 << 16, bytes > limit || bytesInUse > limit - bytes { throw outOfMemory(bytes) }
  }

  private static func outOfMemory(_ bytes: Int) -> TensorError {
    TensorError(
      "out-of-memory",
      "a tensor of \(readable(bytes)) does not fit: \(readable(bytesInUse)) of "
        + "\(readable(limit)) are in use")
  }

  package static func readable(_ bytes: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1000, unit + 1 < units.count {
      value /= 1000
      unit += 1
    }
    return unit == 0 ? "\(bytes) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
  }
}

import Glibc

/// What the process holds in memory, by the system's own count.
private func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 128)
  guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
  let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  return pages * max(sysconf(Int32(_SC_PAGESIZE)), 4096)
}

/// The number of references to an object, by the runtime's own count.
@_silgen_name("swift_retainCount")
private func retainCount(_ object: UnsafeRawPointer) -> UInt

extension Tensor {
  /// True when nothing else can see these elements, so that a kernel may overwrite them. `held` is
  /// how many references to the tensor itself the caller knows of.
  package func isUniquelyHeld(references held: UInt) -> Bool {
    retainCount(Unmanaged.passUnretained(self).toOpaque()) <= held && isOnlyView
  }

  /// True when no other tensor views the same storage.
  var isOnlyView: Bool { retainCount(Unmanaged.passUnretained(storage).toOpaque()) <= 1 }
}
