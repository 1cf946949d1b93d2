// fit, evaluate, predict, progress, early_stopping: loops that everybody writes, as words.

import DLSRuntime
import DLSTensor

private let dataText =
  "Data gives batches, as `batches(x, y, 64)` does, or is a pair of tensors (x, y) that is cut into batches of "
  + "batch_size. A batch is (x, y), several inputs and a target, or a dict with `x` and `y`; a lone tensor is its own "
  + "target, as an autoencoder has it."

enum TrainingWords {
  static let all: [Builtin] = [
    Builtin(
      "fit",
      [
        Parameter("net", .any), Parameter("data", .any), Parameter("loss", .function, .none),
        Parameter("opt", .any, .none),
        Parameter("epochs", .int, .int(10)), Parameter("valid", .any, .none),
        Parameter("callbacks", .any, .none),
        Parameter("batch_size", .int, .int(64)), Parameter("shuffle", .bool, .bool(true)),
        Parameter("metric", .function, .none),
        Parameter("verbose", .bool, .bool(true)), Parameter("schedule", .any, .none),
      ],
      "Trains a network and gives the history: lists of losses (and of validation losses and accuracies).",
      details: dataText
        + " `loss` is called with (output, target): cross_entropy for int targets and mse_loss for others when left "
        + "out; `opt` is then Adam(net). metric(output, target) is reported beside the loss. Callbacks are called with "
        + "(epoch, history) after each epoch; one that gives false ends the training. A schedule steps after each "
        + "epoch. A loss that is not finite ends the training before it reaches the weights, with a note that names the "
        + "op. After Ctrl-C the weights are kept, and `ans` is the history.",
      example: """
        seed(0)
        x = randn(64, 2)
        history = fit(Linear(2, 1), (x, x.sum(dim=1, keepdim=true)), opt=none, epochs=3, verbose=false)
        len(history.loss)  #=> 3
        """,
      family: "Training"
    ) { call throws(Failure) in try Fit(call).run() },
    Builtin(
      "evaluate",
      [
        Parameter("net", .any), Parameter("data", .any), Parameter("loss", .function, .none),
        Parameter("metric", .function, .none), Parameter("batch_size", .int, .int(1024)),
      ],
      "The mean loss over data, and for int labels the accuracy, as a dict; in eval mode and without gradients.",
      details: dataText,
      example: """
        net = x -> one_hot(x, 3).to(f32) * 100
        evaluate(net, (tensor([0, 1, 2, 2]), tensor([0, 1, 2, 1]))).accuracy  #=> 0.75
        """,
      family: "Training"
    ) { call throws(Failure) in
      try Evaluation(
        try call.network(0), call.machine, loss: call.isNone(2) ? nil : call.value(2),
        metric: call.isNone(3) ? nil : call.value(3), batchSize: try call.size(4)
      ).run(call.value(1)).asDict
    },
    Builtin(
      "predict",
      [Parameter("net", .any), Parameter("x", .any), Parameter("batch_size", .int, .none)],
      "The outputs of a network in eval mode and without gradients.",
      details: "With batch_size the rows of x go through in pieces.",
      example: "net = Dropout(0.5)\npredict(net, ones(3))  #=> [1.0, 1.0, 1.0]  f32[3]",
      family: "Training"
    ) { call throws(Failure) in
      try Evaluation.predict(
        try call.network(0), call.value(1), call.isNone(2) ? nil : try call.size(2), call.machine)
    },
    Builtin(
      "progress", [Parameter("iterable", .any), Parameter("label", .string, .string(""))],
      "The same items, with a line that shows how far it is.",
      details: "The line is shown on a terminal only, and goes away at the end.",
      example: "[i^2 for i in progress(0..3)]  #=> [0, 1, 4]", family: "Training"
    ) {
      call throws(Failure) in .object(ProgressObject(call.value(0), try call.string(1)))
    },
    Builtin(
      "early_stopping",
      [
        Parameter("patience", .int, .int(5)), Parameter("monitor", .string, .string("valid_loss")),
        Parameter("min_delta", .float, .float(0)), Parameter("mode", .string, .string("auto")),
        Parameter("restore_best", .bool, .bool(true)),
      ],
      "A callback for fit that ends the training when a figure has stopped getting better.",
      details:
        "It waits for `patience` epochs without a gain above min_delta, then fit puts the weights of the best epoch back. "
        + "mode is \"min\", \"max\", or \"auto\": large is good where the name ends in accuracy.",
      example: "early_stopping(patience=3)  #=> <early_stopping: valid_loss, patience 3>",
      family: "Training"
    ) { call throws(Failure) in .object(try EarlyStopping(call)) },
  ]
}
