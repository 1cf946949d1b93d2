// Products beside OpenBLAS itself, and the memory that trainings take.

import COpenBLAS
import DLSRuntime
import DLSTensor

extension Workload {
  /// W9. `tensor.matmul` beside `cblas_sgemm` on the same machine in the same run.
  static let gemm = Workload(
    name: "gemm", number: "W9",
    what: "products of square matrices, beside OpenBLAS called directly",
    peers: [
      Peer("NumPy", ["w9_gemm.py", "numpy"]), Peer("PyTorch", ["w9_gemm.py", "torch"]),
    ]
  ) { setting throws(Failure) in
    var result: [Measurement] = []
    for n in setting.isQuick ? [64] : [64, 128, 256, 512, 1024, 2048] {
      let (a, b) = try tensorWork { () throws(TensorError) in
        (try Tensor.full([n, n], 0.5, .f32), try Tensor.full([n, n], 0.25, .f32))
      }
      // What is held against each other is measured in turns.
      var (own, direct): ([Double], [Double]) = ([], [])
      for _ in 0..<3 {
        own += try setting.measure(repeats: 3, minimum: 0.1) { count throws(Failure) in
          for _ in 0..<count { _ = try tensorWork { () throws(TensorError) in try a.matmul(b) } }
        }
        direct += try directly(setting, n)
      }
      let flops = 2e-9 * Double(n * n * n)
      var m = Measurement(
        "n=\(n)_GFLOP/s", unit: "GFLOP/s", isRate: true, seconds: own, scale: flops,
        floor: setting.isQuick
          ? nil : (MachineLimits.here.flops * 1e-9, "fused multiply-adds alone"))
      m.beside = [("OpenBLAS, called directly", direct.map { flops / $0 })]
      result.append(m)
    }
    return result
  }

  private static func directly(_ setting: BenchSetting, _ n: Int) throws(Failure) -> [Double] {
    var (a, b, c) = (
      [Float](repeating: 0.5, count: n * n), [Float](repeating: 0.25, count: n * n),
      [Float](repeating: 0, count: n * n)
    )
    openblas_set_num_threads(Int32(Parallel.threads))
    let size = Int32(n)
    return try setting.measure(repeats: 3, minimum: 0.1) { count throws(Failure) in
      a.withUnsafeMutableBufferPointer { a in
        b.withUnsafeMutableBufferPointer { b in
          c.withUnsafeMutableBufferPointer { c in
            for _ in 0..<count {
              cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a.baseAddress, size,
                b.baseAddress, size, 0, c.baseAddress, size)
            }
          }
        }
      }
    }
  }

  /// W13. A short run of a training in a process of its own, and the most memory that it took.
  static let memory = Workload(
    name: "memory", number: "W13", what: "peak memory of short runs of W4 and W5",
    peers: ["w4", "w5"].flatMap { script in
      [("PyTorch", "\(script)_torch.py"), ("JAX", "\(script)_jax.py")].map { label, file in
        Peer(label, [file], ["PEERS_QUICK": "1"], sizedAs: "\(script)_rss_MB")
      }
    }
  ) { setting throws(Failure) in
    let program = FilePath.absolute("/proc/self/exe")
    var result: [Measurement] = []
    for number in ["W4", "W5"] {
      guard let workload = named(number) else { continue }
      guard let run = Subprocess.run([program, "bench", "--quick", workload.name]) else {
        throw Failure("bad-argument", "`dls bench --quick \(workload.name)` fails")
      }
      result.append(
        Measurement(
          "\(number.lowercased())_rss_MB", unit: "MB", isRate: false, seconds: [run.megabytes]))
    }
    return result
  }
}
