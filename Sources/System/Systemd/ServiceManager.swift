import CLinux
import CSystemd
import Glibc

/// The words to the service manager: systemd's notification protocol.
///
/// Nothing happens when no manager listens.
package struct ServiceManager {
    package init() {}

    package func ready(status: String) { send("READY=1\nSTATUS=\(line(status))") }
    package func status(_ text: String) { send("STATUS=\(line(text))") }
    package func stopping(status: String) { send("STOPPING=1\nSTATUS=\(line(status))") }

    /// Starts a reload; `ready` ends it.
    ///
    /// The time stamp is needed from systemd 253 on and harmless before.
    package func reloading() {
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        send("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
    }

    /// Takes the sockets that a socket unit passed: nil when there are none.
    ///
    /// Call it once; the variables that announce them are removed, so that no child sees them.
    package func takePassedSocket() throws(SystemdError) -> Int32? {
        let count = sd_listen_fds(1)
        if count == 0 { return nil }
        let first: Int32 = 3  // SD_LISTEN_FDS_START
        guard count == 1, sd_is_socket_unix(first, Int32(SOCK_STREAM.rawValue), 1, nil, 0) > 0
        else { throw .passedSockets(count: Int(count)) }
        return first
    }

    private func send(_ state: String) { _ = unsafe sd_notify(0, state) }

    private func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}
