// The pieces of the loop that are written into it: arithmetic, comparisons, calls.

import DLSSyntax
import DLSTensor

typealias PC = UnsafeMutablePointer<Instruction>

/// Where the loop goes on after a call, a return or a caught error.
struct LoopState {
  var pc: PC
  var registers: UnsafeMutableRawPointer
  var header: UnsafeMutablePointer<CodeHeader>
  var captures: Captures?
}

extension Slot {
  // Ints have tag 0, so that two tags are both of ints when nothing is set in either.

  @inline(__always) static func areInts(_ x: Slot, _ y: Slot) -> Bool { x.tag | y.tag == Tag.int }

  /// Both are numbers, as floats; nil for all else.
  @inline(__always) static func floats(_ x: Slot, _ y: Slot) -> (Double, Double)? {
    let (p, q) = (x.tag, y.tag)
    if p & q == Tag.float, p | q == Tag.float { return (x.float, y.float) }
    if p | q != Tag.float { return nil }
    return p == Tag.float ? (x.float, Double(y.int)) : (Double(x.int), y.float)
  }

  /// True when done; false when it must go the long way.
  @inline(__always)
  static func arithmetic(
    _ to: Slot, _ x: Slot, _ y: Slot, _ ints: (Int, Int) -> (partialValue: Int, overflow: Bool),
    _ floats: (Double, Double) -> Double
  ) -> Bool {
    if Slot.areInts(x, y) {
      let (result, overflow) = ints(x.int, y.int)
      if overflow { return false }
      to.put(result)
      return true
    }
    guard let (p, q) = Slot.floats(x, y) else { return false }
    to.put(floats(p, q))
    return true
  }

  /// The answer for two numbers; nil for the long way.
  @inline(__always)
  static func comparison(
    _ x: Slot, _ y: Slot, _ ints: (Int, Int) -> Bool, _ floats: (Double, Double) -> Bool
  ) -> Bool? {
    if Slot.areInts(x, y) { return ints(x.int, y.int) }
    return Slot.floats(x, y).map { floats($0.0, $0.1) }
  }
}

extension Machine {
  /// Keeps the caller, and sees that there is room for the callee.
  @inline(__always)
  func push(
    _ pc: PC, _ registers: UnsafeMutableRawPointer, _ header: UnsafeMutablePointer<CodeHeader>,
    _ captures: Captures?, _ callee: UnsafeMutablePointer<CodeHeader>
  ) throws(Failure) {
    let at = registers + (Int(pc.pointee.b) &+ 1) &* Slot.stride
    let end = at + callee.pointee.registerCount &* Slot.stride
    if callTop >= callLimit || end > stackEnd { throw tooDeep(callee.pointee.code) }
    if isInterrupted { throw interruption() }
    callTop.initialize(
      to: LoopState(pc: pc, registers: registers, header: header, captures: captures))
    callTop += 1
    top = end
  }

  @inline(__always)
  func divide(_ pc: PC, _ to: Slot, _ x: Slot, _ y: Slot, _ f: Frame)
    throws(Failure) -> Int
  {
    if Slot.areInts(x, y) {
      to.put(Double(x.int) / Double(y.int))
    } else if let (p, q) = Slot.floats(x, y) {
      to.put(p / q)
    } else {
      return try binary(f, pc.pointee, x, y)
    }
    return 1
  }

  @inline(__always)
  func remainder(_ pc: PC, _ to: Slot, _ x: Slot, _ y: Slot, _ f: Frame)
    throws(Failure)
  {
    if Slot.areInts(x, y), y.int > 0 {
      let (p, q) = (x.int, y.int)
      // Half the width divides in half the time.
      if (p | q) >> 32 == 0 {
        to.put(Int(UInt32(truncatingIfNeeded: p) % UInt32(truncatingIfNeeded: q)))
      } else {
        let rest = p % q
        to.put(rest < 0 ? rest &+ q : rest)
      }
    } else {
      _ = try binary(f, pc.pointee, x, y)
    }
  }
}
