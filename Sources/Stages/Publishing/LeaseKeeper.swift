import Glibc
import Postgres
import Synchronization

/// Renews a lease from a thread and a session of its own, while the run computes.
///
/// A stopped process renews nothing, and an ended lease is not revived: `isLost` says so.
package final class LeaseKeeper: Sendable {
    private let shared: Shared
    /// Safety: written by `init`, read by `stop`, which only the owner calls.
    private nonisolated(unsafe) var thread = pthread_t()

    /// What the thread and the owner both see.
    fileprivate final class Shared: Sendable {
        let lease: Lease
        let destination: Destination
        let isLost = Atomic(false)
        /// Two connected sockets; shutting the first down wakes who waits at the second.
        private let bell: (pull: Int32, ring: Int32)

        init(_ lease: Lease, _ destination: Destination) {
            self.lease = lease
            self.destination = destination
            var ends: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
            let failure = unsafe socketpair(AF_UNIX, kind, 0, &ends)
            precondition(failure == 0, "no descriptor is left")
            bell = (ends[0], ends[1])
        }

        deinit {
            close(bell.pull)
            close(bell.ring)
        }

        func pullBell() { shutdown(bell.pull, Int32(SHUT_RDWR)) }

        /// True when the owner rang, false when it is time to renew.
        func waitForBell(milliseconds: Int32) -> Bool {
            var entry = pollfd(fd: bell.ring, events: Int16(POLLIN), revents: 0)
            return unsafe poll(&entry, 1, milliseconds) > 0
        }

        func keep() {
            var connection = try? destination.connect()
            while !waitForBell(milliseconds: Int32(lease.seconds * 1000 / 3)) {
                if connection?.isUsable != true { connection = try? destination.connect() }
                guard let connection else { continue }
                if (try? lease.renew(for: destination, on: connection)) == false {
                    isLost.store(true, ordering: .relaxed)
                    return
                }
            }
        }
    }

    package init(_ lease: Lease, for destination: Destination) {
        shared = Shared(lease, destination)
        let context = unsafe Unmanaged.passRetained(shared).toOpaque()
        let failure = unsafe pthread_create(&thread, nil, keepLease, context)
        precondition(failure == 0, "could not start a thread: \(failure)")
    }

    /// Whether the run can stop now, because its publication would be refused.
    package var isLost: Bool { shared.isLost.load(ordering: .relaxed) }

    /// Ends the renewing; call it once.
    package func stop() {
        shared.pullBell()
        unsafe pthread_join(thread, nil)
    }
}

/// The thread's body: takes back what `init` retained.
private func keepLease(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<LeaseKeeper.Shared>.fromOpaque(context).takeRetainedValue().keep()
    return nil
}
