// Which names a text assigns, and which its functions mention: read before code is made.

import DLSSyntax

/// Walks a function's text. Nested functions are handed over, not entered.
struct NameReader {
  /// Names assigned in this scope, in order.
  var assigned: [String] = []
  /// Names declared global.
  var globals: Set<String> = []
  /// Functions and models inside.
  var functions: [Function] = []
  var models: [Model] = []
  /// Names read or written here.
  var mentioned: Set<String> = []

  init(_ block: Block) { read(block) }

  mutating func bind(_ name: String) {
    mentioned.insert(name)
    if !assigned.contains(name) { assigned.append(name) }
  }

  private mutating func read(_ block: Block) {
    for statement in block.statements { read(statement) }
  }

  mutating func read(_ statement: Statement) {
    switch statement.kind {
    case .expression(let e): read(e)
    case .assign(let target, let value):
      read(value)
      read(target)
    case .augment(let target, _, let value, _):
      read(value)
      read(target)
    case .function(let function):
      if let name = function.name { bind(name.text) }
      take(function)
    case .model(let model):
      bind(model.name.text)
      models.append(model)
      for parameter in model.parameters { if let value = parameter.defaultValue { read(value) } }
    case .for(let pattern, let sequence, let body):
      read(sequence)
      bind(pattern)
      read(body)
    case .while(let condition, let body):
      read(condition)
      read(body)
    case .return(let value): if let value { read(value) }
    case .throw(let value): read(value)
    case .assert(let condition, let message):
      read(condition)
      if let message { read(message) }
    case .import(let source, let alias):
      if let alias {
        bind(alias.text)
      } else {
        switch source {
        case .library(let name): bind(name.text)
        case .path(let path, _): bind(ModuleName.of(path))
        }
      }
    case .global(let names): for name in names { globals.insert(name.text) }
    case .plugin, .break, .continue, .error: break
    }
  }

  private mutating func take(_ function: Function) {
    functions.append(function)
    for parameter in function.parameters { if let value = parameter.defaultValue { read(value) } }
  }

  private mutating func bind(_ pattern: Pattern) {
    switch pattern {
    case .name(let name): bind(name.text)
    case .ignore: break
    case .tuple(let parts, _): for part in parts { bind(part) }
    }
  }

  private mutating func read(_ target: Target) {
    switch target {
    case .name(let name): bind(name.text)
    case .ignore: break
    case .tuple(let parts, _): for part in parts { read(part) }
    case .index(let base, let items, _):
      read(base)
      items.forEach { read($0) }
    case .member(let base, _, _): read(base)
    }
  }

  private mutating func read(_ item: Subscript) {
    switch item {
    case .item(let e): read(e)
    case .slice(let a, let b, let c, _): for e in [a, b, c] { if let e { read(e) } }
    case .ellipsis: break
    }
  }

  mutating func read(_ e: Expression) {
    switch e.kind {
    case .none, .bool, .int, .float, .placeholder, .error: break
    case .string(let parts): read(parts)
    case .name(let name): mentioned.insert(name)
    case .list(let items), .tuple(let items): items.forEach { read($0) }
    case .dict(let entries):
      for entry in entries {
        read(entry.key)
        read(entry.value)
      }
    case .comprehension(let body, let clauses):
      read(body)
      for clause in clauses {
        switch clause {
        case .for(let pattern, let sequence):
          read(sequence)
          mention(pattern)
        case .if(let condition): read(condition)
        }
      }
    case .spread(let x), .unary(_, let x), .not(let x), .transpose(let x): read(x)
    case .binary(_, let a, let b, _), .and(let a, let b), .or(let a, let b), .range(let a, let b),
      .pipe(let a, let b), .compose(let a, let b):
      read(a)
      read(b)
    case .comparison(let first, let rest):
      read(first)
      rest.forEach { read($0.operand) }
    case .call(let callee, let arguments):
      read(callee)
      arguments.forEach { read($0.value) }
      if case .member(_, let name, _) = callee.kind { mentioned.insert(name) }
    case .index(let base, let items):
      read(base)
      items.forEach { read($0) }
    case .member(let base, let name, _):
      read(base)
      mentioned.insert(name)
    case .function(let function): take(function)
    case .if(let condition, let then, let otherwise):
      read(condition)
      read(then)
      if let otherwise { read(otherwise) }
    case .block(let block), .noGrad(let block): read(block)
    case .try(let body, let name, let handler):
      read(body)
      if let name { bind(name.text) }
      read(handler)
    }
  }

  private mutating func mention(_ pattern: Pattern) {
    switch pattern {
    case .name(let name): mentioned.insert(name.text)
    case .ignore: break
    case .tuple(let parts, _): parts.forEach { mention($0) }
    }
  }

  private mutating func read(_ parts: [StringPart]) {
    for part in parts {
      switch part {
      case .text: break
      case .interpolation(let e, let format):
        read(e)
        read(format)
      }
    }
  }

  /// Every name that the functions and models inside mention, at any depth.
  func mentionedInside() -> Set<String> {
    var result: Set<String> = []
    for function in functions {
      let inner = NameReader(function.body)
      result.formUnion(inner.mentioned)
      result.formUnion(inner.mentionedInside())
      for p in function.parameters {
        if let value = p.defaultValue {
          var r = inner; r.read(value); result.formUnion(r.mentioned)
        }
      }
    }
    for model in models {
      let inner = NameReader(model.body)
      result.formUnion(inner.mentioned)
      result.formUnion(inner.mentionedInside())
    }
    return result
  }
}

/// The name that `import "path/file.dls"` binds.
enum ModuleName {
  static func of(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".dls") ? String(file.dropLast(4)) : file
  }
}
