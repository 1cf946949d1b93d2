// The loop that runs instructions. Numbers are computed on the spot; all else goes the long way.
//
// Its variables are raw words: a class reference here would be counted at every step. What allocates,
// calls out or can fail stands in functions of its own (`SlowPaths`, `SlowCalls`), so that the
// compiler keeps the variables in registers.

import DLSSyntax
import DLSTensor

extension Machine {
  /// Runs from `start` until the frame that `enter` made gives back.
  func loop(_ start: LoopState) throws(Failure) {
    let bottom = callTop - 1
    var pc = start.pc
    var registers = start.registers
    var header = start.header
    var captures = start.captures
    var constants = UnsafeMutableRawPointer(header.pointee.constants)

    @inline(__always) func r(_ i: UInt16) -> Slot { Slot(registers + Int(i) &* Slot.stride) }
    @inline(__always) func k(_ i: UInt16) -> Slot { Slot(constants + Int(i) &* Slot.stride) }
    @inline(__always) func frame() -> Frame {
      Frame(registers: registers, header: header, captures: captures, machine: self)
    }
    @inline(__always) func go(_ state: LoopState) {
      pc = state.pc
      registers = state.registers
      header = state.header
      captures = state.captures
      constants = UnsafeMutableRawPointer(header.pointee.constants)
    }
    // Fields are read where they are used: all at once, they would take the registers that the
    // variables above need.
    var i: Instruction { @inline(__always) get { pc.pointee } }
    @inline(__always)
    func arithmetic(
      _ x: Slot, _ y: Slot,
      _ ints: (Int, Int) -> (partialValue: Int, overflow: Bool),
      _ floats: (Double, Double) -> Double
    ) throws(Failure) {
      if Slot.arithmetic(r(i.a), x, y, ints, floats) {
        pc += 1
      } else {
        pc += try binary(frame(), i, x, y)
      }
    }
    @inline(__always)
    func compareAndJump(
      _ x: Slot, _ y: Slot, _ ints: (Int, Int) -> Bool,
      _ floats: (Double, Double) -> Bool
    ) throws(Failure) {
      let quick = Slot.comparison(x, y, ints, floats)
      let holds = if let quick { quick } else { try condition(frame(), i, x, y) }
      try jump(holds == (i.flags & Instruction.whenTrue != 0), i.d)
    }
    /// Backward jumps are where a loop can be interrupted.
    @inline(__always) func jump(_ taken: Bool, _ distance: Int32) throws(Failure) {
      if !taken {
        pc += 1
        return
      }
      if distance <= 0, isInterrupted { throw interruption() }
      pc += Int(distance)
    }

    while true {
      do throws(Failure) {
        while true {
          switch pc.pointee.op {
          // MARK: Values
          case .constant:
            r(i.a).copy(Slot(constants + Int(i.d) &* Slot.stride))
            pc += 1
          case .move:
            r(i.a).copy(r(i.b))
            pc += 1
          case .take:
            r(i.a).move(from: r(i.b))
            pc += 1
          case .none:
            r(i.a).value = .none
            pc += 1
          case .clear:
            r(i.a).clear()
            pc += 1
          case .getGlobal:
            let cell = header.pointee.globals[Int(i.d)]
            let from = Slot(cell._withUnsafeGuaranteedRef { $0.storage })
            if from.isReference {
              try global(frame(), i, cell)
            } else {
              r(i.a).copy(from)
            }
            pc += 1
          case .setGlobal:
            setGlobal(header.pointee.globals[Int(i.d)], r(i.a))
            pc += 1
          case .getBox:
            let from = Slot.inBox(r(i.b).object)
            if from.isReference {
              try variable(frame(), i, from)
            } else {
              r(i.a).copy(from)
            }
            pc += 1
          case .setBox:
            Slot.inBox(r(i.b).object).move(from: r(i.a))
            pc += 1
          case .getCapture:
            guard let captures else { throw internalError() }
            let from = Slot.inBox(captures[Int(i.b)])
            if from.isReference {
              try variable(frame(), i, from)
            } else {
              r(i.a).copy(from)
            }
            pc += 1
          case .setCapture:
            guard let captures else { throw internalError() }
            Slot.inBox(captures[Int(i.b)]).move(from: r(i.a))
            pc += 1
          case .getField:
            try getField(frame(), i)
            pc += 1
          case .setField:
            try setField(frame(), i)
            pc += 1
          case .newBox:
            r(i.a).value = .object(Box(unset))
            pc += 1
          case .box:
            r(i.a).value = .object(Box(r(i.a).take()))
            pc += 1
          case .unset:
            r(i.a).value = unset
            pc += 1
          case .checkSet:
            if r(i.b).isReference {
              try variable(frame(), i, r(i.b))
            } else {
              r(i.a).copy(r(i.b))
            }
            pc += 1

          // MARK: Numbers
          case .addInt:
            let x = r(i.b)
            if x.tag == Slot.Tag.int {
              let (sum, overflow) = x.int.addingReportingOverflow(Int(i.d))
              if !overflow {
                r(i.a).put(sum)
                pc += 1
                continue
              }
            }
            pc += try addInt(frame(), i)
          case .add: try arithmetic(r(i.b), r(i.c), { $0.addingReportingOverflow($1) }, +)
          case .addK: try arithmetic(r(i.b), k(i.c), { $0.addingReportingOverflow($1) }, +)
          case .kAdd: try arithmetic(k(i.b), r(i.c), { $0.addingReportingOverflow($1) }, +)
          case .subtract:
            try arithmetic(r(i.b), r(i.c), { $0.subtractingReportingOverflow($1) }, -)
          case .subtractK:
            try arithmetic(r(i.b), k(i.c), { $0.subtractingReportingOverflow($1) }, -)
          case .kSubtract:
            try arithmetic(k(i.b), r(i.c), { $0.subtractingReportingOverflow($1) }, -)
          case .multiply:
            try arithmetic(r(i.b), r(i.c), { $0.multipliedReportingOverflow(by: $1) }, *)
          case .multiplyK:
            try arithmetic(r(i.b), k(i.c), { $0.multipliedReportingOverflow(by: $1) }, *)
          case .kMultiply:
            try arithmetic(k(i.b), r(i.c), { $0.multipliedReportingOverflow(by: $1) }, *)
          case .divide:
            pc += try divide(pc, r(i.a), r(i.b), r(i.c), frame())
          case .divideK:
            pc += try divide(pc, r(i.a), r(i.b), k(i.c), frame())
          case .kDivide:
            pc += try divide(pc, r(i.a), k(i.b), r(i.c), frame())
          case .remainder:
            try remainder(pc, r(i.a), r(i.b), r(i.c), frame())
            pc += 1
          case .remainderK:
            try remainder(pc, r(i.a), r(i.b), k(i.c), frame())
            pc += 1
          case .binary:
            pc += try binary(frame(), i, r(i.b), r(i.c))
          case .concatenateText:
            pc += concatenateText(frame(), i) ? Int(i.d) : 1
          case .concatenate:
            try concatenate(frame(), i)
            pc += 1
          case .negate:
            pc += try negate(frame(), i)

          // MARK: Conditions
          case .compare:
            try compare(frame(), i)
            pc += 1
          case .jumpLess: try compareAndJump(r(i.a), r(i.b), <, <)
          case .jumpLessK: try compareAndJump(r(i.a), k(i.b), <, <)
          case .jumpLessEqual: try compareAndJump(r(i.a), r(i.b), <=, <=)
          case .jumpLessEqualK: try compareAndJump(r(i.a), k(i.b), <=, <=)
          case .jumpGreater: try compareAndJump(r(i.a), r(i.b), >, >)
          case .jumpGreaterK: try compareAndJump(r(i.a), k(i.b), >, >)
          case .jumpGreaterEqual: try compareAndJump(r(i.a), r(i.b), >=, >=)
          case .jumpGreaterEqualK: try compareAndJump(r(i.a), k(i.b), >=, >=)
          case .jumpEqual: try compareAndJump(r(i.a), r(i.b), ==, ==)
          case .jumpEqualK: try compareAndJump(r(i.a), k(i.b), ==, ==)
          case .jumpNotEqual: try compareAndJump(r(i.a), r(i.b), !=, !=)
          case .jumpNotEqualK: try compareAndJump(r(i.a), k(i.b), !=, !=)
          case .jumpIf:
            let x = r(i.a)
            let holds = x.tag == Slot.Tag.bool ? x.bool : try condition(frame(), i)
            try jump(holds == (i.flags & Instruction.whenTrue != 0), i.d)
          case .jumpIfFalseBool:
            pc += r(i.a).tag == Slot.Tag.bool && !r(i.a).bool ? Int(i.d) : 1
          case .chain:
            try chain(frame(), i)
            pc += 1

          // MARK: Control
          case .jump:
            // `while true` jumps back by this one.
            try jump(true, i.d)
          case .loop:
            try jump(true, i.d)
          case .prepareFor:
            try prepareFor(frame(), i)
            pc += Int(i.d)
          case .prepareRange:
            try prepareRange(frame(), i)
            pc += Int(i.d)
          case .forNext:
            let state = r(i.b)
            if state.tag == Slot.Tag.int {
              let left = Slot(state.raw + Slot.stride)
              if left.int > 0 {
                let at = state.int
                left.int = left.int &- 1
                state.int = at &+ Slot(state.raw + 2 &* Slot.stride).int
                r(i.a).put(at)
                try jump(true, i.d)
              } else {
                pc += 1
              }
            } else {
              try jump(try forNext(frame(), i), i.d)
            }
          case .saveNoGrad:
            r(i.a).put(noGradDepth)
            pc += 1
          case .enterNoGrad:
            enterNoGrad(r(i.a))
            pc += 1
          case .leaveNoGrad:
            restore(r(i.a).int)
            pc += 1

          // MARK: Calls
          case .call, .callNamed:
            let at = r(i.b)
            if i.op == .call, at.isObject(.function) {
              let function = Unmanaged<FunctionObject>.fromOpaque(at.object.toOpaque())
              let callee = function._withUnsafeGuaranteedRef { $0.header }
              if callee.pointee.isSimple, callee.pointee.argumentCount == Int(i.c) {
                try push(pc, registers, header, captures, callee)
                registers = at.raw + Slot.stride
                header = callee
                captures = function._withUnsafeGuaranteedRef { $0.capturePointer }
                constants = UnsafeMutableRawPointer(header.pointee.constants)
                pc = header.pointee.instructions
                continue
              }
            }
            if try call(frame(), pc, Int(i.b), first: Int(i.b) + 1, count: Int(i.c)) {
              go(next)
            } else {
              pc += 1
            }
          case .callGlobal:
            let at = r(i.b)
            let cell = header.pointee.globals[Int(i.d)]
            let global = Slot(cell._withUnsafeGuaranteedRef { $0.storage })
            if global.tag == Slot.Tag.object, global.kind == .function {
              let function = Unmanaged<FunctionObject>.fromOpaque(global.object.toOpaque())
              let callee = function._withUnsafeGuaranteedRef { $0.header }
              if callee.pointee.isSimple, callee.pointee.argumentCount == Int(i.c) {
                let own = function._withUnsafeGuaranteedRef { $0.capturePointer }
                // What it captured must outlive a new binding of the global during the call.
                if own != nil { at.copy(global) }
                try push(pc, registers, header, captures, callee)
                registers = at.raw + Slot.stride
                header = callee
                captures = own
                constants = UnsafeMutableRawPointer(header.pointee.constants)
                pc = header.pointee.instructions
                continue
              }
            }
            if try callGlobal(frame(), pc, cell) {
              go(next)
            } else {
              pc += 1
            }
          case .findMethod:
            try findMethod(frame(), i)
            pc += 1
          case .callMethod, .callMethodNamed:
            if r(i.b).tag == Slot.Tag.none {
              appendMethod(r(i.a), r(i.b))
              pc += 1
            } else if try callMethod(frame(), pc) {
              go(next)
            } else {
              pc += 1
            }
          case .giveBack:
            let result = r(i.a)
            let (bits, tag) = (result.int, result.tag)
            result.tag = Slot.Tag.int
            // The frame's registers, and the function below them.
            var at = registers - Slot.stride
            let end = registers + header.pointee.registerCount &* Slot.stride
            while at < end {
              Slot(at).clear()
              at += Slot.stride
            }
            let top = callTop - 1
            callTop = top
            pc = top.pointee.pc
            registers = top.pointee.registers
            header = top.pointee.header
            captures = top.pointee.captures
            constants = UnsafeMutableRawPointer(header.pointee.constants)
            self.top = registers + header.pointee.registerCount &* Slot.stride
            let to = r(pc.pointee.a)
            to.clear()
            to.int = bits
            to.tag = tag
            pc += 1
          case .halt:
            return
          case .checkShapes:
            try checkShapes(frame(), i)
            pc += 1
          case .checkResult:
            try checkResult(frame(), i)
            pc += 1

          // MARK: Parts
          case .getIndex:
            let (holder, index) = (r(i.b), r(i.c))
            if index.tag == Slot.Tag.int, holder.isObject(.list),
              Slot.item(holder.object, index.int, into: r(i.a))
            {
              if i.flags & Instruction.consumesFirst != 0 { holder.clear() }
            } else {
              try getIndex(frame(), i)
            }
            pc += 1
          case .setIndex:
            let (holder, index, value) = (r(i.a), r(i.b), r(i.c))
            if index.tag == Slot.Tag.int, holder.isObject(.list),
              Slot.setItem(holder.object, index.int, value)
            {
              if i.flags & Instruction.consumesThird != 0 { value.clear() }
            } else {
              try setIndex(frame(), i)
            }
            pc += 1
          case .setPlace:
            try setPlace(frame(), i)
            pc += 1
          case .unpack:
            try unpack(frame(), i)
            pc += 1
          case .appendItem:
            appendItem(r(i.a), r(i.b))
            pc += 1
          case .step:
            try step(frame(), i)
            pc += 1
          }
        }
      } catch {
        guard let state = caught(error, pc, registers, header, captures, bottom) else {
          throw error
        }
        go(state)
      }
    }
  }
}
