import CLinux
import Glibc

/// Ctrl-C, a closing terminal and SIGTERM, counted instead of deadly.
///
/// For a program that waits in the foreground; a service watches signals in its event loop.
package enum Interruption {
    package static func startCounting() {
        for signal in [SIGINT, SIGTERM, SIGHUP] { clinux_count_signal(signal) }
    }

    package static var count: Int { Int(clinux_counted_signals()) }
}
