// Layers of sequences and tables: embeddings, recurrence, attention. Declarations.

import DLSRuntime
import DLSTensor

extension Call {
  /// A row of a table, counted from the end when negative; nil where left out.
  fileprivate func row(_ i: Int, of rows: Int) throws(Failure) -> Int? {
    guard let given = try optionalInt(i) else { return nil }
    let at = given < 0 ? given &+ rows : given
    if at < 0 || at >= rows {
      throw fail(i, "\(parameters[i].name) \(given) is out of range for \(rows) rows")
    }
    return at
  }
}

/// RNN, LSTM and GRU share their arguments; only RNN has a nonlinearity to choose.
private func recurrent(_ kind: RecurrentKind, _ summary: String, _ formula: String) -> Builtin {
  let shared = [
    Parameter("bias", .bool, .bool(true)), Parameter("batch_first", .bool, .bool(false)),
    Parameter("dropout", .float, .float(0)), Parameter("bidirectional", .bool, .bool(false)),
  ]
  let nonlinearity = Parameter("nonlinearity", .string, .string("tanh"))
  let state = kind == .lstm ? "(h, c)" : "h"
  return layer(
    kind.rawValue,
    [
      Parameter("input_size", .any), Parameter("hidden_size", .int),
      Parameter("num_layers", .int, .int(1)),
    ] + (kind == .rnn ? [nonlinearity] : []) + shared, summary,
    details: "Called with input [steps, batch, features] (batch first with batch_first=true, or "
      + "[steps, features]) and a state \(state) of zeros unless given; gives (output, \(state)), with "
      + "output [steps, batch, hidden] and h [layers, batch, hidden]. \(formula)",
    example: "y, h = \(kind.rawValue)(4, 3)(ones(5, 2, 4))\ny.shape  #=> [5, 2, 3]"
  ) { call throws(Failure) in
    let inputs = try call.sizeOrOpen(0)
    var s = RecurrentSettings()
    s.hidden = try call.size(1)
    s.layers = try call.size(2)
    if s.layers > 1000 { throw call.fail(2, "num_layers must be at most 1000, got \(s.layers)") }
    let at = kind == .rnn ? 4 : 3
    if kind == .rnn {
      let word = try call.string(3)
      if word != "tanh" && word != "relu" {
        throw call.fail(3, "nonlinearity is \"tanh\" or \"relu\", not \"\(word)\"")
      }
      s.isReluCell = word == "relu"
    }
    s.hasBias = try call.bool(at)
    s.isBatchFirst = try call.bool(at + 1)
    s.dropout = try call.probability(at + 2)
    s.isBidirectional = try call.bool(at + 3)
    let chosen = s
    return try tensorWork { () throws(TensorError) in
      let made = RecurrentLayer(kind, inputs, chosen)
      if let inputs { try made.build(inputs, call.machine) }
      return made
    }
  }
}

enum SequenceLayerWords {
  static let all: [Builtin] = [
    recurrent(
      .rnn, "A recurrent network (Elman, 1990).", "h' = tanh(W_ih x + b_ih + W_hh h + b_hh)."),
    recurrent(
      .lstm, "Long short-term memory (Hochreiter and Schmidhuber, 1997).",
      "i, f, o = sigmoid, g = tanh of W_ih x + W_hh h; c' = f c + i g; h' = o tanh c'. The gates lie "
        + "in the order i, f, g, o."),
    recurrent(
      .gru, "Gated recurrent units (Cho et al., 2014).",
      "r, z = sigmoid of W_ih x + W_hh h; n = tanh(W_in x + r (W_hn h + b_hn)); h' = (1 - z) n + z h."
    ),
    layer(
      "MultiheadAttention",
      [
        Parameter("embed_dim", .int), Parameter("num_heads", .int),
        Parameter("dropout", .float, .float(0)), Parameter("bias", .bool, .bool(true)),
        Parameter("kdim", .int, .none), Parameter("vdim", .int, .none),
        Parameter("batch_first", .bool, .bool(false)),
      ], "Attention with several heads (Vaswani et al., 2017).",
      details: "Called with (query, key, value, key_padding_mask=none, need_weights=true, "
        + "attn_mask=none, average_attn_weights=true, is_causal=false); key and value are the query "
        + "unless given. Gives (output, weights). A bool mask is true where nothing may be looked at.",
      example: "MultiheadAttention(8, 2)(ones(5, 3, 8))[0].shape  #=> [5, 3, 8]"
    ) { call throws(Failure) in
      var s = AttentionSettings()
      s.width = try call.size(0)
      s.heads = try call.size(1)
      if s.width % s.heads != 0 {
        throw call.fail(1, "num_heads must divide embed_dim \(s.width), got \(s.heads)")
      }
      s.dropout = try call.probability(2)
      s.hasBias = try call.bool(3)
      if !call.isNone(4) { s.keyWidth = try call.size(4) }
      if !call.isNone(5) { s.valueWidth = try call.size(5) }
      s.isBatchFirst = try call.bool(6)
      let chosen = s
      return try tensorWork { () throws(TensorError) in
        let made = AttentionLayer(chosen)
        try made.build(call.machine)
        return made
      }
    },
    layer(
      "Bilinear",
      [
        Parameter("in1_features", .int), Parameter("in2_features", .int),
        Parameter("out_features", .int), Parameter("bias", .bool, .bool(true)),
      ], "y = x1 W x2ᵀ + b, called with two inputs.",
      example: "Bilinear(2, 3, 4)(ones(5, 2), ones(5, 3)).shape  #=> [5, 4]"
    ) { call throws(Failure) in
      let (n, m, out) = (try call.size(0), try call.size(1), try call.size(2))
      let bias = try call.bool(3)
      return try tensorWork { () throws(TensorError) in
        let made = BilinearLayer(n, m, out, bias: bias)
        try made.build(call.machine)
        return made
      }
    },
    layer(
      "Embedding",
      [
        Parameter("num_embeddings", .int), Parameter("embedding_dim", .int),
        Parameter("padding_idx", .int, .none),
      ], "A table of learned vectors, looked up by ints.",
      details: "Input ints [...], output [..., embedding_dim]; normal numbers at first. The row "
        + "padding_idx is 0 and gets no gradient.",
      example: "Embedding(10, 3)(tensor([1, 2])).shape  #=> [2, 3]"
    ) { call throws(Failure) in
      let (rows, width) = (try call.size(0), try call.size(1))
      let padding = try call.row(2, of: rows)
      return try tensorWork { () throws(TensorError) in
        let made = EmbeddingLayer(rows, width, padding: padding)
        try made.build(call.machine)
        return made
      }
    },
    layer(
      "EmbeddingBag",
      [
        Parameter("num_embeddings", .int), Parameter("embedding_dim", .int),
        Parameter("mode", .string, .string("mean")), Parameter("padding_idx", .int, .none),
      ], "Bags of a table's learned vectors, each reduced to one.",
      details: "Called with ints [bags, n], or [n] and offsets; mode is sum, mean or max.",
      example: "EmbeddingBag(10, 3)(tensor([[1, 2], [3, 4]])).shape  #=> [2, 3]"
    ) { call throws(Failure) in
      let (rows, width, mode) = (try call.size(0), try call.size(1), try call.string(2))
      if !["sum", "mean", "max"].contains(mode) {
        throw call.fail(2, "mode is sum, mean or max, not \"\(mode)\"")
      }
      let padding = try call.row(3, of: rows)
      return try tensorWork { () throws(TensorError) in
        let made = EmbeddingBagLayer(rows, width, mode: mode, padding: padding)
        try made.build(call.machine)
        return made
      }
    },
  ]
}
