// Words that change data before training: scaling, and random changes of pictures.

import DLSRuntime
import DLSTensor
import Glibc

enum TransformWords {
  static let all: [Builtin] = [
    Builtin(
      "transforms", [Parameter("steps", .any, variadic: true)],
      "Functions one after another, to change pictures by: `transforms(random_flip, add_noise)`.",
      details: """
        What it gives is called as a function is; a list of functions does as well. \
        `x -> random_crop(x, 28, padding=2)` is a step with options.
        """,
      example: """
        augment = transforms(x -> random_crop(x, 6, padding=1), random_flip)
        augment(rand(4, 1, 6, 6)).shape
        #=> [4, 1, 6, 6]
        """,
      family: "Data"
    ) { call throws(Failure) in
      var steps = try call.list(0)
      if steps.count == 1, let inner = steps[0].sequenceItems { steps = inner }
      if let wrong = steps.first(where: { !$0.isCallable }) {
        throw call.fail(
          0, code: "type-mismatch", "transforms needs functions, got \(wrong.kindText)",
          help: ["a step with options: x -> random_crop(x, 28, padding=2)"])
      }
      if steps.isEmpty { throw call.fail(0, "transforms needs a function at least") }
      return .object(SequentialLayer(steps))
    },
    Builtin(
      "normalize_columns",
      [
        Parameter("x", .tensor), Parameter("like", .tensor, .none),
        Parameter("eps", .float, .float(1e-8)),
      ],
      "Gives every column mean 0 and standard deviation 1, measured on `like` where it is given.",
      details: "(x - mean) / (std + eps), std with divisor n. A test set takes `like=train`.",
      example: """
        normalize_columns([[0.0, 1.0], [2.0, 5.0]])
        #=> [[-1.0, -1.0],
        #=>  [1.0, 1.0]]  f32[2, 2]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let x = try call.tensor(0)
      let like = try call.optionalTensor(1) ?? x
      let eps = try call.float(2)
      guard x.rank >= 1, like.rank == x.rank else {
        throw call.fail(0, "a matrix of rows is expected, not shape \(x.shape)")
      }
      return .tensor(
        try tensorWork { () throws(TensorError) in
          let data = x.dtype.isFloating ? x : try x.to(.f32)
          let base = try like.to(data.dtype)
          let mean = try base.mean([0], keepdim: true)
          let std = try base.variance([0], correction: 0, keepdim: true).sqrt()
          return try (data - mean) / (std + Tensor.scalar(eps, data.dtype))
        })
    },
    Builtin(
      "random_crop",
      [Parameter("x", .tensor), Parameter("size", .ints), Parameter("padding", .int, .int(0))],
      "Cuts a random part of `size` out of each picture of a batch, after padding with zeros.",
      example: """
        random_crop(rand(4, 1, 8, 8), 6).shape
        #=> [4, 1, 6, 6]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let size = try call.ints(1)
      let padding = try call.int(2)
      guard let height = size.first, let width = size.last, size.count <= 2, padding >= 0 else {
        throw call.fail(1, "a size is one number or two")
      }
      return try eachPicture(call, outSize: (height, width)) { grid, random in
        let freedom = (grid.height + 2 * padding - height, grid.width + 2 * padding - width)
        let top = Int.random(in: 0...freedom.0, using: &random) - padding
        let left = Int.random(in: 0...freedom.1, using: &random) - padding
        return { y, x in (Double(y + top), Double(x + left)) }
      } check: { grid throws(Failure) in
        guard height > 0, width > 0, height <= grid.height + 2 * padding,
          width <= grid.width + 2 * padding
        else {
          throw call.fail(
            1, "a part of \(height) x \(width) does not fit into \(grid.height) x \(grid.width)")
        }
      }
    },
    Builtin(
      "random_flip", [Parameter("x", .tensor), Parameter("p", .float, .float(0.5))],
      "Mirrors each picture of a batch, left and right exchanged, with probability p.",
      example: """
        random_flip([[1.0, 2.0]], p=1)
        #=> [[2.0, 1.0]]  f32[1, 2]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let p = try call.float(1)
      return try eachPicture(call) { grid, random in
        let flips = Double(random.uniform()) < p
        return { y, x in (Double(y), Double(flips ? grid.width - 1 - x : x)) }
      }
    },
    Builtin(
      "random_rotate", [Parameter("x", .tensor), Parameter("degrees", .float)],
      "Turns each picture of a batch about its middle by a random angle up to ±degrees.",
      details: "Values between pixels are interpolated linearly; outside the picture is 0.",
      example: """
        random_rotate(ones(2, 4, 4), 0).sum()
        #=> 32.0
        """,
      family: "Data"
    ) { call throws(Failure) in
      let degrees = try call.float(1)
      return try eachPicture(call) { grid, random in
        let angle = (2 * Double(random.uniform()) - 1) * degrees * .pi / 180
        let (c, s) = (cos(angle), sin(angle))
        let middle = (Double(grid.height - 1) / 2, Double(grid.width - 1) / 2)
        return { y, x in
          let (dy, dx) = (Double(y) - middle.0, Double(x) - middle.1)
          return (c * dy - s * dx + middle.0, s * dy + c * dx + middle.1)
        }
      }
    },
    Builtin(
      "add_noise", [Parameter("x", .tensor), Parameter("std", .float, .float(0.1))],
      "Adds normal noise of standard deviation `std`.",
      example: """
        add_noise(zeros(3), 0)
        #=> [0.0, 0.0, 0.0]  f32[3]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let x = try call.tensor(0)
      let std = try call.float(1)
      let generator = call.machine.generator
      return .tensor(
        try tensorWork { () throws(TensorError) in
          let data = x.dtype.isFloating ? x : try x.to(.f32)
          let noise = try Tensor.empty(data.shape, data.dtype)
          generator.fillNormal(noise, 0, std)
          return try data + noise
        })
    },
  ]

  typealias Grid = (height: Int, width: Int)
  /// Where a pixel of the result comes from.
  typealias Source = (_ y: Int, _ x: Int) -> (y: Double, x: Double)

  /// Draws a change for each picture of `[…, h, w]` (all channels of a picture change together, the
  /// first dimension counts pictures) and takes every pixel from where it says.
  private static func eachPicture(
    _ call: Call, outSize: (Int, Int)? = nil, _ change: (Grid, inout SplitMix64) -> Source,
    check: (Grid) throws(Failure) -> Void = { _ throws(Failure) in }
  ) throws(Failure) -> Value {
    let x = try call.tensor(0)
    guard x.rank >= 2, x.dtype.isFloating else {
      throw call.fail(0, "pictures of floats, [n, c, h, w] or [h, w], are expected")
    }
    let shape = x.shape
    let grid: Grid = (shape[shape.count - 2], shape[shape.count - 1])
    try check(grid)
    let (height, width) = outSize ?? grid
    let pictures = shape.count > 2 ? shape[0] : 1
    let planes = shape.dropLast(2).reduce(1, *)
    let each = pictures == 0 ? 0 : planes / pictures
    let values = x.doubles()
    var random = SplitMix64(seed: call.machine.drawSeed())
    var result: [Double] = []
    result.reserveCapacity(planes * height * width)
    for picture in 0..<pictures {
      let source = change(grid, &random)
      for plane in 0..<each {
        let base = (picture * each + plane) * grid.height * grid.width
        for y in 0..<height {
          for column in 0..<width {
            result.append(sample(values, base, grid, source(y, column)))
          }
        }
      }
    }
    let final = result
    return .tensor(
      try tensorWork { () throws(TensorError) in
        try Tensor.of(final, shape: Array(shape.dropLast(2)) + [height, width]).to(x.dtype)
      })
  }

  private static func sample(
    _ values: [Double], _ base: Int, _ grid: Grid, _ place: (y: Double, x: Double)
  ) -> Double {
    let (top, left) = (place.y.rounded(.down), place.x.rounded(.down))
    guard top >= -1, left >= -1, top < Double(grid.height), left < Double(grid.width) else {
      return 0
    }
    let (fy, fx) = (place.y - top, place.x - left)
    func at(_ y: Int, _ x: Int) -> Double {
      guard y >= 0, y < grid.height, x >= 0, x < grid.width else { return 0 }
      return values[base + y * grid.width + x]
    }
    let (y, x) = (Int(top), Int(left))
    if fy == 0 && fx == 0 { return at(y, x) }
    return (1 - fy) * ((1 - fx) * at(y, x) + fx * at(y, x + 1))
      + fy * ((1 - fx) * at(y + 1, x) + fx * at(y + 1, x + 1))
  }
}
