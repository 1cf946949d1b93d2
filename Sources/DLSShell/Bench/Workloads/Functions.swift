// Functions of tensors: an elementwise chain at three sizes, and a Hessian.

import DLSRuntime
import DLSTensor

extension Workload {
  /// W10. Sums of the results and of the gradients as NumPy and PyTorch have them.
  static let elementwise = Workload(
    name: "elementwise", number: "W10",
    what: "tanh(a x + b) sigmoid(x) + exp(-x²) over 10^4, 10^6, 10^7 numbers, forward and back",
    peers: [
      Peer("NumPy", ["w10_chain.py", "numpy"]),
      Peer("PyTorch eager", ["w10_chain.py", "torch", "eager"]),
      Peer("PyTorch eager, kept pages", ["w10_chain.py", "torch", "eager"], Peer.keptPages),
      Peer("PyTorch compiled", ["w10_chain.py", "torch", "compile"]),
      Peer("JAX", ["w10_chain.py", "jax"]),
    ]
  ) { setting throws(Failure) in
    var result: [Measurement] = []
    let cases = [
      (10_000, 8319.21, 3507.48), (1_000_000, 832_613, 344_242),
      (10_000_000, 8.32531e6, 3.44149e6),
    ]
    for (n, sum, gradientSum) in cases where !setting.isQuick || n < 1_000_000 {
      // In and out once, where no cache holds it.
      let bytes = n > 4_000_000 ? Double(8 * n) : 0
      let run = ScriptRun(
        script: """
          f(x) = tanh(1.5 * x + 0.5) * sigmoid(x) + exp(-x * x)
          W = param(X)
          fn forward() { f(X) }
          fn back() { zero_grad(W); f(W).sum().backward() }
          fn check() { back(); [f(X).to(f64).sum(), W.grad.to(f64).sum()] }
          """,
        inputs: [("X", PeerInputs.normal([n], seed: 0))],
        timed: [
          .init(
            function: "forward", metric: "fwd_n=\(n)_ms", unit: "ms", isRate: false, minimum: 0.3,
            work: bytes > 0 ? Work(memoryBytes: bytes) : nil),
          .init(
            function: "back", metric: "fwd+bwd_n=\(n)_ms", unit: "ms", isRate: false, minimum: 0.3,
            work: bytes > 0 ? Work(memoryBytes: bytes) : nil),
        ],
        checks: [("sum", sum, 1e-5), ("gsum", gradientSum, 1e-5)])
      result += try run.measure(setting)
    }
    return result
  }

  /// W11. The largest difference from the exact Hessian, relative to its largest element.
  static let hessian = Workload(
    name: "hessian", number: "W11", what: "the Hessian of Rosenbrock's function in 50 variables",
    peers: [
      Peer("PyTorch", ["w11_hessian.py", "torch"]),
      Peer("JAX, compiled", ["w11_hessian.py", "jax", "jit"]),
      Peer("JAX, op by op", ["w11_hessian.py", "jax", "nojit"]),
    ]
  ) { setting throws(Failure) in
    try ScriptRun(
      script: """
        rosenbrock(x) = (100 * (x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2).sum()
        fn step() { hessian(rosenbrock)(X) }
        fn check() { 1 + (step().to(f64) - E).abs().max() / E.abs().max() }
        """,
      inputs: [
        ("X", PeerInputs.normal([50], seed: 0)),
        (
          "E",
          .tensor { () throws(TensorError) in
            var random = NumPyRandom(seed: 0)
            let x = random.standardNormal(count: 50).map(Double.init)
            return try Tensor.of(exactHessian(x), shape: [50, 50])
          }
        ),
      ],
      timed: [.init(function: "step", metric: "ms", unit: "ms", isRate: false)],
      checks: [("1+relerr", 1, 1e-6)]
    ).measure(setting)
  }

  private static func exactHessian(_ x: [Double]) -> [Double] {
    let n = x.count
    var h = [Double](repeating: 0, count: n * n)
    for i in 0..<(n - 1) {
      h[i * n + i] += 1200 * x[i] * x[i] - 400 * x[i + 1] + 2
      h[(i + 1) * n + i + 1] += 200
      h[i * n + i + 1] = -400 * x[i]
      h[(i + 1) * n + i] = -400 * x[i]
    }
    return h
  }
}
