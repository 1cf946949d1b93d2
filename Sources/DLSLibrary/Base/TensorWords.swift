// Words that make tensors of values, look into them, and seed the random numbers.

import DLSRuntime
import DLSTensor

enum TensorWords {
  static let all: [Builtin] = [
    Builtin(
      "tensor", [Parameter("data", .any), Parameter("dtype", .dtype, .none)],
      "A tensor of numbers, of nested lists of them.",
      details: "Ints make i64, a float among them f32, bools bool.",
      example: "tensor([1, 2])  #=> [1, 2]  i64[2]", family: "Making"
    ) { call throws(Failure) in
      let dtype = try call.optionalDType(1)
      if let dtype, case .float(let x) = call.value(0) {
        return .tensor(try tensorWork { () throws(TensorError) in try Tensor.scalar(x, dtype) })
      }
      let t: Tensor
      do throws(Failure) {
        t = try call.value(0).asTensor(like: dtype?.isFloating ?? false ? dtype : nil)
      } catch {
        error.argument = 0
        throw error
      }
      guard let dtype else { return .tensor(t) }
      return .tensor(try tensorWork { () throws(TensorError) in try t.to(dtype) })
    },
    Builtin(
      "item", [Parameter("input", .tensor)], "The only element as a plain number.",
      example: "tensor([2.5]).item()  #=> 2.5", family: "Looking"
    ) {
      call throws(Failure) in
      let t = try call.tensor(0)
      if t.count != 1 { throw call.fail(0, "item needs one element, got \(t.typeText)") }
      return t.itemValue
    },
    Builtin(
      "tolist", [Parameter("input", .tensor)], "The elements as nested lists.",
      example: "tensor([1, 2]).tolist()  #=> [1, 2]", family: "Looking"
    ) {
      call throws(Failure) in listed(try call.tensor(0))
    },
    Builtin(
      "seed", [Parameter("n", .int)],
      "Starts the random numbers anew: the same seed gives the same numbers.", family: "Making"
    ) {
      call throws(Failure) in
      call.machine.generator.reseed(UInt64(bitPattern: Int64(try call.int(0))))
      return .none
    },
    Builtin(
      "allclose",
      [
        Parameter("a", .tensor), Parameter("b", .tensor), Parameter("rtol", .float, .float(1e-5)),
        Parameter("atol", .float, .float(1e-8)),
      ], "True when |a - b| <= atol + rtol |b| everywhere.",
      example: "allclose(tensor([1.0]), tensor([1.0]))  #=> true", family: "Looking"
    ) {
      call throws(Failure) in
      let (a, b) = (try call.tensor(0), try call.tensor(1))
      let (rtol, atol) = (try call.float(2), try call.float(3))
      if a.shape != b.shape && a.rank > 0 && b.rank > 0 { return .bool(false) }
      let (x, y) = (a.doubles(), b.doubles())
      let n = max(x.count, y.count)
      for i in 0..<n {
        let (p, q) = (x[x.count == 1 ? 0 : i], y[y.count == 1 ? 0 : i])
        if p == q { continue }
        if !(abs(p - q) <= atol + rtol * abs(q)) { return .bool(false) }
      }
      return .bool(true)
    },
  ]

  static func listed(_ t: Tensor) -> Value {
    let (values, whole) = (t.doubles(), t.dtype == .i64 ? t.ints() : [])
    func part(_ axis: Int, _ from: Int) -> Value {
      if axis == t.rank {
        switch t.dtype {
        case .bool: return .bool(values[from] != 0)
        case .i64: return .int(whole[from])
        case .f32, .f64: return .float(values[from])
        }
      }
      let step = t.shape[(axis + 1)...].reduce(1, *)
      return .list((0..<t.shape[axis]).map { part(axis + 1, from + $0 * step) })
    }
    return part(0, 0)
  }
}
