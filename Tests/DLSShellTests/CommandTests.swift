// The commands that read and write scripts: test, highlight, help.

import DLSLibrary
import DLSRuntime
import DLSShell
import DLSSyntax
import Foundation
import Testing

private func temporary(_ name: String, _ text: String) throws -> String {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  let file = folder.appending(path: name)
  try text.write(to: file, atomically: true, encoding: .utf8)
  return file.path
}

@Suite(.serialized) struct CommandTests {
  @Test func testComparesWithinAThousandth() throws {
    let right = try temporary("a.dls", "1 / 3  #=> 0.3334\nprint(2)  #=> 2\n")
    let wrong = try temporary("b.dls", "1 / 3  #=> 0.3344\n")
    #expect(TestCommand(RunOptions()).run([right]) == 0)
    #expect(TestCommand(RunOptions()).run([wrong]) == 1)
    #expect(TestCommand(RunOptions()).run(["/nowhere.dls"]) == 1)
  }

  @Test func updateRewritesOutputsInPlace() throws {
    let path = try temporary(
      "a.dls",
      """
      x = 3  # a comment stays
      x  #=> 4
      [[1.0, 2.0], [3.0, 4.0]] |> tensor
      #=> wrong
      f(x) = {
        x
      }
      f("é")  #=> "e"
      1 + 1  #=> 2

      """)
    #expect(TestCommand(RunOptions()).run(["--update", path]) == 0)
    #expect(
      try String(contentsOfFile: path, encoding: .utf8) == """
        x = 3  # a comment stays
        x  #=> 3
        [[1.0, 2.0], [3.0, 4.0]] |> tensor
        #=> [[1.0, 2.0],
        #=>  [3.0, 4.0]]  f32[2, 2]
        f(x) = {
          x
        }
        f("é")  #=> "é"
        1 + 1  #=> 2

        """)
    #expect(TestCommand(RunOptions()).run([path]) == 0)
  }

  @Test func updateLeavesTheRestOfAMarkdownTextAlone() throws {
    let path = try temporary(
      "a.md", "# Title é\n\n```dls\nx = 2\nx  #=> 3\n```\nText #=> 5\n\n```\nx #=> 7\n```\n")
    #expect(TestCommand(RunOptions()).run(["--update", path]) == 0)
    #expect(
      try String(contentsOfFile: path, encoding: .utf8)
        == "# Title é\n\n```dls\nx = 2\nx  #=> 2\n```\nText #=> 5\n\n```\nx #=> 7\n```\n")
  }

  @Test func highlightingLosesNoCharacter() {
    for text in [
      "x = \"a{1 + 2:.3f}b\" # c", "f(x) = { \"open", "a $ b \"\"\"x\n{y}\"\"\"", "é = 'x'",
    ] {
      let plain = Highlighter.ansi(text).replacing(/\u{1b}\[[0-9;]*m/, with: "")
      #expect(plain == text)
    }
    #expect(Highlighter.html("if x < 1 { }").contains("<span class=\"keyword\">if</span>"))
    #expect(Highlighter.html("x < 1").contains("x &lt; "))
  }

  @Test func helpKnowsTopicsWordsCodesAndCommands() throws {
    for name in ["strings", "if", "|>", "relu", "Layers", "shape-mismatch", "help", ":time"] {
      #expect(HelpCommand.page(name) != nil, "\(name)")
    }
    #expect(HelpCommand.page("nothing-of-that-name") == nil)
    let page = HelpPage.html()
    for topic in LanguageReference.topics { #expect(page.contains("id=\"\(topic.name)\"")) }
    for word in Library.builtins where !word.name.hasPrefix(".") {
      #expect(page.contains("id=\"\(word.name)\""), "\(word.name)")
    }
  }

  @Test func everyKeywordLeadsToATopic() {
    for keyword in Keyword.allCases where ![.true, .false, .none].contains(keyword) {
      #expect(LanguageReference.topic(keyword.rawValue) != nil, "\(keyword.rawValue)")
    }
  }

  @Test func theLectureIsListed() {
    #expect(Lecture.index.contains("mlp_digits.dls"))
  }

  @Test func notebookMakesOnePageOfCells() throws {
    let path = try temporary(
      "a.dls",
      """
      # %% [markdown]
      # # A title with `code`
      # - a <point>
      # %% Numbers
      x = 1 + 1
      x * 3
      # %%
      print("printed & shown")
      plot([1, 2]);
      show(plot([1, 2]))
      # %% Broken
      ones(2) @ ones(3)
      # %% Never
      "not reached"
      """)
    let page = path.replacing("a.dls", with: "page.html")
    #expect(NotebookCommand(RunOptions()).run([path, "-o", page]) == 1)
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("<title>A title with `code`</title>"))
    #expect(
      html.contains("<h1>A title with <code>code</code></h1>") && html.contains("&lt;point&gt;"))
    #expect(html.contains("<h2>Numbers</h2>") && html.contains("<pre class=\"shown\">6</pre>"))
    #expect(html.contains("printed &amp; shown") && html.contains("cannot multiply [2] by [3]"))
    #expect(!html.contains("Never") && html.components(separatedBy: "<figure>").count == 2)
    #expect(!html.contains("src=") && html.contains("<svg"))
    #expect(NotebookCommand(RunOptions()).run([]) == 2)
    #expect(NotebookCommand(RunOptions()).run([path, "-o"]) == 2)
    #expect(NotebookCommand(RunOptions()).run(["/nowhere.dls"]) == 1)
  }
}
