import Domain
import Glibc
import Subprocess

/// This process's environment by name.
package func currentEnvironment() -> [String: String] {
    let pairs = Command.currentEnvironment.map { entry in
        let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
    }
    return Dictionary(pairs) { first, _ in first }
}

/// The wall clock.
func currentTime() -> Instant {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
}

/// How far the wall clock is ahead of the time since the start of the machine, in seconds: it
/// changes when somebody sets the clock, and with nothing else.
func currentClockOffset() -> Double {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return Double(currentTime().microseconds) / 1e6 - Double(time.tv_sec)
        - Double(time.tv_nsec) / 1e9
}

/// In bytes.
func machineMemory() -> Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

/// `r-261120-k3x9a`: the day in UTC, and 36^5 ways to differ within it.
func newRunID(at now: Instant, isTaken: (String) -> Bool) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    var generator = SystemRandomNumberGenerator()
    while true {
        let tail = (0..<5).map { _ in letters[Int.random(in: 0..<36, using: &generator)] }
        let id = "r-\(now.utcDay.compact.dropFirst(2))-\(String(tail))"
        if !isTaken(id) { return id }
    }
}

/// `KILL` for 9.
func signalName(_ number: Int32) -> String {
    let names: [Int32: String] = [
        SIGHUP: "HUP", SIGINT: "INT", SIGQUIT: "QUIT", SIGILL: "ILL", SIGTRAP: "TRAP",
        SIGABRT: "ABRT", SIGBUS: "BUS", SIGFPE: "FPE", SIGKILL: "KILL", SIGSEGV: "SEGV",
        SIGPIPE: "PIPE", SIGTERM: "TERM", SIGXCPU: "XCPU", SIGSYS: "SYS",
    ]
    return names[number] ?? String(number)
}
