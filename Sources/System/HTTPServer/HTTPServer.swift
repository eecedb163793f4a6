import CLinux
import CMicroHTTPD
import Glibc

/// HTTP/1.1 on a listening Unix socket, without threads: an event loop waits on `descriptor` and
/// calls `run`.
///
/// A whole request becomes an `Exchange`, and its connection sleeps until it is answered. So the
/// answer can wait for what must be on disk first.
@safe package final class HTTPServer {
    /// Readable when `run` has something to do.
    package let descriptor: Int32
    let limits: HTTPLimits
    private var daemon: OpaquePointer?
    private var inner: Int32 = -1
    private(set) var isStopping = false
    var waiting: [Exchange] = []
    var conversations: [ObjectIdentifier: Conversation] = [:]

    /// Serves a socket that already listens; it stays open when the server stops.
    package init(
        listening: Int32,
        limits: HTTPLimits = HTTPLimits()
    ) throws(HTTPServerError) {
        self.limits = limits
        descriptor = clinux_epoll_create()
        guard descriptor >= 0 else {
            throw HTTPServerError(call: "epoll_create1", errno: -descriptor)
        }
        unsafe daemon = unsafe cmicrohttpd_start(
            listening,
            requestArrives,
            requestIsOver,
            Unmanaged.passUnretained(self).toOpaque(),
            UInt32(limits.connections),
            UInt32(limits.idleSeconds)
        )
        guard unsafe daemon != nil else {
            throw HTTPServerError(call: "MHD_start_daemon", errno: errno)
        }
        inner = unsafe cmicrohttpd_epoll_descriptor(daemon)
        let failure = clinux_epoll_add(descriptor, inner, 1)
        guard failure == 0 else { throw HTTPServerError(call: "epoll_ctl", errno: failure) }
    }

    deinit {
        stop()
        close(descriptor)
    }

    package var connections: Int {
        unsafe daemon == nil ? 0 : Int(cmicrohttpd_connections(daemon))
    }

    /// Accepts, reads and writes what can be without waiting.
    package func run() {
        closeHungUp()
        // What was read but not yet looked at makes no descriptor readable; it shows as a timeout
        // of zero.
        for _ in 0..<16 {
            unsafe MHD_run(daemon)
            if millisecondsToRun != 0 { return }
        }
    }

    /// When `run` must be called though nothing is readable: to close idle connections.
    package var millisecondsToRun: UInt64? {
        var milliseconds: UInt64 = 0
        let isSet = unsafe MHD_get_timeout(daemon, &milliseconds)
        return isSet == .YES ? milliseconds : nil
    }

    /// Whether requests came that nobody has taken.
    package var hasRequests: Bool { !waiting.isEmpty }

    /// The requests that came since the last call, or those of them that are wanted now.
    package func takeRequests(where isWanted: (HTTPRequest) -> Bool = { _ in true }) -> [Exchange] {
        defer { waiting.removeAll { isWanted($0.request) } }
        return waiting.filter { isWanted($0.request) }
    }

    /// Ends all conversations and lets go of the socket.
    package func stop() {
        guard unsafe daemon != nil else { return }
        // Otherwise libmicrohttpd shuts the socket down, also for the service manager that keeps it.
        _ = unsafe MHD_quiesce_daemon(daemon)
        waiting = []
        isStopping = true
        // A connection that is still suspended when the daemon stops aborts the process.
        for conversation in conversations.values { conversation.close() }
        run()
        unsafe MHD_stop_daemon(daemon)
        unsafe daemon = nil
    }

    private func closeHungUp() {
        var ready = [Int32](repeating: 0, count: 64)
        let count = unsafe clinux_epoll_ready(descriptor, &ready, 64)
        let sockets = Set(ready.prefix(Int(max(0, count)))).subtracting([inner])
        guard !sockets.isEmpty else { return }
        for conversation in conversations.values where sockets.contains(conversation.socket) {
            if conversation.isSuspended { conversation.close() }
        }
    }
}
