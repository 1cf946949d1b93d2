// safetensors: what PyTorch wrote is read, what is broken is refused, and a crash leaves the old file.

import DLSLibrary
import DLSRuntime
import DLSTensor
import Foundation
import Testing

private let folder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "Golden/safetensors")

/// Runs a script and gives its last value, or its error as `code: message`.
private func evaluate(_ text: String) -> (value: String, error: String?) {
  let session = Session(
    builtins: Library.builtins, constants: Library.constants, options: Library.options)
  let result = session.run(text, name: "test", mode: .script)
  let error = result.diagnostics.first { $0.severity == .error }
  return (result.value?.describe() ?? "", error.map { "\($0.code): \($0.message)" })
}

private func scratch(_ name: String) -> URL {
  FileManager.default.temporaryDirectory.appending(path: "dls-\(getpid())-\(name)")
}

/// A file with a header as given and so many bytes of data.
private func write(_ header: String, data: Int, to url: URL) throws {
  var bytes = Data()
  for i in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: header.utf8.count >> (8 * i))) }
  bytes.append(contentsOf: header.utf8)
  bytes.append(Data(repeating: 1, count: data))
  try bytes.write(to: url)
}

@Suite struct SafetensorsTests {
  @Test func aNetworkOfPyTorchGivesItsNumbers() {
    let path = folder.appending(path: "network.safetensors").path
    let result = evaluate(
      """
      net = Linear(3, 4) >> tanh >> Linear(4, 2, bias=false)
      load(net, "\(path)")
      expected = tensor([[-0.07201115041971207, -0.0282144695520401]])
      (net(tensor([[1.0, -2.0, 0.5]])) - expected).abs().max().item() < 1e-6
      """)
    #expect(result.error == nil)
    #expect(result.value == "true")
  }

  @Test func everyElementTypeIsRead() {
    let path = folder.appending(path: "types.safetensors").path
    let result = evaluate(
      """
      d = load_safetensors("\(path)")
      kinds = {f64: f64, f32: f32, f16: f32, bf16: f32, i64: i64, i32: i64, i16: i64, i8: i64, u8: i64, u16: i64, u32: i64, u64: i64}
      for name, dtype in items(kinds) {
        assert d[name].dtype == dtype, name
        assert d[name].tolist() == [[0, 1, 2], [3, 100, 7]], name
      }
      assert d["bool"].tolist() == [[false, true, true], [true, true, true]]
      assert d.halves.tolist()[0:3] == [1.5, -0.25, 65504.0]
      assert abs(d.halves[3].item() - 5.960464477539063e-8) < 1e-12
      assert d.halves[4].item() == inf and d.brains[4].item() == -inf
      assert abs(d.brains[2].item() / 3e38 - 1) < 0.01
      assert d.scalar.shape == [] and d.scalar.item() == 2.5
      assert d.empty.shape == [0, 3]
      len(d)
      """)
    #expect(result.error == nil)
    #expect(result.value == "17")
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}"#, 12),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 12),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, 8),
    (#"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":"x","data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775807,9223372036854775807]}}"#,
      8
    ),
    (#"{"a":7}"#, 0), (#"[]"#, 0), (#""#, 0),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
      6
    ),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
      4
    ),
  ]) func brokenFilesAreRefused(_ header: String, _ data: Int) throws {
    let url = scratch("broken-\(abs(header.hashValue))-\(data)")
    defer { try? FileManager.default.removeItem(at: url) }
    try write(header, data: data, to: url)
    let error = try #require(evaluate("load_safetensors(\"\(url.path)\")").error, "it was read")
    #expect(error.hasPrefix("bad-file"), "\(error)")
  }

  /// Any byte may be wrong: it is read or refused, and nothing falls over.
  @Test func damagedFilesDoNoHarm() throws {
    let whole = try Data(contentsOf: folder.appending(path: "types.safetensors"))
    let generator = Generator(seed: 4)
    let url = scratch("damaged")
    defer { try? FileManager.default.removeItem(at: url) }
    let session = Session(
      builtins: Library.builtins, constants: Library.constants, options: Library.options)
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0..<3 { bytes[generator.nextInt(bytes.count)] = UInt8(generator.nextInt(256)) }
      if generator.nextInt(3) == 0 { bytes = bytes.prefix(generator.nextInt(bytes.count)) }
      try bytes.write(to: url)
      let result = session.run(
        "load_safetensors(\"\(url.path)\")", name: "test", mode: .script)
      if let error = result.diagnostics.first(where: { $0.severity == .error }) {
        #expect(error.code == "bad-file", "\(error.code): \(error.message)")
      }
    }
  }

  @Test func whatIsSavedIsLoadedBitForBit() {
    let url = scratch("round.safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    let result = evaluate(
      """
      a = Linear(3, 4) >> BatchNorm1d(4) >> Linear(4, 2)
      for i in 0..3 { a(randn(8, 3)) }
      save(a, "\(url.path)")
      b = load(Linear(3, 4) >> BatchNorm1d(4) >> Linear(4, 2), "\(url.path)")
      [(x == y).all().item() for x, y in zip(values(state_dict(a)), values(state_dict(b)))]
      """)
    #expect(result.error == nil)
    #expect(!result.value.contains("false") && result.value.contains("true"), "\(result.value)")
  }

  /// The process is killed by the system while it writes (a limit on the file's size): the old file
  /// is whole.
  @Test func aCrashWhileSavingLeavesTheOldFile() throws {
    let program = try dlsProgram()
    let url = scratch("kept.safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    func run(_ script: String, limit: String) throws {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/bash")
      process.arguments = [
        "-c", "ulimit -c 0; \(limit) exec '\(program.path)' -e '\(script)'",
      ]
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
    }
    try run("save(Linear(8, 8), \"\(url.path)\")", limit: "")
    let before = try Data(contentsOf: url)
    #expect(before.count > 288)
    try run("save(Linear(500, 500), \"\(url.path)\")", limit: "ulimit -f 16;")
    #expect(try Data(contentsOf: url) == before)
    // What the killed process left beside it is not the file.
    let left = try FileManager.default.contentsOfDirectory(
      atPath: url.deletingLastPathComponent().path
    )
    .filter { $0.hasPrefix(url.lastPathComponent + ".") }
    for name in left {
      try FileManager.default.removeItem(
        at: url.deletingLastPathComponent().appending(path: name))
    }
  }
}
