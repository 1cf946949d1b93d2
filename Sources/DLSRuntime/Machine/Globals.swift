// The names that the script under way has given, for words that look at them.

extension Machine {
  /// The value of a global of the script; nil while it has none.
  package func globalValue(_ name: String) -> Value? {
    guard let cell = mainModule?.cells[name], cell.isSet else { return nil }
    return cell.value
  }

  /// Offers a value as `ans`: what a computation had found when it was stopped.
  package func offer(_ value: Value) {
    mainModule?.cell("ans").set(value)
  }
}
