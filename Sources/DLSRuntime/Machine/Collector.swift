// Cycles: reference counting frees all but them, so they are looked for now and then.

import CThreadState

@_silgen_name("swift_retainCount")
private func retainCount(_ object: UnsafeRawPointer) -> UInt

/// All containers of a thread stand in a list. A collection counts, for each, the references that
/// come from other containers; one with none from elsewhere, reached by none that has, is a cycle's.
enum Collector {
  /// The list's head and figures; one a thread, since sessions run on threads of their own.
  private final class Ring {
    let head = Container(endOfList: ())
    var live = 0
    var threshold = 20_000
    var isCollecting = false
    /// How many containers are being freed inside each other, and what waits to be freed after them.
    var freeing = 0
    var parked: [[Value]] = []
  }

  private static var ring: Ring {
    if let raw = dls_get_ring() { return Unmanaged<Ring>.fromOpaque(raw).takeUnretainedValue() }
    let ring = Ring()
    dls_set_ring(Unmanaged.passRetained(ring).toOpaque())
    ring.head.collectorNext = Unmanaged.passUnretained(ring.head)
    ring.head.collectorPrevious = Unmanaged.passUnretained(ring.head)
    return ring
  }

  static func add(_ object: Container) {
    let ring = ring
    let head = ring.head
    let own = Unmanaged.passUnretained(object)
    object.collectorNext = head.collectorNext
    object.collectorPrevious = Unmanaged.passUnretained(head)
    head.collectorNext?._withUnsafeGuaranteedRef { $0.collectorPrevious = own }
    head.collectorNext = own
    ring.live += 1
  }

  static func remove(_ object: Container) {
    let (previous, next) = (object.collectorPrevious, object.collectorNext)
    previous?._withUnsafeGuaranteedRef { $0.collectorNext = next }
    next?._withUnsafeGuaranteedRef { $0.collectorPrevious = previous }
    object.collectorPrevious = nil
    object.collectorNext = nil
    ring.live -= 1
  }

  /// Lets go of a container's items. A list in a list in a list would free itself recursively, and a
  /// million of them would end the stack: beyond some depth they wait until the outer ones are done.
  static func free(_ items: inout [Value]) {
    if items.isEmpty { return }
    let ring = ring
    if ring.freeing >= 500 {
      ring.parked.append(items)
      items = []
      return
    }
    ring.freeing += 1
    items = []
    ring.freeing -= 1
    while ring.freeing == 0, !ring.parked.isEmpty {
      ring.freeing = 1
      ring.parked.removeLast()
      ring.freeing = 0
    }
  }

  static func free(_ value: inout Value) {
    guard case .object(let object) = value, object.container != nil else { return }
    var items = [value]
    value = .none
    free(&items)
  }

  /// Called by the machine at calls and loops: collects when enough has been made since.
  @inline(never)
  static func collectIfDue() {
    let ring = ring
    if ring.live > ring.threshold, !ring.isCollecting { collect() }
  }

  static func collect() {
    let ring = ring
    if ring.isCollecting { return }
    ring.isCollecting = true
    defer {
      ring.isCollecting = false
      ring.threshold = max(20_000, ring.live * 2)
    }
    var objects: [Unmanaged<Container>] = []
    objects.reserveCapacity(ring.live)
    var link = ring.head.collectorNext
    while let current = link, current.toOpaque() != Unmanaged.passUnretained(ring.head).toOpaque() {
      objects.append(current)
      link = current._withUnsafeGuaranteedRef { $0.collectorNext }
    }
    for object in objects {
      let count = Int32(clamping: retainCount(object.toOpaque()))
      object._withUnsafeGuaranteedRef { $0.collectorCount = count }
    }
    for object in objects {
      object._withUnsafeGuaranteedRef { holder in
        holder.forEachReference { value in
          if case .object(let child) = value { child.container?.collectorCount -= 1 }
        }
      }
    }
    // What is held from elsewhere keeps all that it reaches.
    var reached: [Unmanaged<Container>] = []
    let seen = Int32.min
    for object in objects where object._withUnsafeGuaranteedRef({ $0.collectorCount > 0 }) {
      object._withUnsafeGuaranteedRef { $0.collectorCount = seen }
      reached.append(object)
    }
    while let object = reached.popLast() {
      object._withUnsafeGuaranteedRef { holder in
        holder.forEachReference { value in
          if case .object(let object) = value, let child = object.container,
            child.collectorCount != seen
          {
            child.collectorCount = seen
            reached.append(Unmanaged.passUnretained(child))
          }
        }
      }
    }
    var lost: [Container] = []
    for object in objects where object._withUnsafeGuaranteedRef({ $0.collectorCount != seen }) {
      lost.append(object.takeUnretainedValue())
    }
    for object in lost { object.clearReferences() }
  }
}
