// The table of a dict: keys in the order of their coming, found by hash.

import DLSTensor

/// Entries lie in one array in their order, with holes where one was removed; a table of 32-bit
/// indices, at most two thirds full, finds them.
package struct DictEntries: Sequence, ExpressibleByDictionaryLiteral {
  fileprivate struct Entry {
    /// An int, bool, string or tuple; `none` where one was removed.
    var key: Value
    var value: Value

    static func key(_ entry: UnsafePointer<Entry>) -> Slot {
      Slot(UnsafeMutableRawPointer(mutating: entry))
    }
    static func value(_ entry: UnsafePointer<Entry>) -> Slot {
      Slot(UnsafeMutableRawPointer(mutating: entry) + Slot.stride)
    }
  }

  private var entries: ContiguousArray<Entry> = []
  /// One more than an entry's index; 0 where nothing ever was, -1 where one was removed.
  private var table: ContiguousArray<Int32> = []
  package private(set) var count = 0

  package init() {}
  package init(dictionaryLiteral elements: (DictKey, Value)...) {
    for (key, value) in elements { self[key] = value }
  }

  package var isEmpty: Bool { count == 0 }

  // MARK: Hashes

  /// Neighbours among numbers are neighbours in the table, which the caches like; all of the hash
  /// plays a part when places are taken (as in CPython).
  @inline(__always) private static func hash(_ x: Int) -> UInt { UInt(bitPattern: x) }

  private struct Probe {
    var place: UInt
    private var rest: UInt
    private let mask: UInt

    @inline(__always) init(_ hash: UInt, _ size: Int) {
      mask = UInt(bitPattern: size) &- 1
      place = hash & mask
      rest = hash
    }

    @inline(__always) mutating func next() {
      rest &>>= 5
      place = (place &* 5 &+ rest &+ 1) & mask
    }
  }

  private static func hash(_ key: DictKey) -> UInt {
    if case .int(let x) = key { return hash(x) }
    var hasher = Hasher()
    key.hash(into: &hasher)
    return UInt(bitPattern: hasher.finalize())
  }

  /// Calls `matches` with the key of each entry whose hash could be this one.
  @inline(__always)
  private func find(_ hash: UInt, _ matches: (Slot) -> Bool) -> (entry: Int, place: Int)? {
    if table.isEmpty { return nil }
    return table.withUnsafeBufferPointer { table in
      entries.withUnsafeBufferPointer { entries in
        guard let base = entries.baseAddress else { return nil }
        var probe = Probe(hash, table.count)
        while true {
          let place = Int(bitPattern: probe.place)
          let at = Int(table[place])
          if at == 0 { return nil }
          if at > 0, matches(Entry.key(base + (at &- 1))) { return (at &- 1, place) }
          probe.next()
        }
      }
    }
  }

  @inline(__always) private func find(_ x: Int) -> (entry: Int, place: Int)? {
    find(DictEntries.hash(x)) { $0.tag == Slot.Tag.int && $0.int == x }
  }

  private func find(_ key: DictKey) -> (entry: Int, place: Int)? {
    if case .int(let x) = key { return find(x) }
    return find(DictEntries.hash(key)) { key.isThat($0.value) }
  }

  // MARK: Changes

  private mutating func insert(_ hash: UInt, _ key: Value, _ value: Value) {
    if (entries.count &+ 1) &* 3 > table.count &* 2 { grow() }
    entries.append(Entry(key: key, value: value))
    place(hash, entries.count)
    count += 1
  }

  private mutating func place(_ hash: UInt, _ number: Int) {
    var probe = Probe(hash, table.count)
    while table[Int(bitPattern: probe.place)] > 0 { probe.next() }
    table[Int(bitPattern: probe.place)] = Int32(truncatingIfNeeded: number)
  }

  /// Closes the holes, and doubles the table unless holes were most of it.
  private mutating func grow() {
    if count < entries.count {
      entries.removeAll { if case .none = $0.key { true } else { false } }
    }
    var size = Swift.max(8, table.count)
    while (count + 1) * 3 > size { size *= 2 }
    table = ContiguousArray(repeating: 0, count: size)
    for (i, entry) in entries.enumerated() {
      if case .int(let x) = entry.key {
        place(DictEntries.hash(x), i + 1)
      } else if let key = DictKey(entry.key) {
        place(DictEntries.hash(key), i + 1)
      }
    }
  }

  @discardableResult
  package mutating func removeValue(forKey key: DictKey) -> Value? {
    guard let (entry, place) = find(key) else { return nil }
    let value = entries[entry].value
    entries[entry] = Entry(key: .none, value: .none)
    table[place] = -1
    count -= 1
    return value
  }

  // MARK: Access

  package subscript(key: DictKey) -> Value? {
    get { find(key).map { entries[$0.entry].value } }
    set {
      guard let newValue else {
        removeValue(forKey: key)
        return
      }
      if let (entry, _) = find(key) {
        entries[entry].value = newValue
      } else {
        insert(DictEntries.hash(key), key.value, newValue)
      }
    }
  }

  // Int keys and values are read and written in place: a copy of a value would be counted.

  @inline(__always) fileprivate func copy(_ x: Int, to slot: Slot) -> Bool {
    guard let (entry, _) = find(x) else { return false }
    entries.withUnsafeBufferPointer { entries in
      if let base = entries.baseAddress { slot.copy(Entry.value(base + entry)) }
    }
    return true
  }

  @inline(__always) fileprivate mutating func store(_ x: Int, _ value: Slot) {
    guard let (entry, _) = find(x) else {
      return insert(DictEntries.hash(x), .int(x), value.value)
    }
    entries.withUnsafeMutableBufferPointer { entries in
      if let base = entries.baseAddress { Entry.value(base + entry).copy(value) }
    }
  }

  package var keys: [DictKey] { map(\.key) }
  package var values: [Value] { map(\.value) }

  package struct Iterator: IteratorProtocol {
    fileprivate var rest: ContiguousArray<Entry>.Iterator

    package mutating func next() -> (key: DictKey, value: Value)? {
      while let entry = rest.next() {
        if let key = DictKey(entry.key) { return (key, entry.value) }
      }
      return nil
    }
  }

  package func makeIterator() -> Iterator { Iterator(rest: entries.makeIterator()) }
  package var underestimatedCount: Int { count }
}

extension DictKey {
  /// True when the value is this key.
  func isThat(_ value: Value) -> Bool {
    switch (self, value) {
    case (.int(let x), .int(let y)): x == y
    case (.bool(let x), .bool(let y)): x == y
    case (.string(let x), .object(let y as StringObject)): x == y.text
    case (.tuple, .object): DictKey(value) == self
    default: false
    }
  }
}

extension DictObject {
  /// Copies what stands under the key in a register; false for the general way.
  @inline(__always) func copy(_ key: Slot, to slot: Slot) -> Bool {
    if key.tag == Slot.Tag.int { return entries.copy(key.int, to: slot) }
    if key.isObject(.string), let value = entries[.string(key.text)] {
      slot.value = value
      return true
    }
    return false
  }

  /// Stores a register's value under the key in another; false for the general way.
  @inline(__always) func store(_ key: Slot, _ value: Slot) -> Bool {
    if key.tag == Slot.Tag.int {
      entries.store(key.int, value)
      return true
    }
    if key.isObject(.string) {
      entries[.string(key.text)] = value.value
      return true
    }
    return false
  }
}
