// save and load networks; safetensors and JSON.

import DLSRuntime
import DLSTensor

private let path = Parameter("path", .string)

enum StateWords {
  static let all: [Builtin] = [
    Builtin(
      "save", [Parameter("net", .any), path],
      "Writes a network's params and buffers to a safetensors file.",
      details:
        "Written to a temporary file, synced and renamed: a crash leaves the old file whole. PyTorch reads it.",
      family: "Files"
    ) { call throws(Failure) in
      let state = NetworkState.of(call.value(0))
      if state.isEmpty {
        let isFigure = call.value(0).typeName == "figure"
        throw call.fail(
          0, "there are no params to save in \(call.value(0).kindText)",
          help: isFigure
            ? ["a figure is written by `savefig`"]
            : call.value(0).text != nil ? ["the network comes first: `save(net, path)`"] : [])
      }
      try SafeFile.write(call.string(1), Safetensors.encode(state))
      return .none
    },
    Builtin(
      "load", [Parameter("net", .any), path, Parameter("strict", .bool, .bool(true))],
      "Reads a network's params and buffers from a safetensors file; names and shapes must agree.",
      details:
        "Nothing is changed unless all fits; with strict=false, names that only one side has are passed over. Gives "
        + "the network.",
      family: "Files"
    ) { call throws(Failure) in
      let path = try call.string(1)
      let tensors = try Safetensors.load(path)
      try NetworkState.load(
        Dictionary(tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { a, _ in a }),
        into: call.value(0), strict: try call.bool(2))
      return call.value(0)
    },
    Builtin(
      "load_safetensors", [path], "The tensors of a safetensors file, as a dict.", family: "Files"
    ) { call throws(Failure) in
      let path = try call.string(0)
      return .dict(
        try Safetensors.load(path).map { ($0.name, .tensor($0.tensor)) })
    },
    Builtin(
      "save_safetensors", [path, Parameter("tensors", .dict)],
      "Writes a dict of tensors to a safetensors file.", family: "Files"
    ) { call throws(Failure) in
      var tensors: [(name: String, tensor: Tensor)] = []
      for (key, value) in try call.dict(1).entries {
        tensors.append((key.value.printed(), try value.asTensor()))
      }
      try SafeFile.write(call.string(0), Safetensors.encode(tensors))
      return .none
    },
    Builtin(
      "parse_json", [Parameter("text", .string)], "The value that a JSON text stands for.",
      example: "parse_json(\"[1, true]\")  #=> [1, true]", family: "Text"
    ) {
      call throws(Failure) in
      do throws(Failure) { return try JSONReader.parse(Array(try call.string(0).utf8)) } catch {
        error.argument = error.argument ?? 0
        throw error
      }
    },
    Builtin(
      "to_json", [Parameter("x", .any)], "A value as JSON text.",
      example: "to_json([1, none])  #=> \"[1, null]\"", family: "Text"
    ) {
      call throws(Failure) in .string(try JSONWriter.text(call.value(0)))
    },
  ]
}
