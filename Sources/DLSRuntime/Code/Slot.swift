// One register of the machine, read and written by its parts: a word of payload and a tag.

import CThreadState
import DLSTensor

/// Where a value lies on the machine's stack, in a box or in a global.
///
/// A `Value` is a word followed by the number of its case; the loop reads both by hand, because a
/// copy of the enum must look at every case before it knows that a number needs no counting.
/// `MachineTests` hold the layout.
struct Slot {
  let raw: UnsafeMutableRawPointer

  static let stride = MemoryLayout<Value>.stride

  /// The number of each case of `Value`, in the order of its declaration.
  enum Tag {
    static let int: UInt8 = 0
    static let float: UInt8 = 1
    static let bool: UInt8 = 2
    static let object: UInt8 = 3
    static let tensor: UInt8 = 4
    static let none: UInt8 = 5
  }

  @inline(__always) init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
  @inline(__always) init(_ pointer: UnsafeMutablePointer<Value>) {
    raw = UnsafeMutableRawPointer(pointer)
  }

  // Written through typed pointers: `storeBytes` is not inlined everywhere, and then costs a call.
  @inline(__always) var tag: UInt8 {
    get { raw.load(fromByteOffset: 8, as: UInt8.self) }
    nonmutating set { (raw + 8).assumingMemoryBound(to: UInt8.self).pointee = newValue }
  }
  /// True when the payload is counted: an object or a tensor.
  @inline(__always) var isReference: Bool { tag &- Tag.object < 2 }
  @inline(__always) var int: Int {
    get { raw.load(as: Int.self) }
    nonmutating set { raw.assumingMemoryBound(to: Int.self).pointee = newValue }
  }
  @inline(__always) var float: Double {
    get { raw.load(as: Double.self) }
    nonmutating set { raw.assumingMemoryBound(to: Double.self).pointee = newValue }
  }
  @inline(__always) var bool: Bool { raw.load(as: UInt8.self) != 0 }

  /// The object, where the tag says that it is one.
  @inline(__always) var object: Unmanaged<Object> {
    Unmanaged.fromOpaque(raw.load(as: UnsafeRawPointer.self))
  }
  @inline(__always) var kind: ObjectKind { object._withUnsafeGuaranteedRef { $0.kind } }
  @inline(__always) func isObject(_ kind: ObjectKind) -> Bool {
    tag == Tag.object && self.kind == kind
  }

  /// The text of a string.
  @inline(__always) var text: String {
    Unmanaged<StringObject>.fromOpaque(object.toOpaque())._withUnsafeGuaranteedRef { $0.text }
  }

  @inline(__always) var pointer: UnsafeMutablePointer<Value> {
    raw.assumingMemoryBound(to: Value.self)
  }
  @inline(__always) var value: Value {
    get { pointer.pointee }
    nonmutating set { pointer.pointee = newValue }
  }

  // Counted by hand: tensors are counted as objects are, and the enum's own copies would look at every
  // case.

  @inline(never) private func letGo() {
    let old = raw.load(as: UnsafeMutableRawPointer.self)
    tag = Tag.int
    dls_release(old)
  }

  /// Lets go of what it holds.
  @inline(__always) func clear() { if isReference { letGo() } }

  @inline(__always) private func set(_ word: Int, _ tag: UInt8) {
    int = word
    self.tag = tag
  }

  @inline(__always) func put(_ x: Int) {
    if isReference { letGo() }
    set(x, Tag.int)
  }
  @inline(__always) func put(_ x: Double) {
    if isReference { letGo() }
    float = x
    tag = Tag.float
  }
  @inline(__always) func put(_ x: Bool) {
    if isReference { letGo() }
    set(x ? 1 : 0, Tag.bool)
  }

  /// Takes a copy of another slot's value.
  @inline(__always) func copy(_ other: Slot) {
    let (word, tag) = (other.int, other.tag)
    if tag &- Tag.object < 2 { dls_retain(other.raw.load(as: UnsafeMutableRawPointer.self)) }
    if isReference { letGo() }
    set(word, tag)
  }

  @inline(__always) func setNone() { set(0, Tag.none) }

  /// Keeps an object that something else holds, without counting it; `borrowed` gives it back.
  @inline(__always) func lend(_ object: Unmanaged<Object>) {
    if isReference { letGo() }
    int = Int(bitPattern: object.toOpaque())
    tag = Tag.bool
  }

  /// Takes a new object.
  @inline(__always) func put(_ object: Object) {
    if isReference { letGo() }
    int = Int(bitPattern: Unmanaged.passRetained(object).toOpaque())
    tag = Tag.object
  }

  /// Takes another slot's value out of it.
  @inline(__always) func move(from other: Slot) {
    if isReference { letGo() }
    set(other.int, other.tag)
    other.tag = Tag.int
  }

  /// Takes the value out.
  @inline(__always) func take() -> Value {
    let value = pointer.move()
    tag = Tag.int
    return value
  }
}
