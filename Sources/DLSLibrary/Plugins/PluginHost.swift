// What a plugin may ask of its host, as C functions with fixed arguments.

import CDLSPlugin
import COpenBLAS
import DLSRuntime
import DLSTensor
import Glibc

/// One call's side: what went wrong, scratch memory, the session's random numbers.
final class PluginCall {
  var message: String?
  var argument: Int?
  var axis: Int?
  var scratch: [UnsafeMutableRawPointer] = []
  let generator: Generator?

  init(_ generator: Generator?) { self.generator = generator }

  deinit { for memory in scratch { free(memory) } }

  static func of(_ call: UnsafeMutablePointer<dls_call>?) -> PluginCall? {
    guard let session = call?.pointee.session else { return nil }
    return Unmanaged<PluginCall>.fromOpaque(session).takeUnretainedValue()
  }

  /// The error that the plugin told of.
  func error(_ op: String) -> TensorError {
    var error = TensorError(
      "plugin-failed", "\(op): \(message ?? "the plugin gave no reason")", argument: argument)
    if let axis, axis >= 0 { error.notes.append("dimension \(axis) is meant") }
    return error
  }
}

enum PluginHost {
  /// The table that every call points to.
  nonisolated(unsafe) static let table: UnsafeMutablePointer<dls_host> = {
    let table = UnsafeMutablePointer<dls_host>.allocate(capacity: 1)
    var host = dls_host()
    host.size = UInt32(MemoryLayout<dls_host>.size)
    host.abi = DLS_PLUGIN_ABI
    host.fail = { call, text in
      PluginCall.of(call)?.message = text.map { String(cString: $0) }
      return -1
    }
    host.fail_arg = { call, argument, axis, text in
      let own = PluginCall.of(call)
      own?.message = text.map { String(cString: $0) }
      own?.argument = Int(argument)
      own?.axis = Int(axis)
      return -1
    }
    host.cancelled = { _ in Interrupt.isSet ? 1 : 0 }
    host.scratch = { call, bytes in
      guard let own = PluginCall.of(call), bytes <= 1 << 40,
        let memory = aligned_alloc(64, (max(bytes, 1) + 63) / 64 * 64)
      else { return nil }
      own.scratch.append(memory)
      return memory
    }
    host.parallel_for = { _, count, grain, body, context in
      guard let body else { return }
      let raw = UInt(bitPattern: context)
      Parallel.forEach(Int(count), grain: max(1, Int(grain))) { begin, end in
        body(UnsafeMutableRawPointer(bitPattern: raw), Int64(begin), Int64(end))
      }
    }
    host.sgemm = { _, m, n, k, alpha, a, b, beta, c in
      guard let m = Int32(exactly: m), let n = Int32(exactly: n), let k = Int32(exactly: k) else {
        return
      }
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, alpha, a, max(k, 1), b, max(n, 1), beta,
        c, max(n, 1))
    }
    host.dgemm = { _, m, n, k, alpha, a, b, beta, c in
      guard let m = Int32(exactly: m), let n = Int32(exactly: n), let k = Int32(exactly: k) else {
        return
      }
      cblas_dgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, alpha, a, max(k, 1), b, max(n, 1), beta,
        c, max(n, 1))
    }
    host.random_uniform = { call, out, count in
      guard let out, let generator = PluginCall.of(call)?.generator else { return }
      for i in 0..<Int(count) { out[i] = Float(generator.nextDouble()) }
    }
    table.initialize(to: host)
    return table
  }()
}

/// Tensors as a plugin sees them: DLPack structs with memory of their own for shapes.
final class PluginTensors {
  private var sizes: [UnsafeMutablePointer<Int64>] = []
  private var structs: [UnsafeMutablePointer<dls_tensor>] = []
  private let keep: [Tensor]

  init(_ tensors: [Tensor]) {
    keep = tensors
    for t in tensors {
      let rank = max(t.rank, 1)
      let numbers = UnsafeMutablePointer<Int64>.allocate(capacity: 2 * rank)
      for (i, n) in t.shape.enumerated() { numbers[i] = Int64(n) }
      var step: Int64 = 1
      for i in stride(from: t.rank - 1, through: 0, by: -1) {
        numbers[rank + i] = step
        step *= max(numbers[i], 1)
      }
      sizes.append(numbers)
      let raw = UnsafeMutablePointer<dls_tensor>.allocate(capacity: 1)
      let address = t.withMutableBytes { $0.baseAddress }
      raw.initialize(
        to: dls_tensor(
          data: address, device: dls_device(type: 1, id: 0), ndim: Int32(t.rank),
          dtype: PluginTensors.dtype(t.dtype),
          shape: numbers, strides: numbers + rank, byte_offset: 0))
      structs.append(raw)
    }
  }

  deinit {
    for pointer in sizes { pointer.deallocate() }
    for pointer in structs { pointer.deallocate() }
    withExtendedLifetime(keep) {}
  }

  var pointers: [UnsafePointer<dls_tensor>?] { structs.map { UnsafePointer($0) } }
  var mutablePointers: [UnsafeMutablePointer<dls_tensor>?] { structs }

  static func dtype(_ d: DType) -> dls_dtype {
    switch d {
    case .f32: dls_dtype(code: UInt8(DLS_FLOAT), bits: 32, lanes: 1)
    case .f64: dls_dtype(code: UInt8(DLS_FLOAT), bits: 64, lanes: 1)
    case .i64: dls_dtype(code: UInt8(DLS_INT), bits: 64, lanes: 1)
    case .bool: dls_dtype(code: UInt8(DLS_BOOL), bits: 8, lanes: 1)
    }
  }

  static func dtype(_ d: dls_dtype) -> DType? {
    DType.allCases.first { own in
      let other = dtype(own)
      return other.code == d.code && other.bits == d.bits && d.lanes == 1
    }
  }
}
