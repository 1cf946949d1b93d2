// Stroke fonts: read as they are written, drawn as the data's description says.

import DLSLibrary
import Testing

@Suite struct GlyphTests {
  @Test func aGlyphIsReadIntoStrokes() throws {
    // Margins J to Z, a vertical line, the pen up, a point-like stroke of two points.
    let glyphs = try Hershey.decode(Array("  714  6JZRFRT RRYSZ\n\n    1  1JZ\n".utf8), "a.jhf")
    #expect(glyphs.count == 3)
    #expect(
      glyphs[0]?.strokes == [
        [.init(x: 0, y: -12), .init(x: 0, y: 2)], [.init(x: 0, y: 7), .init(x: 1, y: 8)],
      ])
    #expect(glyphs[1] == nil)
    #expect(glyphs[2]?.strokes.isEmpty == true)
  }

  @Test func normalizedGlyphsAreTwentyLong() throws {
    let glyph = Glyph(strokes: [[.init(x: 1, y: 3), .init(x: 5, y: 11)]]).normalized
    #expect(glyph.strokes == [[.init(x: -5, y: -10), .init(x: 5, y: 10)]])
  }

  @Test(arguments: [
    ("  714", "line 1: a glyph's number"), ("  714 -1JZ", "line 1: a glyph's number"),
    ("  714999JZ", "line 1: 999 pairs are promised, 2 characters follow"),
    ("  714  2JZ\u{1}R", "line 1: pair 1 is no coordinate"),
    ("    1  1JZ\nrubbish", "line 2: a glyph's number"),
  ])
  func brokenFontsAreErrors(_ text: String, _ message: String) {
    #expect { try Hershey.decode(Array(text.utf8), "a.jhf") } throws: {
      ($0 as? DataError)?.message.contains(message) == true
    }
  }

  @Test func theSplitsAreAsTheListSays() throws {
    let path = dataPath("hershey_classes.csv")
    let background = try Hershey.classes(listedIn: path, split: "background")
    let validation = try Hershey.classes(listedIn: path, split: "validation")
    let evaluation = try Hershey.classes(listedIn: path, split: "evaluation")
    #expect(
      [background, validation, evaluation].map(\.ids.count) == [407, 73, 144])
    #expect(Set(background.ids).isDisjoint(with: evaluation.ids))
    #expect(try Hershey.classes(listedIn: path, split: "all").ids.count == 624)
    #expect { try Hershey.classes(listedIn: path, split: "train") } throws: {
      ($0 as? DataError)?.help.first?.contains("background") == true
    }
  }

  /// A bar of one stroke without jitter: its ink is that of the formula, pixel for pixel.
  @Test func inkFallsOffWithTheDistance() {
    let glyph = Glyph(strokes: [[.init(x: 0, y: -10), .init(x: 0, y: 10)]])
    let drawn = draw(glyph, .none, seed: 1)
    // The line stands at x = 13.5, is 2 wide, and runs from y = 3.5 to 23.5.
    #expect(drawn[14 * 28 + 13] == 1 && drawn[14 * 28 + 14] == 1)
    #expect(drawn[14 * 28 + 12] == 0 && drawn[14 * 28 + 15] == 0)
    let corner = Float(1.5) - Float(0.5).squareRoot()
    #expect(abs(drawn[3 * 28 + 13] - corner) < 1e-5)
    #expect(drawn[1 * 28 + 13] == 0)
  }

  @Test func instancesDependOnSeedAndPlaceAlone() {
    let glyph = Glyph(strokes: [[.init(x: -10, y: -10), .init(x: 10, y: 10)]])
    let first = draw(glyph, GlyphJitter(), seed: 7)
    #expect(first == draw(glyph, GlyphJitter(), seed: 7))
    #expect(first != draw(glyph, GlyphJitter(), seed: 8))
    #expect(first != draw(glyph, GlyphJitter(), seed: 7, instance: 1))
    #expect(first.allSatisfy { $0 >= 0 && $0 <= 1 } && first.contains { $0 > 0.5 })
  }

  private func draw(_ glyph: Glyph, _ jitter: GlyphJitter, seed: UInt64, instance: Int = 0)
    -> [Float]
  {
    var artist = GlyphArtist(glyph, jitter, size: 28, seed: seed)
    var pixels = [Float](repeating: 0, count: 784)
    for _ in 0...instance { pixels.withUnsafeMutableBufferPointer { artist.draw(into: $0) } }
    return pixels
  }

  @Test func theWordGivesPicturesAndLabels() {
    let result = script(
      """
      p = data_path("hershey_classes.csv")
      g = load_glyphs(p, split="evaluation", instances=3)
      print(g.images.shape, g.labels[2:5].tolist(), len(g.names), g.ids[0].item())
      same = load_glyphs(p, split="evaluation", instances=2)
      print((g.images[0:2] == same.images[0:2]).all().item())
      """)
    #expect(result.error == nil)
    #expect(result.printed == "[432, 1, 28, 28] [0, 1, 1] 144 0\ntrue\n")
  }
}
