// The prompt.

import DLSRuntime

final class Prompt {
  let options: RunOptions
  init(_ options: RunOptions) { self.options = options }
  func run() -> Int32 { 0 }
}
