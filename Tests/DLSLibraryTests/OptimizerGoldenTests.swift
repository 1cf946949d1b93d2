// Every step of optimizers and schedules beside PyTorch's; and that no option is left out.

import DLSLibrary
import DLSRuntime
import DLSTensor
import Foundation
import Testing

/// The file that `make_optimizers.py` beside it makes.
private func goldenCases(_ session: Session) throws -> [DictObject] {
  let url = repository.appending(path: "Tests/Golden/optimizers/optimizers.json")
  let text = try String(contentsOf: url, encoding: .utf8)
  let parse = try #require(session.machine.word("parse_json"))
  let file = try session.machine.call(parse, [.string(text)]).objectValue as? DictObject
  #expect(file?.get("torch")?.text?.first?.isNumber == true, "the file names no version")
  return try #require(file?.get("cases")?.sequenceItems).compactMap {
    $0.objectValue as? DictObject
  }
}

private func makeSession() -> Session {
  Session(builtins: Library.builtins, constants: Library.constants, options: Library.options)
}

private struct Wrong: Error, CustomStringConvertible {
  var description: String
}

private enum OptimizerGolden {
  /// The loss of make_optimizers.py.
  private static let problem = """
    x = tensor([[0.5, -1.0, 0.3], [1.5, 0.2, -0.7], [-0.4, 0.9, 1.1], [0.1, -0.3, 2.0]], dtype=f64)
    t = tensor([[1.0, 0.0], [0.5, -0.5], [-1.0, 0.3], [0.2, 0.8]], dtype=f64)
    w = param(tensor([[0.3, -0.2, 0.5], [-0.7, 0.1, 0.4]], dtype=f64))
    b = param(tensor([0.1, -0.3], dtype=f64))
    loss() = ((tanh(x @ w' + b) - t)^2).mean() + 0.1 * (w^4).sum() + 0.05 * sin(3 * b).sum()
    fn closure() { opt.zero_grad(); l = loss(); l.backward(); l }

    """

  static func optimizer(_ one: DictObject, _ session: Session) throws -> String? {
    let call = try text(one, "call")
    let steps = try #require(one.get("steps")?.sequenceItems)
    _ = try evaluate(problem + "opt = \(call)\nnone", session)
    for (i, step) in steps.enumerated() {
      let own = try evaluate("opt.step(closure); cat([w.reshape(-1), b]).tolist()", session)
      let wrong = difference(numbers(own), numbers(step), 1e-9)
      if let wrong { return "after step \(i + 1) \(wrong)" }
    }
    return nil
  }

  static func schedule(_ one: DictObject, _ session: Session) throws -> String? {
    let (call, opt) = (try text(one, "call"), try text(one, "optimizer"))
    let rates = try #require(one.get("rates")?.sequenceItems)
    let metrics = one.get("metrics").map(numbers)
    let momentum = opt.hasPrefix("Adam") ? "opt.betas[0]" : "opt.momentum"
    let now = "[g.lr for g in opt.param_groups] ++ [\(momentum)]"
    var own = try evaluate(
      "p = param(zeros(1))\nq = param(zeros(1))\nopt = \(opt)\ns = \(call)\n\(now)", session)
    for (i, rate) in rates.enumerated() {
      if let wrong = difference(numbers(own), numbers(rate), 1e-12) {
        return "in epoch \(i) \(wrong)"
      }
      if i + 1 == rates.count { break }
      let argument = metrics.map { "\($0[i])" } ?? ""
      own = try evaluate("s.step(\(argument))\n\(now)", session)
    }
    return nil
  }

  private static func text(_ one: DictObject, _ name: String) throws -> String {
    try #require(one.get(name)?.text)
  }

  private static func evaluate(_ text: String, _ session: Session) throws -> Value {
    let result = session.run(text, name: "golden", mode: .script)
    if let d = result.diagnostics.first(where: { $0.severity == .error }) {
      throw Wrong(description: "\(d.code): \(d.message)")
    }
    return result.value ?? .none
  }

  private static func numbers(_ value: Value) -> [Double] {
    value.sequenceItems?.compactMap(\.number) ?? []
  }

  private static func difference(_ own: [Double], _ other: [Double], _ tolerance: Double) -> String?
  {
    if own.count != other.count { return "\(own.count) numbers instead of \(other.count)" }
    for (i, (x, y)) in zip(own, other).enumerated() where !(abs(x - y) <= tolerance * (1 + abs(y)))
    {
      return "number \(i) is \(x), not \(y)"
    }
    return nil
  }
}

@Suite struct OptimizerGoldenTests {
  @Test func everyStepIsThatOfPyTorch() throws {
    let session = makeSession()
    for one in try goldenCases(session) {
      let name = one.get("call")?.text ?? "?"
      let wrong =
        one.get("kind")?.text == "schedule"
        ? try OptimizerGolden.schedule(one, session) : try OptimizerGolden.optimizer(one, session)
      #expect(wrong == nil, "\(name): \(wrong ?? "")")
    }
  }

  /// Every optimizer and schedule, with every option of its own, stands in the goldens.
  @Test func everyOptionIsBesidePyTorch() throws {
    var calls: [String: String] = [:]
    for one in try goldenCases(makeSession()) {
      let name = try #require(one.get("name")?.text)
      calls[name, default: ""] += (one.get("call")?.text ?? "") + "\n"
    }
    for word in Library.builtins {
      let isOptimizer = word.family == "Optimizers" && word.parameters.contains { $0.name == "lr" }
      if !isOptimizer && word.family != "Schedules" { continue }
      let text = try #require(calls[word.name], "\(word.name) has no golden")
      for p in word.parameters.dropFirst() where p.isOptional {
        #expect(
          text.contains("\(p.name)=") || text.contains("\(p.name): ")
            || isPositional(p, word, text),
          "no golden of \(word.name) sets \(p.name)")
      }
    }
  }

  /// Given by position: the call of some case has as many arguments.
  private func isPositional(_ p: Parameter, _ word: Builtin, _ text: String) -> Bool {
    guard let at = word.parameters.firstIndex(where: { $0.name == p.name }) else { return false }
    return text.split(separator: "\n").contains { line in
      line.split(separator: ",").prefix { !$0.contains("=") }.count > at
    }
  }
}
