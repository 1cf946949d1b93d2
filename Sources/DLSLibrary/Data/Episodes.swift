// Few-shot episodes: small classification tasks drawn from many classes.

import DLSRuntime
import DLSTensor

/// Vinyals et al., Matching Networks for One Shot Learning (2016).
package final class Episodes: Object {
  let x: Tensor
  /// The rows of each class.
  let members: [[Int]]
  let way: Int
  let shot: Int
  let query: Int
  let count: Int

  init(_ x: Tensor, _ members: [[Int]], way: Int, shot: Int, query: Int, count: Int) {
    self.x = x
    self.members = members
    self.way = way
    self.shot = shot
    self.query = query
    self.count = count
    super.init(.other)
  }

  package override var typeName: String { "episodes" }
  package override var length: Int? { count }

  package override func describe(_ printer: inout Printer) {
    printer.write("<\(count) episodes, \(way)-way \(shot)-shot, \(query) queries a class>")
  }

  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    EpisodeIterator(self, SplitMix64(seed: machine.drawSeed()))
  }

  package override func forEachReference(_ visit: (Value) -> Void) { visit(.tensor(x)) }

  /// One task: support rows and labels, query rows and labels, class after class.
  fileprivate func draw(_ random: inout SplitMix64) throws(TensorError) -> Value {
    let classes = Array(members.indices).shuffled(using: &random).prefix(way)
    var support: [Int] = []
    var queries: [Int] = []
    for chosen in classes {
      let rows = members[chosen].shuffled(using: &random)
      support += rows.prefix(shot)
      queries += rows.dropFirst(shot).prefix(query)
    }
    func labels(_ each: Int) throws(TensorError) -> Tensor {
      try Tensor.of((0..<(way * each)).map { $0 / each }, shape: [way * each])
    }
    return .tuple([
      .tensor(try x.rows(support)), .tensor(try labels(shot)), .tensor(try x.rows(queries)),
      .tensor(try labels(query)),
    ])
  }
}

private final class EpisodeIterator: ValueIterator {
  private let episodes: Episodes
  private var random: SplitMix64
  private var left: Int

  init(_ episodes: Episodes, _ random: SplitMix64) {
    self.episodes = episodes
    self.random = random
    left = episodes.count
  }

  package override var remaining: Int? { left }

  package override func next(_ machine: Machine) throws(Failure) -> Value? {
    guard left > 0 else { return nil }
    left -= 1
    return try tensorWork { () throws(TensorError) in try episodes.draw(&random) }
  }
}

enum EpisodeWords {
  static let all: [Builtin] = [
    Builtin(
      "episodes",
      [
        Parameter("x", .tensor), Parameter("y", .tensor), Parameter("way", .int, .int(5)),
        Parameter("shot", .int, .int(1)), Parameter("query", .int, .int(15)),
        Parameter("count", .int, .int(100)),
      ],
      "Gives few-shot tasks: `for sx, sy, qx, qy in episodes(x, y, way=5, shot=1, query=15)`.",
      details: """
        Each draws `way` classes, `shot` support and `query` other rows of each; labels are \
        0 … way-1, rows lie class after class. Vinyals et al. (2016).
        """,
      example: """
        for sx, sy, qx, qy in episodes(rand(40, 3), arange(40) % 4, way=2, query=5, count=1) {
          print(sx.shape, qx.shape)
        }
        #=> [2, 3] [10, 3]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let x = try call.tensor(0)
      guard x.rank >= 1 else { throw call.fail(0, "rows are expected, not a single number") }
      let labels = try call.tensor(1).labels(call, 1, count: x.shape[0])
      let (way, shot, query) = (try call.int(2), try call.int(3), try call.int(4))
      guard way > 0, shot > 0, query >= 0, shot < 1 << 30, query < 1 << 30 else {
        throw call.fail(2, "way and shot are at least 1, query at least 0")
      }
      var members: [Int: [Int]] = [:]
      for (row, label) in labels.enumerated() { members[label, default: []].append(row) }
      let usable = members.sorted { $0.key < $1.key }.map(\.value)
        .filter { $0.count >= shot + query }
      guard usable.count >= way else {
        throw call.fail(
          2, "\(way) classes with \(shot) + \(query) rows are needed, \(usable.count) are there")
      }
      return .object(
        Episodes(x, usable, way: way, shot: shot, query: query, count: max(0, try call.int(5))))
    }
  ]
}
