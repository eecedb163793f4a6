import Glibc

/// Blocks of bytes on their way from one thread to another; few of them, so memory is bounded.
@safe final class BlockQueue: @unchecked Sendable {
    // Safety: the variables are touched only between lock and unlock of `mutex`.
    private static let capacity = 8
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var blocks: [[UInt8]] = []
    private var isClosed = false
    private var isAbandoned = false

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Adds a block, waiting for room; false when nobody takes blocks any more.
    func put(_ block: [UInt8]) -> Bool {
        locked {
            while blocks.count == Self.capacity && !isAbandoned { wait() }
            if !isAbandoned { blocks.append(block) }
            return !isAbandoned
        }
    }

    /// The oldest block, waiting for one; nil behind the last.
    func take() -> [UInt8]? {
        locked {
            while blocks.isEmpty && !isClosed { wait() }
            return blocks.isEmpty ? nil : blocks.removeFirst()
        }
    }

    /// Says that no more blocks come.
    func close() { locked { isClosed = true } }

    /// Says that no more blocks are wanted.
    func abandon() { locked { isAbandoned = true } }

    private func locked<Value>(_ body: () -> Value) -> Value {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_cond_broadcast(changed)
            unsafe pthread_mutex_unlock(mutex)
        }
        return body()
    }

    private func wait() { unsafe pthread_cond_wait(changed, mutex) }
}
