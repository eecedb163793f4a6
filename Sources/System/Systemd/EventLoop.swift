import CLinux
import CSystemd
package import Domain
import Glibc

/// The one thread of a service: waits for descriptors, times, signals and children with sd-event.
///
/// A turn handles what is ready and then runs one hook. Nothing wakes up in between; the watchdog is
/// fed by sd-event from this loop, so it starves when the loop hangs.
@safe package final class EventLoop {
    private let event: OpaquePointer
    private var exitCode: Int32?
    /// How many ready sources one turn handles at most, and in which time, so that a flood cannot
    /// starve the hook.
    private let longestTurn = 256
    private let longestSeconds = 0.005

    package init() throws(SystemdError) {
        var made: OpaquePointer?
        try check(unsafe sd_event_new(&made), "sd_event_new")
        guard let made = unsafe made else { throw .eventLoop(call: "sd_event_new", errno: ENOMEM) }
        unsafe event = unsafe made
    }

    deinit { _ = unsafe sd_event_unref(event) }

    /// Feeds systemd's watchdog when the unit asks for one.
    package func feedWatchdog() throws(SystemdError) {
        try check(unsafe sd_event_set_watchdog(event, 1), "sd_event_set_watchdog")
    }

    /// Calls `handler` while the descriptor is readable, writable or hung up.
    package func watch(
        _ descriptor: Int32,
        _ interest: Interest,
        handler: @escaping () -> Void
    ) throws(SystemdError) -> Source {
        let source = Source { _ in handler() }
        try check(
            unsafe sd_event_add_io(
                event,
                &source.handle,
                descriptor,
                interest.rawValue,
                ioIsReady,
                source.context
            ),
            "sd_event_add_io"
        )
        return source
    }

    /// Makes a timer that is not set yet.
    package func timer(handler: @escaping () -> Void) throws(SystemdError) -> Timer {
        Timer(source: try source(by: CLOCK_REALTIME, handler))
    }

    /// Makes a delay that is not set yet.
    package func delay(handler: @escaping () -> Void) throws(SystemdError) -> Delay {
        Delay(source: try source(by: CLOCK_BOOTTIME, handler))
    }

    private func source(
        by clock: clockid_t,
        _ handler: @escaping () -> Void
    ) throws(SystemdError) -> Source {
        let source = Source { _ in handler() }
        // A millisecond: 0 would mean sd-event's default of a quarter of a second.
        try check(
            unsafe sd_event_add_time(
                event,
                &source.handle,
                clock,
                UInt64.max,
                1000,
                timeHasCome,
                source.context
            ),
            "sd_event_add_time"
        )
        return source
    }

    /// Blocks the signal and calls `handler` for each delivery.
    package func onSignal(_ number: Int32, handler: @escaping () -> Void) throws(SystemdError)
        -> Source
    {
        let source = Source { _ in handler() }
        try check(
            unsafe sd_event_add_signal(
                event,
                &source.handle,
                number | Int32(SD_EVENT_SIGNAL_PROCMASK),
                signalCame,
                source.context
            ),
            "sd_event_add_signal"
        )
        return source
    }

    /// Calls `handler` once with how the child ended, and reaps it.
    package func onExit(
        of child: Int32,
        handler: @escaping (ChildEnd) -> Void
    ) throws(SystemdError) -> Source {
        // sd-event refuses children while their signal could be lost.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGCHLD)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let source = Source { end in if let end { handler(end) } }
        try check(
            unsafe sd_event_add_child(
                event,
                &source.handle,
                child,
                Int32(WEXITED),
                childEnded,
                source.context
            ),
            "sd_event_add_child"
        )
        return source
    }

    /// Calls `handler` when somebody sets the wall clock.
    ///
    /// A timer that is cancelled by such a step tells of it.
    package func onClockStep(handler: @escaping () -> Void) throws(SystemdError) -> Source {
        let descriptor = clinux_clock_step_timer()
        try check(descriptor, "timerfd_create")
        let source = try watch(descriptor, .readable) {
            clinux_rearm_clock_step_timer(descriptor)
            handler()
        }
        _ = unsafe sd_event_source_set_io_fd_own(source.handle, 1)
        return source
    }

    /// Calls `handler` when a file of the folder is made, written, replaced or removed; a link is
    /// only ever made.
    package func onChange(
        ofFolder path: String,
        handler: @escaping () -> Void
    ) throws(SystemdError) -> Source {
        let source = Source { _ in handler() }
        try check(
            unsafe sd_event_add_inotify(
                event,
                &source.handle,
                path,
                UInt32(IN_CREATE) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO)
                    | UInt32(IN_DELETE),
                fileChanged,
                source.context
            ),
            "sd_event_add_inotify"
        )
        return source
    }

    /// Turns until `stop`.
    package func run(everyTurn hook: () -> Void) throws(SystemdError) -> Int32 {
        hook()
        while exitCode == nil {
            try check(unsafe sd_event_run(event, UInt64.max), "sd_event_run")
            var handled = 1
            let end = secondsOfUptime() + longestSeconds
            while handled < longestTurn, secondsOfUptime() < end {
                let more = unsafe sd_event_run(event, 0)
                try check(more, "sd_event_run")
                if more == 0 { break }
                handled += 1
            }
            hook()
        }
        return exitCode ?? 0
    }

    /// Ends `run` after this turn.
    package func stop(code: Int32) { exitCode = code }
}

private func secondsOfUptime() -> Double {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What of a descriptor is waited for; a hang-up always is.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Interest(rawValue: 0x001)  // EPOLLIN
    package static let writable = Interest(rawValue: 0x004)  // EPOLLOUT
}

/// How a child process ended.
package enum ChildEnd: Hashable, Sendable {
    case exited(code: Int32)
    case killed(signal: Int32)
}

/// Something that is waited for; letting go of it ends the waiting.
@safe package final class Source {
    fileprivate var handle: OpaquePointer?
    fileprivate let handler: (ChildEnd?) -> Void

    fileprivate init(_ handler: @escaping (ChildEnd?) -> Void) { self.handler = handler }

    deinit { _ = unsafe sd_event_source_disable_unref(handle) }

    fileprivate func enable(_ isOn: Bool) throws(SystemdError) {
        try check(
            unsafe sd_event_source_set_enabled(
                handle,
                Int32(isOn ? SD_EVENT_ONESHOT : SD_EVENT_OFF)
            ),
            "sd_event_source_set_enabled"
        )
    }

    /// Waits no longer, and stays.
    package func pause() { _ = unsafe sd_event_source_set_enabled(handle, Int32(SD_EVENT_OFF)) }

    /// The C side holds no reference: `deinit` takes the source off the loop before the object goes.
    fileprivate var context: UnsafeMutableRawPointer {
        unsafe Unmanaged.passUnretained(self).toOpaque()
    }
}

/// Fires once at an instant of the wall clock, and can be set again.
@safe package final class Timer {
    private let source: Source
    package private(set) var instant: Instant?

    fileprivate init(source: Source) { self.source = source }

    package func set(_ instant: Instant?) throws(SystemdError) {
        self.instant = instant
        if let instant {
            let microseconds = UInt64(max(0, instant.microseconds))
            try check(
                unsafe sd_event_source_set_time(source.handle, microseconds),
                "sd_event_source_set_time"
            )
        }
        try source.enable(instant != nil)
    }
}

/// Fires once after some seconds, however the wall clock is set meanwhile, and can be set again.
@safe package final class Delay {
    private let source: Source
    package private(set) var isSet = false

    /// Of what is waited for at all.
    private static let longestSeconds = 1e9

    fileprivate init(source: Source) { self.source = source }

    package func set(seconds: Double?) throws(SystemdError) {
        isSet = seconds != nil
        if let seconds {
            let microseconds = UInt64(min(max(0, seconds), Delay.longestSeconds) * 1e6)
            try check(
                unsafe sd_event_source_set_time_relative(source.handle, microseconds),
                "sd_event_source_set_time_relative"
            )
        }
        try source.enable(seconds != nil)
    }
}

// MARK: What C calls

private func deliver(_ context: UnsafeMutableRawPointer?, _ end: ChildEnd? = nil) -> Int32 {
    guard let context = unsafe context else { return 0 }
    // Strong for the length of the call: a handler may let go of its own source.
    let source = unsafe Unmanaged<Source>.fromOpaque(context).takeUnretainedValue()
    source.handler(end)
    return 0
}

private func ioIsReady(
    _: OpaquePointer?,
    _: Int32,
    _: UInt32,
    context: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe deliver(context)
}

private func timeHasCome(
    _: OpaquePointer?,
    _: UInt64,
    context: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe deliver(context)
}

private func signalCame(
    _: OpaquePointer?,
    _: UnsafePointer<signalfd_siginfo>?,
    context: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe deliver(context)
}

private func fileChanged(
    _: OpaquePointer?,
    _: UnsafePointer<inotify_event>?,
    context: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe deliver(context)
}

private func childEnded(
    _: OpaquePointer?,
    information: UnsafePointer<siginfo_t>?,
    context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let information = unsafe information else { return 0 }
    let status = unsafe clinux_child_status(information)
    let exited = unsafe information.pointee.si_code == CLD_EXITED
    return unsafe deliver(context, exited ? .exited(code: status) : .killed(signal: status))
}
