// Trainings of dense networks, as `peers/w*_torch.py` have them: weights, batch, loss, optimizer.

import DLSRuntime
import DLSTensor

enum TrainingWorkloads {
  static let all: [Workload] = [xor, mlp, gan]

  /// One step, and the losses of the first step and after `steps` updates.
  static func checked(after steps: Int) -> String {
    "\nfn check() { first = step(); for i in 1..\(steps) { step() }; (first, step()) }"
  }

  private static let xor = Workload(
    name: "xor", number: "W3", what: "XOR by an MLP 2-8-1, batch 4, Adam: overhead an op",
    peers: Peer.usual("w3")
  ) { setting throws(Failure) in
    try ScriptRun(
      script: """
        net = Linear(2, 8) >> tanh >> Linear(8, 1) >> sigmoid
        for p, q in zip(params(net), P) { p.set(q) }
        opt = Adam(net, lr=0.01)
        fn step() { loss = binary_cross_entropy(net(X), Y); opt.zero_grad(); loss.backward(); opt.step(); loss }
        """ + checked(after: 500),
      inputs: [
        ("P", PeerInputs.linears([2, 8, 1])),
        (
          "X",
          .tensor { () throws(TensorError) in
            try Tensor.of([0, 0, 0, 1, 1, 0, 1, 1] as [Float], shape: [4, 2])
          }
        ),
        (
          "Y",
          .tensor { () throws(TensorError) in
            try Tensor.of([0, 1, 1, 0] as [Float], shape: [4, 1])
          }
        ),
      ],
      checks: [("loss0", 0.693034, 1e-4), ("loss500", 0.00370218, 1e-3)]
    ).measure(setting)
  }

  private static let mlp = Workload(
    name: "mlp", number: "W4", what: "an MLP 784-256-128-10, batch 64, cross-entropy, Adam",
    peers: Peer.usual("w4")
  ) { setting throws(Failure) in
    try ScriptRun(
      script: """
        net = Linear(784, 256) >> relu >> Linear(256, 128) >> relu >> Linear(128, 10)
        for p, q in zip(params(net), P) { p.set(q) }
        opt = Adam(net, lr=0.001)
        fn step() { loss = cross_entropy(net(X), Y); opt.zero_grad(); loss.backward(); opt.step(); loss }
        """ + checked(after: 10),
      inputs: [
        ("P", PeerInputs.linears([784, 256, 128, 10])), ("X", PeerInputs.normal([64, 784])),
        ("Y", PeerInputs.labels([64, 784], 10)),
      ],
      timed: [
        .init(function: "step", metric: "steps/s", work: .dense(64, [784, 256, 128, 10]))
      ],
      checks: [("loss0", 2.3105, 1e-4), ("loss10", 0.527318, 1e-3)]
    ).measure(setting)
  }

  private static let gan = Workload(
    name: "gan", number: "W12",
    what: "a GAN 64-256-256-784 against 784-256-256-1, batch 64, Adam for both",
    peers: Peer.usual("w12")
  ) { setting throws(Failure) in
    try ScriptRun(
      script: """
        G = Linear(64, 256) >> relu >> Linear(256, 256) >> relu >> Linear(256, 784) >> tanh
        leaky = x -> leaky_relu(x, 0.2)
        D = Linear(784, 256) >> leaky >> Linear(256, 256) >> leaky >> Linear(256, 1)
        for p, q in zip(params(G), PG) { p.set(q) }
        for p, q in zip(params(D), PD) { p.set(q) }
        to_G = Adam(G, lr=0.0002, betas=[0.5, 0.999])
        to_D = Adam(D, lr=0.0002, betas=[0.5, 0.999])
        X = tanh(N)
        one = ones(64, 1)
        zero = zeros(64, 1)
        bce = binary_cross_entropy_with_logits
        fn step() {
          fake = G(Z)
          to_D.zero_grad()
          loss_D = bce(D(X), one) + bce(D(detach(fake)), zero)
          loss_D.backward()
          to_D.step()
          to_G.zero_grad()
          loss_G = bce(D(fake), one)
          loss_G.backward()
          to_G.step()
          (loss_D, loss_G)
        }
        fn check() { for i in 0..10 { step() }; step() }
        """,
      inputs: [
        ("PG", PeerInputs.linears([64, 256, 256, 784])),
        ("PD", PeerInputs.linears([784, 256, 256, 1], seed: 1)),
        ("N", PeerInputs.normal([64, 784])), ("Z", PeerInputs.normal([64, 64], seed: 2)),
      ],
      timed: [.init(function: "step", metric: "steps/s", work: ganWork)],
      checks: [("lossD", 1.2126, 1e-3), ("lossG", 0.647412, 1e-3)]
    ).measure(setting)
  }

  /// G once; D on real and on fake numbers with its own gradients, and once more with G's.
  private static let ganWork: Work = {
    let (g, d) = (Work.dense(64, [64, 256, 256, 784]), Work.dense(64, [784, 256, 256, 1]))
    let weights = 784 * 256 + 256 * 256 + 256
    let through = Double(2 * 64 * weights)
    return Work(
      flops: g.flops + 2 * d.flops + 2 * through, cacheBytes: g.cacheBytes + d.cacheBytes)
  }()
}
