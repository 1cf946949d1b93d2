// The words for pictures in files.

import DLSRuntime
import DLSTensor

extension FileWords {
  static let pictures: [Builtin] = [
    Builtin(
      "load_image", [Parameter("path", .string), Parameter("gray", .bool, .bool(false))],
      "Reads a PNG, PGM or PPM picture: f32 of shape [channels, height, width], values 0 to 1.",
      example: """
        save_image("/tmp/dls-example.png", zeros(4, 6))
        load_image("/tmp/dls-example.png").shape
        #=> [1, 4, 6]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let path = try call.string(0)
      let gray = try call.bool(1)
      return .tensor(try picture(path, gray: gray, argument: 0))
    },
    Builtin(
      "save_image", [Parameter("path", .any), Parameter("x", .any)],
      "Writes a picture, [h, w], [1, h, w] or [3, h, w] with values 0 to 1, as PNG, PGM or PPM.",
      example: "save_image(\"/tmp/dls-example.png\", rand(3, 8, 8))", family: "Data"
    ) { call throws(Failure) in
      let (path, value) = try call.pathAndValue()
      let tensor = try call.tensor(value)
      guard let picture = Picture(tensor) else {
        throw call.fail(
          value, "a picture has shape [h, w], [1, h, w] or [3, h, w], not \(tensor.shape)")
      }
      try fileWork(argument: path) { () throws(DataError) in
        let target = call.text(path)
        try Files.write(Images.encode(picture, target), to: target)
      }
      return .none
    },
    Builtin(
      "load_images",
      [
        Parameter("folder", .string), Parameter("gray", .bool, .bool(false)),
        Parameter("limit", .int, .none), Parameter("size", .int, .none),
      ],
      "Reads all pictures under a folder; those of one subfolder are one class.",
      details: """
        Gives a dict: `images` of shape [n, channels, h, w], `labels` (i64), `names` of the \
        classes (the subfolders' paths, sorted) and `files`. All pictures must have one size, or \
        `size` gives the side of the square that each is brought to by averaging; where some have \
        colour and some have not, the gray ones are taken as colour.
        """,
      example: """
        mkdir("/tmp/dls-example/Greek/character01")
        save_image("/tmp/dls-example/Greek/character01/0001_01.png", ones(105, 105))
        found = load_images("/tmp/dls-example", size=28)
        found.images.shape  #=> [1, 1, 28, 28]
        found.names         #=> ["Greek/character01"]
        """,
      family: "Data"
    ) { call throws(Failure) in
      try loadFolder(call)
    },
  ]

  private static func picture(_ path: String, gray: Bool, argument: Int) throws(Failure) -> Tensor {
    var picture = try fileWork(argument: argument) { () throws(DataError) in
      try Images.load(path)
    }
    if gray { picture = picture.gray }
    let final = picture
    return try tensorWork { () throws(TensorError) in try final.tensor() }
  }

  private static func loadFolder(_ call: Call) throws(Failure) -> Value {
    let folder = try call.string(0)
    let gray = try call.bool(1)
    let limit = try call.optionalInt(2) ?? .max
    let side = try call.isNone(3) ? nil : call.int(3, in: 1...4096)
    let all = try fileWork { () throws(DataError) in
      try Folders.files(under: folder) { name in
        Images.extensions.contains(name.split(separator: ".").last.map { $0.lowercased() } ?? "")
      }
    }
    let files = Array(all.prefix(max(0, limit)))
    guard !files.isEmpty else {
      throw call.fail(
        0, code: "bad-file", "no PNG, PGM or PPM picture lies under \(quoted(folder))")
    }
    var pictures: [Picture] = []
    var total = 0
    for file in files {
      let path = folder + "/" + file
      try call.machine.checkInterrupt()
      var picture = try fileWork { () throws(DataError) in
        try Images.load(path)
      }
      if gray { picture = picture.gray }
      if let side { picture = try picture.square(of: side) }
      if let first = pictures.first, (first.width, first.height) != (picture.width, picture.height)
      {
        throw call.fail(
          0, code: "bad-file",
          "\(quoted(path)) has \(picture.width) x \(picture.height) pixels, "
            + "\(quoted(files[0])) has \(first.width) x \(first.height)")
      }
      total += picture.bytes.count
      guard total <= Files.largest / 4 else {
        throw call.fail(0, code: "bad-file", "the pictures are more than memory should hold")
      }
      pictures.append(picture)
    }
    if Set(pictures.map(\.channels)).count > 1 { pictures = pictures.map(\.colour) }
    let (names, labels) = classes(files)
    let images = try tensorWork { () throws(TensorError) in try Picture.batch(pictures) }
    return try tensorWork { () throws(TensorError) in
      .dict([
        ("images", .tensor(images)),
        ("labels", .tensor(try Tensor.of(labels, shape: [labels.count]))),
        ("names", .list(names.map { .string($0) })),
        ("files", .list(files.map { .string($0) })),
      ])
    }
  }

  /// Sorted folder names, and for each file the number of its folder.
  private static func classes(_ files: [String]) -> (names: [String], labels: [Int]) {
    let folders = files.map { file in
      file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ""
    }
    let names = Array(Set(folders)).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    return (names, folders.map { numbers[$0] ?? 0 })
  }
}

extension Picture {
  /// The picture in another size: each new pixel is the mean of the old ones that it covers.
  func square(of side: Int) throws(Failure) -> Picture {
    let small = try tensorWork { () throws(TensorError) in
      try tensor().reshape([1, channels, height, width])
        .interpolated(size: [side], factor: nil, mode: "area", alignCorners: nil)
        .reshape([channels, side, side])
    }
    return Picture(small) ?? self
  }

  /// Brightness as the eye weighs the colours (ITU-R BT.601).
  var gray: Picture {
    guard channels == 3 else { return self }
    let values = (0..<(width * height)).map { (i: Int) -> UInt8 in
      let (r, g, b) = (Int(bytes[3 * i]), Int(bytes[3 * i + 1]), Int(bytes[3 * i + 2]))
      return UInt8((299 * r + 587 * g + 114 * b) / 1000)
    }
    return Picture(width: width, height: height, channels: 1, bytes: values)
  }

  var colour: Picture {
    guard channels == 1 else { return self }
    return Picture(
      width: width, height: height, channels: 3, bytes: bytes.flatMap { [$0, $0, $0] })
  }
}
