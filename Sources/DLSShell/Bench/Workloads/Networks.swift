// Trainings of convolutional and residual networks, as `peers/w5, w6, w8, w14_torch.py` have them.

import DLSRuntime
import DLSTensor

enum NetworkWorkloads {
  static let all: [Workload] = [convnet, residual, prototypes, resnet]

  private static let convnet = Workload(
    name: "convnet", number: "W5",
    what: "two convolutions and two linear layers on 1x28x28, batch 64, SGD with momentum",
    peers: Peer.usual("w5", fused: false, jax: ["reshape"])
  ) { setting throws(Failure) in
    try ScriptRun(
      script: """
        net = Conv2d(1, 32, 3, padding=1) >> relu >> MaxPool2d(2) >> Conv2d(32, 64, 3, padding=1) >> relu >> MaxPool2d(2) >> Flatten() >> Linear(3136, 128) >> relu >> Linear(128, 10)
        for p, q in zip(params(net), P) { p.set(q) }
        opt = SGD(net, lr=0.01, momentum=0.9)
        fn step() { loss = cross_entropy(net(X), Y); opt.zero_grad(); loss.backward(); opt.step(); loss }
        """ + TrainingWorkloads.checked(after: 10),
      inputs: [
        (
          "P",
          .tensors { () throws(TensorError) in
            var random = NumPyRandom(seed: 0)
            return try PeerInputs.convolution(1, 32, &random)
              + PeerInputs.convolution(32, 64, &random) + PeerInputs.linears([3136, 128], &random)
              + PeerInputs.linears([128, 10], &random)
          }
        ), ("X", PeerInputs.normal([64, 1, 28, 28])),
        ("Y", PeerInputs.labels([64, 1, 28, 28], 10)),
      ],
      timed: [
        .init(
          function: "step", metric: "steps/s", minimum: 1,
          work: Work(flops: 1599.7e6, cacheBytes: 20 * 421_642 + 96e6))
      ],
      checks: [("loss0", 2.30207, 1e-4), ("loss10", 2.16535, 1e-3)]
    ).measure(setting)
  }

  private static let residual = Workload(
    name: "residual", number: "W6",
    what: "20 residual blocks of 128 with batch norm and dropout, batch 128, Adam",
    peers: Peer.usual("w6")
  ) { setting throws(Failure) in
    try ScriptRun(
      script: """
        fn made(p) {
          block() = Residual(Linear(128, 128) >> BatchNorm1d(128) >> relu >> Dropout(p))
          net = Sequential([block() for i in 0..20]) >> Linear(128, 10)
          for w, q in zip(params(net), P) { w.set(q) }
          opt = Adam(net, lr=0.001)
          fn step() { loss = cross_entropy(net(X), Y); opt.zero_grad(); loss.backward(); opt.step(); loss }
          step
        }
        step = made(0.5)
        fn check() {
          exact = made(0.0)
          first = exact()
          for i in 1..10 { exact() }
          for i in 0..50 { step() }
          (first, exact(), step())
        }
        """,
      inputs: [
        (
          "P",
          .tensors { () throws(TensorError) in
            var random = NumPyRandom(seed: 0)
            var result: [Tensor] = []
            for _ in 0..<20 {
              result += try PeerInputs.linears([128, 128], &random) + affine(128)
            }
            return try result + PeerInputs.linears([128, 10], &random)
          }
        ), ("X", PeerInputs.normal([128, 128])), ("Y", PeerInputs.labels([128, 128], 10)),
      ],
      timed: [
        .init(
          function: "step", metric: "steps/s",
          work: Work(flops: 251.7e6, cacheBytes: 28 * 336_650 + 21.7e6))
      ],
      // The masks of dropout are everyone's own: PyTorch has 0.49 to 0.79 by its seeds, JAX from 0.39.
      // A net without masks is held to PyTorch's digits.
      checks: [
        ("loss0 (p=0)", 5.20161, 1e-4), ("loss10 (p=0)", 0.0224488, 5e-3), ("loss50", 0.64, 0.45),
      ]
    ).measure(setting)
  }

  private static let prototypes = Workload(
    name: "prototypes", number: "W8",
    what: "a prototypical network, Conv-4/64, 5-way 5-shot 15 query, Adam",
    peers: Peer.usual("w8", fused: false, jax: ["reshape"])
  ) { setting throws(Failure) in
    try ScriptRun(
      script: """
        block(n) = Conv2d(n, 64, 3, padding=1) >> BatchNorm2d(64) >> relu >> MaxPool2d(2)
        net = block(1) >> block(64) >> block(64) >> block(64) >> Flatten()
        for p, q in zip(params(net), P) { p.set(q) }
        opt = Adam(net, lr=0.001)
        fn loss_of() {
          z = net(X)
          proto = z[:25].reshape(5, 5, -1).mean(dim=1)
          cross_entropy(-((z[25:, none] - proto[none]) ^ 2).sum(dim=-1), Y)
        }
        fn step() { loss = loss_of(); opt.zero_grad(); loss.backward(); opt.step(); loss }
        """ + TrainingWorkloads.checked(after: 10),
      inputs: [
        (
          "P",
          .tensors { () throws(TensorError) in
            var random = NumPyRandom(seed: 0)
            var result: [Tensor] = []
            for channels in [1, 64, 64, 64] {
              result += try PeerInputs.convolution(channels, 64, &random) + affine(64)
            }
            return result
          }
        ), ("X", PeerInputs.normal([100, 1, 28, 28])),
        (
          "Y",
          .tensor { () throws(TensorError) in try Tensor.of((0..<75).map { $0 / 15 }) }
        ),
      ],
      timed: [
        .init(
          function: "step", metric: "steps/s", minimum: 1,
          work: Work(flops: 5798.7e6, cacheBytes: 28 * 111_936 + 425e6))
      ],
      checks: [("loss0", 3.53772, 1e-4), ("loss10", 0.0127, 0.03)]
    ).measure(setting)
  }

  private static let resnet = Workload(
    name: "resnet", number: "W14",
    what: "ResNet-18 on 3x64x64, batch 16, forward and backward",
    peers: Peer.usual("w14", fused: false)
  ) { setting throws(Failure) in
    try ScriptRun(
      script: """
        conv(i, o, k, s) = Conv2d(i, o, k, s, k // 2, bias=false) >> BatchNorm2d(o)
        model Basic(i, o, s) {
          f = conv(i, o, 3, s) >> relu >> conv(o, o, 3, 1)
          d = if s != 1 or i != o { conv(i, o, 1, s) } else { Identity() }
          forward(x) = relu(f(x) + d(x))
        }
        stage(i, o, s) = Basic(i, o, s) >> Basic(o, o, 1)
        net = conv(3, 64, 7, 2) >> relu >> MaxPool2d(3, 2, 1) >> stage(64, 64, 1) >> stage(64, 128, 2) >> stage(128, 256, 2) >> stage(256, 512, 2) >> AdaptiveAvgPool2d(1) >> Flatten() >> Linear(512, 1000)
        ps = params(net)
        for p, q in zip(ps, P) { p.set(q) }
        fn step() { loss = cross_entropy(net(X), Y); for p in ps { p.grad = none }; loss.backward(); loss }
        fn check() { step() }
        """,
      inputs: [
        ("P", .tensors { () throws(TensorError) in try resnetWeights() }),
        ("X", PeerInputs.normal([16, 3, 64, 64])), ("Y", PeerInputs.labels([16, 3, 64, 64], 1000)),
      ],
      timed: [
        .init(
          function: "step", metric: "fwd+bwd_steps/s", minimum: 1,
          work: Work(flops: 13953.3e6, cacheBytes: 208e6))
      ],
      checks: [("loss0", 6.84201, 1e-3)]
    ).measure(setting)
  }

  /// Weight and bias of a batch norm at its start.
  private static func affine(_ n: Int) throws(TensorError) -> [Tensor] {
    [try Tensor.full([n], 1, .f32), try Tensor.full([n], 0, .f32)]
  }

  /// ResNet-18's weights as PyTorch draws them after `manual_seed(0)`, in the order of its params.
  private static func resnetWeights() throws(TensorError) -> [Tensor] {
    var random = TorchRandom(seed: 0)
    var result: [Tensor] = []
    func convolution(_ i: Int, _ o: Int, _ size: Int) throws(TensorError) {
      let shape = [o, i, size, size]
      let bound = 1 / Double(i * size * size).squareRoot()
      result.append(
        try Tensor.of(random.uniform(bound, count: shape.reduce(1, *)), shape: shape))
      result += try affine(o)
    }
    try convolution(3, 64, 7)
    var channels = 64
    for (width, step) in [(64, 1), (128, 2), (256, 2), (512, 2)] {
      for stride in [step, 1] {
        try convolution(channels, width, 3)
        try convolution(width, width, 3)
        if stride != 1 || channels != width { try convolution(channels, width, 1) }
        channels = width
      }
    }
    let bound = 1 / 512.0.squareRoot()
    result.append(try Tensor.of(random.uniform(bound, count: 512_000), shape: [1000, 512]))
    result.append(try Tensor.of(random.uniform(bound, count: 1000)))
    return result
  }
}
