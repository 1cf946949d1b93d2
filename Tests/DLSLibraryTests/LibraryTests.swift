// The words as a whole.

import DLSLibrary
import DLSRuntime
import Testing

@Suite struct LibraryTests {
  @Test func everyWordIsDeclaredOnceAndDescribed() {
    var seen: Set<String> = []
    for word in Library.builtins {
      #expect(seen.insert(word.name).inserted, "\(word.name) is declared twice")
      #expect(word.summary.hasSuffix("."), "\(word.name) has no summary")
    }
  }
}
