// The state of optimizers and schedules as dicts, in PyTorch's form: to save a training and go on.

import DLSRuntime
import DLSTensor

private func wrong(_ what: String) -> Failure {
  Failure("state-mismatch", "this is no state of such an optimizer: \(what)", argument: 1)
}

extension Value {
  /// A whole number from 0 that has room to grow.
  fileprivate var count: Int? {
    number.flatMap { Int(exactly: $0) }.flatMap { 0...Settings.largestInt ~= $0 ? $0 : nil }
  }
}

extension Optimizer: StateHolder {
  /// `{state: {0: {step: …, exp_avg: …}}, param_groups: [{lr: …, params: [0, 1]}]}`.
  var state: Value {
    let states = DictObject()
    var infos: [Value] = []
    var next = 0
    for group in groups {
      let info = DictObject()
      for name in group.settings.names { info.set(name, group.settings[name] ?? .none) }
      info.set("params", .ints(Array(next..<(next + group.params.count))))
      infos.append(.object(info))
      for (i, one) in group.states.enumerated() where one.step > 0 {
        let entry = DictObject()
        entry.set("step", .int(one.step))
        for (name, t) in one.tensors.sorted(by: { $0.key < $1.key }) {
          entry.set(name, .tensor((try? t.copied()) ?? t))
        }
        states.entries[.int(next + i)] = .object(entry)
      }
      next += group.params.count
    }
    if declared.rule == nil, let entry = history.asDict { states.entries[.int(0)] = entry }
    return .dict([("state", .object(states)), ("param_groups", .list(infos))])
  }

  /// All is checked before anything is changed.
  func load(_ state: DictObject) throws(Failure) {
    guard let infos = state.get("param_groups")?.sequenceItems,
      let states = state.get("state")?.objectValue as? DictObject
    else { throw wrong("it needs `state` and `param_groups`") }
    if infos.count != groups.count {
      throw wrong("it has \(infos.count) groups of params, the optimizer \(groups.count)")
    }
    var settings: [Settings] = []
    var loaded: [[(step: Int, tensors: [String: Tensor])]] = []
    var next = 0
    for (group, info) in zip(groups, infos) {
      guard let dict = info.objectValue as? DictObject,
        dict.get("params")?.sequenceItems?.count == group.params.count
      else { throw wrong("its groups have other numbers of params") }
      var own = group.settings
      for p in declared.parameters {
        if let x = dict.get(p.name) { own[p.name] = try SettingRules.checked(x, p, declared.name) }
      }
      settings.append(own)
      if declared.rule != nil {
        loaded.append(try read(states, next, group))
        next += group.params.count
      }
    }
    for (group, own) in zip(groups, settings) { group.settings = own }
    for (group, list) in zip(groups, loaded) {
      for (one, new) in zip(group.states, list) {
        (one.step, one.tensors) = (new.step, new.tensors)
      }
    }
    if declared.rule == nil {
      history = LBFGSHistory(states.entries[.int(0)]?.objectValue as? DictObject)
    }
  }

  private func read(_ states: DictObject, _ first: Int, _ group: ParamGroup) throws(Failure) -> [(
    step: Int, tensors: [String: Tensor]
  )] {
    var result: [(step: Int, tensors: [String: Tensor])] = []
    for (i, param) in group.params.enumerated() {
      var tensors: [String: Tensor] = [:]
      var step = 0
      let entry = states.entries[.int(first + i)] ?? states.entries[.string(String(first + i))]
      for (key, value) in (entry?.objectValue as? DictObject)?.entries ?? [:] {
        guard case .string(let name) = key else { continue }
        if name == "step" {
          step = value.count ?? 0
        } else if let t = value.tensorView {
          let x = param.cell.value
          if t.shape != x.shape {
            throw wrong(
              "`\(name)` of param \(first + i) has shape \(Tensor.describe(t.shape)), the param \(Tensor.describe(x.shape))"
            )
          }
          tensors[name] = try tensorWork { () throws(TensorError) in
            try t.detached.to(x.dtype).copied()
          }
        }
      }
      result.append((step, tensors))
    }
    return result
  }
}

extension LBFGSHistory {
  /// Under PyTorch's names.
  fileprivate var asDict: Value? {
    if iterations == 0 { return nil }
    var entries: [(String, Value)] = [
      ("func_evals", .int(evaluations)), ("n_iter", .int(iterations)), ("t", .float(length)),
      ("H_diag", .float(scale)), ("old_dirs", .list(old.map { .tensor($0.y) })),
      ("old_stps", .list(old.map { .tensor($0.s) })), ("ro", .list(old.map { .float($0.rho) })),
    ]
    if let direction { entries.append(("d", .tensor(direction))) }
    if let previousGradient { entries.append(("prev_flat_grad", .tensor(previousGradient))) }
    return .dict(entries)
  }

  fileprivate init(_ dict: DictObject?) {
    guard let dict else { return }
    evaluations = dict.get("func_evals")?.count ?? 0
    iterations = dict.get("n_iter")?.count ?? 0
    length = dict.get("t")?.number ?? 0
    scale = dict.get("H_diag")?.number ?? 1
    direction = dict.get("d")?.tensorView
    previousGradient = dict.get("prev_flat_grad")?.tensorView
    let parts = ["old_dirs", "old_stps", "ro"].map { dict.get($0)?.sequenceItems ?? [] }
    for ((y, s), rho) in zip(zip(parts[0], parts[1]), parts[2]) {
      if let y = y.tensorView, let s = s.tensorView, let rho = rho.number {
        old.append((y, s, rho))
      }
    }
  }
}

extension Schedule: StateHolder {
  var state: Value {
    .dict(
      [("last_epoch", .int(epoch)), ("base_lrs", .list(bases.map { .float($0) }))]
        + memory.sorted { $0.key < $1.key }.map { ($0.key, .float($0.value)) })
  }

  func load(_ state: DictObject) throws(Failure) {
    guard let epoch = state.get("last_epoch")?.count,
      let bases = state.get("base_lrs")?.sequenceItems?.compactMap(\.number),
      bases.count == optimizer.groups.count
    else { throw wrong("a schedule's has `last_epoch` and `base_lrs`, one for each group") }
    (self.epoch, self.bases) = (epoch, bases)
    for name in state.memberNames where name != "last_epoch" && name != "base_lrs" {
      memory[name] = state.get(name)?.number
    }
  }
}
