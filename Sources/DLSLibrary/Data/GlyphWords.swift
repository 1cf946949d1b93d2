// The word that draws stroke fonts as pictures to learn from.

import DLSRuntime
import DLSTensor

enum GlyphWords {
  static let all: [Builtin] = [
    Builtin(
      "load_glyphs",
      [
        Parameter("path", .string), Parameter("split", .string, .string("background")),
        Parameter("instances", .int, .int(20)), Parameter("seed", .int, .int(12345)),
        Parameter("size", .int, .int(28)), Parameter("jitter", .bool, .bool(true)),
      ],
      "Draws Hershey's stroke glyphs, some instances of each: pictures and labels to learn from.",
      details: """
        `path` is a list of classes, `data_path("hershey_classes.csv")`, whose splits are \
        "background" (407 classes), "validation" (73), "evaluation" (144) and "all"; or a font, a \
        `.jhf` file, whose glyphs all are classes. Gives a dict: `images` f32[classes * instances, \
        1, size, size], ink 1 on paper 0, class after class; `labels` i64, 0 … classes-1; `names` \
        of the classes ("greeks:34" is line 34 of that font) and their numbers in the list, `ids`. \
        An instance is the glyph with longer side 20 (of 28), turned by up to 15 degrees, slanted \
        by up to 0.25, scaled by 0.75 … 1.1 and moved by up to 2, its strokes moved by N(0, 0.6), \
        their points by N(0, 0.35), drawn 1.2 … 2.4 wide; `jitter=false` draws it as it is, 2 \
        wide. Instance k of a class depends on the seed, the class and k alone.
        """,
      example: """
        g = load_glyphs(data_path("hershey_classes.csv"), split="validation", instances=2)
        g.images.shape
        #=> [146, 1, 28, 28]
        g.names[0]
        #=> "symbolic:3"
        """,
      family: "Data"
    ) { call throws(Failure) in
      let path = try call.string(0)
      let split = try call.string(1)
      let instances = try call.int(2, in: 1...100_000)
      let size = try call.int(4, in: 4...1024)
      let seed = UInt64(bitPattern: Int64(try call.int(3)))
      let classes = try fileWork { () throws(DataError) in
        path.hasSuffix(".jhf")
          ? try Hershey.classes(of: path) : try Hershey.classes(listedIn: path, split: split)
      }
      let images = try draw(
        classes, instances, size, seed, try call.bool(5) ? GlyphJitter() : .none, call.machine)
      let labels = classes.ids.indices.flatMap { Array(repeating: $0, count: instances) }
      return try tensorWork { () throws(TensorError) in
        .dict([
          ("images", .tensor(images)),
          ("labels", .tensor(try Tensor.of(labels, shape: [labels.count]))),
          ("names", .list(classes.names.map { .string($0) })),
          ("ids", .tensor(try Tensor.of(classes.ids, shape: [classes.ids.count]))),
        ])
      }
    }
  ]

  /// Class after class, on all threads.
  private static func draw(
    _ classes: Hershey.Classes, _ instances: Int, _ size: Int, _ seed: UInt64,
    _ jitter: GlyphJitter,
    _ machine: Machine
  ) throws(Failure) -> Tensor {
    let images = try tensorWork { () throws(TensorError) in
      try Tensor.empty([classes.glyphs.count * instances, 1, size, size], .f32)
    }
    images.withMutableBytes { bytes in
      let pixels = bytes.bindMemory(to: Float.self)
      let area = size * size
      Parallel.forEach(classes.glyphs.count, grain: 4) { from, to in
        for k in from..<to where !Interrupt.isSet {
          let own = seed &+ UInt64(truncatingIfNeeded: classes.ids[k])
          var artist = GlyphArtist(classes.glyphs[k].normalized, jitter, size: size, seed: own)
          for instance in 0..<instances where !Interrupt.isSet {
            let start = (k * instances + instance) * area
            artist.draw(into: .init(rebasing: pixels[start..<(start + area)]))
          }
        }
      }
    }
    try machine.checkInterrupt()
    return images
  }
}
