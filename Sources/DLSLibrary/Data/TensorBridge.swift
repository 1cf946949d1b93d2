// Between what files hold and what scripts hold.

import DLSRuntime
import DLSTensor

extension ArrayData {
  /// The same numbers as a tensor.
  func tensor() throws(TensorError) -> Tensor {
    switch elements {
    case .f32(let values): try Tensor.of(values, shape: shape)
    case .f64(let values): try Tensor.of(values, shape: shape)
    case .i64(let values): try Tensor.of(values, shape: shape)
    case .bool(let values): try Tensor.of(values, shape: shape)
    }
  }

  /// A tensor's numbers, in row-major order.
  init(_ tensor: Tensor) {
    shape = tensor.shape
    switch tensor.dtype {
    case .f32: elements = .f32(tensor.doubles().map { Float($0) })
    case .f64: elements = .f64(tensor.doubles())
    case .i64: elements = .i64(tensor.ints())
    case .bool: elements = .bool(tensor.ints().map { $0 != 0 })
    }
  }
}

extension Picture {
  /// Channels first, values 0 to 1, as networks take them.
  func tensor() throws(TensorError) -> Tensor {
    try Picture.batch([self]).reshape([channels, height, width])
  }

  /// Pictures of one size and kind as [n, channels, height, width].
  static func batch(_ pictures: [Picture]) throws(TensorError) -> Tensor {
    guard let first = pictures.first else { return try Tensor.empty([0, 1, 1, 1], .f32) }
    let (channels, plane) = (first.channels, first.width * first.height)
    let result = try Tensor.empty([pictures.count, channels, first.height, first.width], .f32)
    result.withMutableBytes { bytes in
      let values = bytes.bindMemory(to: Float.self)
      for (k, picture) in pictures.enumerated() where picture.bytes.count == channels * plane {
        for pixel in 0..<plane {
          for channel in 0..<channels {
            values[(k * channels + channel) * plane + pixel] =
              Float(picture.bytes[pixel * channels + channel]) / 255
          }
        }
      }
    }
    return result
  }

  /// From `[h, w]`, `[1, h, w]` or `[3, h, w]`; values beyond 0 to 1 are cut off.
  init?(_ tensor: Tensor) {
    let shape = tensor.shape.count == 2 ? [1] + tensor.shape : tensor.shape
    guard shape.count == 3, shape[0] == 1 || shape[0] == 3, shape[1] > 0, shape[2] > 0 else {
      return nil
    }
    let values = tensor.doubles()
    let plane = shape[1] * shape[2]
    var bytes = [UInt8](repeating: 0, count: values.count)
    for pixel in 0..<plane {
      for channel in 0..<shape[0] {
        let value = values[channel * plane + pixel]
        let cut = value.isNaN ? 0 : min(max(value, 0), 1)
        bytes[pixel * shape[0] + channel] = UInt8((cut * 255).rounded())
      }
    }
    self.init(width: shape[2], height: shape[1], channels: shape[0], bytes: bytes)
  }
}

extension Machine {
  /// A seed for a generator of one's own, drawn from the session's, so that `seed(n)` fixes it.
  func drawSeed() -> UInt64 { generator.nextWord() }

  /// 0 ..< count in random order.
  func permutation(_ count: Int) -> [Int] {
    var random = SplitMix64(seed: drawSeed())
    return (0..<count).shuffled(using: &random)
  }
}

extension Tensor {
  /// The rows with these indices.
  func rows(_ indices: some Collection<Int>) throws(TensorError) -> Tensor {
    let positions = try Tensor.of(Array(indices), shape: [indices.count])
    return try index([.tensor(positions)])
  }

  /// Whole numbers as labels, or an error that says what is wrong with them.
  func labels(_ call: Call, _ argument: Int, count: Int? = nil) throws(Failure) -> [Int] {
    guard rank == 1 else {
      throw call.fail(argument, "labels have one dimension, these have shape \(shape)")
    }
    if let count, shape[0] != count {
      throw call.fail(argument, "\(shape[0]) labels stand against \(count) rows")
    }
    if dtype == .i64 || dtype == .bool { return ints() }
    let values = doubles()
    if let at = values.firstIndex(where: { $0 != $0.rounded() || $0.magnitude > 1e15 }) {
      throw call.fail(argument, "label \(at) is \(values[at]), not a whole number")
    }
    return values.map { Int($0) }
  }
}
