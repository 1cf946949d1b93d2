// Names, members, arguments and modules of other languages, and what to write here.

package enum Habits {
  /// Names of other languages and libraries, as unknown names.
  package static func ofUnknownName(_ name: String) -> String? {
    switch name {
    case "True": "write `true`"
    case "False": "write `false`"
    case "None", "nil", "null", "NULL", "undefined", "Nothing": "write `none`"
    case "self", "this": "a model's fields and methods are read by their bare names"
    case "torch", "np", "numpy", "tf", "jax", "jnp", "keras":
      "tensor words stand by themselves: `tensor(…)`, `zeros(2, 3)`, without `\(name).`"
    case "nn": "layers stand by themselves: `Linear(4, 2)`, without `nn.`"
    case "F": "functions stand by themselves: `relu(x)`, without `F.`"
    case "optim": "optimizers stand by themselves: `Adam(net, lr=1e-3)`, without `optim.`"
    case "math", "Math": "`sqrt(x)`, `pi` and the rest stand by themselves, without `\(name).`"
    case "plt", "pyplot", "matplotlib": "figures stand by themselves: `plot(x, y)`, without `plt.`"
    case "pd", "pandas": "a table is read by `load_csv(path)`"
    case "array", "Tensor", "as_tensor", "from_numpy": "a tensor is made by `tensor([1.0, 2.0])`"
    case "float32", "Float32": "the dtype is `f32`"
    case "float64", "Float64", "double": "the dtype is `f64`"
    case "int64", "Int64", "long": "the dtype is `i64`"
    case "println", "printf", "fprintf", "sprintf", "console", "puts", "cout", "disp", "display",
      "echo":
      "write `print(…)`"
    case "length", "lenght", "size", "count_elements":
      "write `len(x)`; a tensor's sizes are `x.shape`"
    case "shape", "dtype", "ndim": "it is a member: `x.\(name)`"
    case "random":
      "random numbers stand by themselves: `rand(3)`, `randn(3)`, `randint(0, 10, [3])`"
    case "concat", "concatenate", "vstack", "hstack":
      "write `cat([a, b], dim=0)`; lists are joined by `++`"
    case "Dense": "the layer is `Linear(inputs, outputs)`"
    case "MaxPooling2D", "MaxPooling2d": "the layer is `MaxPool2d(2)`"
    case "mse", "MSE", "mean_squared_error": "the loss is `mse_loss(input, target)`"
    case "nll", "CrossEntropy", "categorical_crossentropy", "logitcrossentropy", "crossentropy":
      "the loss is `cross_entropy(logits, labels)`"
    case "read_csv", "readtable", "genfromtxt", "loadtxt": "write `load_csv(path)`"
    case "open", "fopen": "a file is read at once: `read_file(path)`"
    case "imread": "write `load_image(path)`"
    case "xlabel", "ylabel", "title", "xlim", "ylim", "grid":
      "it is an argument of the figure: `plot(x, y, \(name)=…)`"
    case "train_test_split": "write `random_split(…)`"
    case "Error", "Exception", "ValueError", "TypeError", "RuntimeError":
      "any value is thrown: `throw \"what is wrong\"`"
    case "parseInt": "write `int(x)`"
    case "parseFloat", "Number": "write `float(x)`"
    case "rng", "set_seed", "srand": "write `seed(0)`"
    case "end", "fi", "done": "blocks stand in braces: `{ … }`"
    case "string", "String": "the type is `str`"
    case "MSELoss": "a loss is a function: `mse_loss(input, target)`"
    case "CrossEntropyLoss": "a loss is a function: `cross_entropy(logits, labels)`"
    case "NLLLoss": "a loss is a function: `nll_loss(log_probabilities, labels)`"
    case "L1Loss": "a loss is a function: `l1_loss(input, target)`"
    case "BCELoss": "a loss is a function: `binary_cross_entropy(input, target)`"
    case "BCEWithLogitsLoss":
      "a loss is a function: `binary_cross_entropy_with_logits(input, target)`"
    case "DataLoader": "batches are made by `batches(x, y, 64, shuffle=true)`"
    case "manual_seed": "write `seed(0)`"
    case "Module": "a model is `model Name(…) { … forward(x) = … }`"
    case "isinstance": "write `type(x) == \"int\"`"
    default: nil
    }
  }

  /// Members of other languages' and libraries' values.
  package static func ofUnknownMember(_ name: String, isTensor: Bool) -> String? {
    switch name {
    case "size": isTensor ? "the sizes are `x.shape`, one of them `x.shape[0]`" : "write `len(x)`"
    case "length": "write `len(x)`"
    case "push", "add", "push_back":
      isTensor ? nil : "write `xs.append(x)`; layers are composed: `net >> layer`"
    case "apply": isTensor ? "functions take whole tensors: `f(x)`" : "write `map(xs, f)`"
    case "val_loss", "validation_loss": "with `valid=` given to fit: `history.valid_loss`"
    case "val_accuracy", "val_acc", "accuracy":
      isTensor ? nil : "with `valid=` given to fit: `history.valid_accuracy`"
    case "includes", "contains": "write `x in xs`"
    case "concat": "write `a ++ b`; for tensors `cat([a, b])`"
    case "toString": "write `str(x)`"
    case "forEach", "each": "write `for x in xs { … }`"
    case "parameters": "write `params(net)`"
    case "named_parameters": "write `named_params(net)`"
    case "half", "double": "write `{0}.to(f64)`"
    case "long": "write `{0}.to(i64)`"
    case "t": isTensor ? "write `{0}'`" : nil
    case "cuda", "cpu", "device": "there is one device: leave it out"
    case "numpy", "data":
      isTensor
        ? "a tensor is used as it is, a param changed by `w -= …`; `detach(x)` cuts gradients" : nil
    case "clone": "tensors are values: `y = x` is enough; `copy(x)` copies containers"
    case "requires_grad", "requires_grad_": "what is trained is made by `param(x)`"
    case "dim": "the number of dimensions is `x.ndim`"
    case "shape", "dtype", "ndim", "T": isTensor ? nil : "only a tensor has that: `tensor(x)`"
    case "format": "write `\"{x:.3f}\"`"
    case "gradient": "the gradient is `w.grad`"
    case "title", "xlabel", "ylabel", "xlim", "ylim":
      isTensor ? nil : "it is an argument: `plot(x, y, \(name)=…)`"
    case "forward", "predict": isTensor ? nil : "a network is called: `net(x)`"
    case "append": isTensor ? "tensors are joined by `cat([a, b])`" : nil
    case "cast", "astype", "type", "float", "int": isTensor ? "write `{0}.to(f32)`" : nil
    case "zero_grads", "zeroGrad": "write `opt.zero_grad()`"
    case "keys": isTensor ? nil : "only a dict has keys"
    case _ where isTensor && name.hasSuffix("_"):
      "tensors are values, never changed in place: `x = x + 1`, `x[:] = 0`"
    default: nil
    }
  }

  /// What is assigned to in other libraries; tensors are values here.
  package static func ofAssignedMember(_ name: String, isTensor: Bool) -> String? {
    switch name {
    case "shape": isTensor ? "a tensor is a value: `x = x.reshape(…)`" : nil
    case "dtype": isTensor ? "a tensor is a value: `x = x.to(f64)`" : nil
    case "T": isTensor ? "a tensor is a value: `x = x'`" : nil
    case "grad": isTensor ? "only a param has a gradient to set: `param(x)`" : nil
    default: ofUnknownMember(name, isTensor: isTensor)
    }
  }

  /// Arguments by the names that other libraries give them.
  package static func ofArgument(_ name: String, among known: [String]) -> String? {
    let own: String? =
      switch name {
      case "axis", "axes", "dims": "dim"
      case "keepdims": "keepdim"
      case "learning_rate", "learningRate", "eta", "stepsize": "lr"
      case "decay", "l2", "wd": "weight_decay"
      case "num_epochs", "n_epochs", "nepochs", "iterations": "epochs"
      case "optimizer", "optim": "opt"
      case "criterion", "loss_fn", "loss_function": "loss"
      case "kernel", "ksize", "filter_size": "kernel_size"
      case "strides": "stride"
      case "units": "out_features"
      case "use_bias": "bias"
      case "data_type": "dtype"
      case "linestyle", "ls", "marker": "style"
      case "s", "markersize", "ms": "size"
      case "legend": "label"
      case "batchsize", "batch": "batch_size"
      default: nil
      }
    if let own, known.contains(own) { return "the argument is `\(own)`" }
    switch name {
    case "requires_grad": return "what is trained is made by `param(x)`"
    case "device": return "there is one device: leave it out"
    case "inplace": return "tensors are values, never changed in place: leave it out"
    default: return nil
    }
  }

  /// Modules of Python's world, as names to import.
  package static func ofModule(_ name: String) -> String? {
    switch name {
    case "torch", "numpy", "jax", "math", "tensorflow", "sklearn", "scipy", "pandas", "torchvision",
      "random", "os", "sys", "time", "matplotlib":
      "tensors, layers, data and plots are words here: there is nothing to import"
    default: nil
    }
  }
}
