// All words of the language, joined from their families.

import DLSRuntime
import DLSTensor

package enum Library {
  /// Every builtin: the ops, lifted, and the families declared here.
  package static let builtins: [Builtin] = {
    let families: [[Builtin]] = [
      BaseWords.all, NumberWords.all, StringWords.all, ListWords.all, SystemWords.all,
      TensorWords.all, GradientWords.all, FunctionTransforms.all, GraphWords.all, NetworkWords.all,
      LayerWords.all, InitialiserWords.all,
      OptimizerWords.all, TrainingWords.all, DataWords.all, TextWords.all, FigureWords.all,
      StateWords.all, PatternWords.all,
    ]
    let own = families.flatMap { $0 }
    let names = Set(own.map(\.name))
    let lifted = OpTable.families.flatMap { family in
      family.ops.filter { !names.contains($0.name) }.map { Builtin($0, family: family.name) }
    }
    return own + lifted
  }()

  /// Options of a session that uses this library.
  package static var options: SessionOptions {
    var options = SessionOptions()
    options.compose = SequentialLayer.composed
    options.plugins = PluginLoader.load
    return options
  }

  /// Names of values that are no functions.
  package static var constants: [(String, Value)] {
    var result: [(String, Value)] = [
      ("pi", .float(.pi)), ("e", .float(2.718281828459045)), ("inf", .float(.infinity)),
      ("nan", .float(.nan)),
    ]
    for dtype in DType.allCases where dtype != .bool {
      result.append((dtype.name, .object(TypeObject(dtype.name, dtype: dtype))))
    }
    return result + TypeWords.all
  }
}
