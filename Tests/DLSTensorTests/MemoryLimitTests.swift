// The memory that control groups leave to a process, as their files say it.

import DLSTensor
import Testing

@Suite struct MemoryLimitTests {
  @Test func bothVersionsAreFoundUpToTheRoot() {
    let first = MemoryLimits.files(
      "4:memory:/a/b\n3:cpuset:/\n",
      "30 20 0:27 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory\n")
    #expect(
      first == [
        "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
      ])
    let second = MemoryLimits.files(
      "0::/user.slice\n", "30 20 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    #expect(
      second == ["/sys/fs/cgroup/user.slice/memory.max", "/sys/fs/cgroup/memory.max"])
    // In a container the group is the mount's root.
    let inside = MemoryLimits.files(
      "0::/docker/x\n", "30 20 0:27 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    #expect(inside == ["/sys/fs/cgroup/memory.max"])
    #expect(MemoryLimits.files("", "nonsense\n- - -\n").isEmpty)
  }

  @Test func limitsAreNumbersOrNone() {
    #expect(MemoryLimits.bytes("536870912\n") == 536_870_912)
    #expect(MemoryLimits.bytes("max\n") == nil && MemoryLimits.bytes("") == nil)
    #expect(MemoryLimits.bytes("9223372036854771712") == nil)
    #expect(MemoryLimits.bytes("1024") == 64 << 20)
  }
}
