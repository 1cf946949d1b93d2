// The bench: the peers' random numbers, what their scripts print, and the table of workloads.

import DLSShell
import Testing

@Suite struct BenchTests {
  @Test func workloadsHaveNamesOfTheirOwn() {
    let names = Workload.all.flatMap { [$0.name, $0.number] }
    #expect(Set(names).count == names.count)
    #expect(Workload.named("w4")?.name == "mlp")
    #expect(Workload.named("mlp")?.number == "W4")
    #expect(Workload.named("mpl") == nil)
  }

  @Test func peersLinesAreRead() {
    let figures = Peer.figures(
      in: """
        W4 torch-fused steps/s 1072 min=919 max=1096 n=15 loss0=2.3105
        a warning
        W10 jax fwd_n=10000_ms 0.0167 min=0.01 max=0.02 n=5
        """)
    #expect(figures == ["steps/s": [1072], "fwd_n=10000_ms": [0.0167]])
  }

  @Test func ratiosAreAboveOneWhenAhead() {
    let rate = Measurement("steps/s", unit: "steps/s", isRate: true, seconds: [0.5])
    #expect(rate.ratio(to: 1) == 2)
    let time = Measurement("ms", unit: "ms", isRate: false, seconds: [0.5], scale: 1e3)
    #expect(time.ratio(to: 1000) == 2)
  }

  @Test func aWrongNumberShows() {
    var m = Measurement("steps/s", unit: "steps/s", isRate: true, seconds: [0.5])
    m.checks = [BenchCheck(name: "loss0", value: 2.4, expected: 2.3, tolerance: 1e-3)]
    #expect(m.lines()[0].contains("loss0 DIFFERS: 2.4, not 2.3"))
  }

  /// `numpy.random.default_rng(0)`, NumPy 2.4.
  @Test func randomNumbersAreNumPys() {
    var random = NumPyRandom(seed: 0)
    #expect(random.nextDouble() == 0.6369616873214543)
    #expect(random.nextDouble() == 0.2697867137638703)
    var normal = NumPyRandom(seed: 1)
    #expect(normal.standardNormal(count: 2).map { ($0 * 1e5).rounded() } == Self.normals)
  }

  private static let normals: [Float] = [172910.0, -142845.0]
}
