// The command line's options.

import DLSRuntime
import Testing

@Suite struct OutputComparisonTests {
  @Test func numbersCompareWithinATolerance() {
    #expect(OutputComparison.matches("loss 0.50001", "loss 0.5"))
    #expect(!OutputComparison.matches("loss 0.51", "loss 0.5"))
    #expect(OutputComparison.matches("[1.0,  2.0]", "[1.0, 2.0]"))
    #expect(!OutputComparison.matches("[1.0, 2.0]", "[1.0, 2.0, 3.0]"))
  }
}
