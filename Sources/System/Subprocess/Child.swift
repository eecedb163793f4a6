package import Glibc

/// How a process ended.
package enum Termination: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)

    /// Reads what `waitpid` reports.
    package init(waitStatus status: Int32) {
        let signal = status & 0x7f
        self = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    }
}

/// A started process, and our ends of its pipes.
///
/// It must be reaped once: by `wait()`, or by the event loop that watches it.
package struct Child: ~Copyable, Sendable {
    package let pid: pid_t
    /// Closing it tells the child that we are gone.
    package var input: Descriptor?
    package var output: Descriptor?
    package var errors: Descriptor?
    private let hasOwnGroup: Bool

    init(
        pid: pid_t,
        input: consuming Descriptor?,
        output: consuming Descriptor?,
        errors: consuming Descriptor?,
        hasOwnGroup: Bool
    ) {
        self.pid = pid
        self.input = input
        self.output = output
        self.errors = errors
        self.hasOwnGroup = hasOwnGroup
    }

    /// Sends a signal to the child, and to its whole group when it has one of its own.
    ///
    /// Only before the child was reaped: afterwards its number may belong to another process.
    package borrowing func send(signal: Int32) { kill(hasOwnGroup ? -pid : pid, signal) }

    /// Waits for the end and reaps the child.
    package borrowing func wait() throws(SubprocessError) -> Termination {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw .system("wait for a child", errno) }
        }
        return Termination(waitStatus: status)
    }
}
