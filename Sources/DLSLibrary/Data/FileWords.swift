// The words that read and write data files.

import DLSRuntime
import DLSTensor

/// Every loader checks what a file claims before it believes it; see `DataError`.
enum FileWords {
  static let all: [Builtin] = tables + arrays + pictures + texts

  private static let tables: [Builtin] = [
    Builtin(
      "load_csv",
      [
        Parameter("path", .string), Parameter("header", .any, .none),
        Parameter("sep", .string, .string(",")), Parameter("skip", .int, .int(0)),
        Parameter("dtype", .dtype, .none),
      ],
      "Reads a CSV file as a table: a matrix with `.names` where a header stands.",
      details: """
        Empty cells are nan. Columns of text are not in the matrix: `t.column("species")` gives \
        them as lists. `header=true` or `false` says whether the first row holds names; left out, \
        it does where none of its cells is a number. `.gz` files are read as they are.
        """,
      example: """
        write_text("/tmp/dls-example.csv", "a,b\\n1,2\\n3,")
        t = load_csv("/tmp/dls-example.csv")
        t.names
        #=> ["a", "b"]
        t.shape
        #=> [2, 2]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let path = try call.string(0)
      let header = call.isNone(1) ? nil : try call.bool(1)
      let separator = try Array(call.string(2).utf8)
      let skip = try call.int(3)
      let dtype = try call.optionalDType(4) ?? .f32
      guard separator.count == 1, separator[0] != 34, separator[0] != 10, separator[0] != 13 else {
        throw call.fail(2, "a separator is one character, such as \",\" or \";\" or \"\\t\"")
      }
      let data = try fileWork { () throws(DataError) in
        try CSVParser.load(path, separator: separator[0], header: header, skip: skip)
      }
      return .object(try tensorWork { () throws(TensorError) in try Table(data, dtype: dtype) })
    },
    Builtin(
      "column", [Parameter("table", .any), Parameter("name", .any)],
      "A column of a table by its name or number: a tensor, or a list where it holds text.",
      example: """
        write_text("/tmp/dls-example.csv", "name,age\\nada,36\\nalan,41")
        load_csv("/tmp/dls-example.csv").column("name")
        #=> ["ada", "alan"]
        """,
      family: "Data"
    ) { call throws(Failure) in
      guard case .object(let object) = call.arguments[0], let table = object as? Table else {
        throw call.fail(0, "a table from load_csv is expected, not \(call.arguments[0].typeName)")
      }
      return try table.column(call.arguments[1], call)
    },
  ]

  private static let arrays: [Builtin] = [
    Builtin(
      "load_npy", [Parameter("path", .string)], "Reads a NumPy array file as a tensor.",
      details:
        "Element types that tensors lack become the next wider one (float16 f32, uint8 i64).",
      example: """
        save_npy("/tmp/dls-example.npy", [[1, 2], [3, 4]])
        load_npy("/tmp/dls-example.npy").shape
        #=> [2, 2]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let path = try call.string(0)
      let array = try fileWork { () throws(DataError) in
        try NPY.load(path)
      }
      return .tensor(try tensorWork { () throws(TensorError) in try array.tensor() })
    },
    Builtin(
      "save_npy", [Parameter("path", .any), Parameter("x", .any)],
      "Writes a tensor as a NumPy array file.",
      details: "Written to a temporary file and renamed, so that a crash leaves the old one whole.",
      example: "save_npy(\"/tmp/dls-example.npy\", zeros(2))", family: "Data"
    ) { call throws(Failure) in
      let (path, value) = try call.pathAndValue()
      let bytes = NPY.encode(ArrayData(try call.tensor(value)))
      try fileWork(argument: path) { () throws(DataError) in
        try Files.write(bytes, to: call.text(path))
      }
      return .none
    },
    Builtin(
      "load_npz", [Parameter("path", .string)],
      "Reads a NumPy archive as a dict from names to tensors.",
      example: """
        save_npz("/tmp/dls-example.npz", {w: zeros(2, 3)})
        load_npz("/tmp/dls-example.npz").w.shape
        #=> [2, 3]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let path = try call.string(0)
      let arrays = try fileWork { () throws(DataError) in
        try NPZ.load(path)
      }
      var pairs: [(String, Value)] = []
      for (name, array) in arrays {
        pairs.append(
          (name, .tensor(try tensorWork { () throws(TensorError) in try array.tensor() })))
      }
      return .dict(pairs)
    },
    Builtin(
      "save_npz", [Parameter("path", .any), Parameter("arrays", .any)],
      "Writes a dict of tensors as a NumPy archive.",
      example: "save_npz(\"/tmp/dls-example.npz\", {w: zeros(2, 3), b: zeros(3)})", family: "Data"
    ) { call throws(Failure) in
      let (path, value) = try call.pathAndValue()
      guard case .object(let object) = call.arguments[value], let dict = object as? DictObject
      else {
        throw call.fail(
          value, "a dict of tensors is expected, not \(call.arguments[value].typeName)",
          help: ["save_npz(\"file.npz\", {x: x, y: y})"])
      }
      var arrays: [(name: String, array: ArrayData)] = []
      for (key, item) in dict.entries {
        let name = key.value.printed()
        guard !name.contains("/"), !name.contains("\0"), !name.isEmpty else {
          throw call.fail(value, "`\(name)` cannot be the name of an array in a file")
        }
        arrays.append((name, ArrayData(try item.asTensor())))
      }
      let pairs = arrays
      try fileWork(argument: path) { () throws(DataError) in
        let target = call.text(path)
        try Files.write(NPZ.encode(pairs, target), to: target)
      }
      return .none
    },
    Builtin(
      "load_idx", [Parameter("path", .string), Parameter("dtype", .dtype, .none)],
      "Reads an IDX file (MNIST): labels as i64, pictures as f32 with the file's values.",
      details: "http://yann.lecun.com/exdb/mnist/ — `.gz` files are read as they are.",
      example: #"""
        # Two labels, 3 and 7: type 8 (bytes), one dimension, size 2.
        write_text("/tmp/dls-example.idx", "\u{0}\u{0}\u{8}\u{1}\u{0}\u{0}\u{0}\u{2}\u{3}\u{7}")
        load_idx("/tmp/dls-example.idx")
        #=> [3, 7]  i64[2]
        """#,
      family: "Data"
    ) { call throws(Failure) in
      let path = try call.string(0)
      let dtype = try call.optionalDType(1)
      let array = try fileWork { () throws(DataError) in
        try IDX.load(path)
      }
      return .tensor(
        try tensorWork { () throws(TensorError) in
          let tensor = try array.tensor()
          return try dtype.map { (type) throws(TensorError) in try tensor.to(type) } ?? tensor
        })
    },
  ]

  private static let texts: [Builtin] = [
    Builtin(
      "read_text", [Parameter("path", .string)],
      "Reads a file as text, decompressed where it is gzip; it must be UTF-8.",
      example: """
        write_text("/tmp/dls-example.txt", "in the beginning")
        read_text("/tmp/dls-example.txt")
        #=> "in the beginning"
        """,
      family: "Data"
    ) { call throws(Failure) in
      let path = try call.string(0)
      return .string(try fileWork { () throws(DataError) in try Files.readText(path) })
    },
    Builtin(
      "write_text", [Parameter("path", .string), Parameter("text", .string)],
      "Writes text to a file, compressed where its name ends with .gz.",
      details: "Written to a temporary file and renamed, so that a crash leaves the old one whole.",
      example: "write_text(\"/tmp/dls-example.txt\", \"hello\")", family: "Data"
    ) { call throws(Failure) in
      let path = try call.string(0)
      let text = try call.string(1)
      try fileWork { () throws(DataError) in try Files.write(Array(text.utf8), to: path) }
      return .none
    },
  ]
}

extension Call {
  /// Which of two arguments is the path and which the value: both orders are understood, NumPy's
  /// (`save(path, x)`) and PyTorch's (`save(x, path)`).
  func pathAndValue() throws(Failure) -> (path: Int, value: Int) {
    func isText(_ value: Value) -> Bool {
      if case .object(let object) = value { return object is StringObject }
      return false
    }
    if isText(arguments[0]) { return (0, 1) }
    if isText(arguments[1]) { return (1, 0) }
    throw fail(0, "a file name is expected, as in \(name)(\"file\", x)")
  }

  /// The text of an argument that is known to hold one.
  func text(_ argument: Int) -> String {
    if case .object(let object) = arguments[argument], let string = object as? StringObject {
      return string.text
    }
    return ""
  }
}
