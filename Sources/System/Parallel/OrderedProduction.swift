import Glibc
import Synchronization

extension ThreadTeam {
    /// Makes products in parallel and hands them to `consume` one after the other, in order.
    ///
    /// `consume` runs on the calling thread, which makes nothing itself when it has helpers: what it
    /// feeds, a server as a rule, never waits for a product that nobody else makes. The others
    /// produce ahead, at most two products a thread, so memory stays bounded however slow the
    /// consumer is. An error of `consume` ends it.
    package func inOrder<Product: Sendable, Failure: Error>(
        _ count: Int,
        produce: @escaping @Sendable (Int) -> Product,
        consume: (Product) throws(Failure) -> Void
    ) throws(Failure) {
        let belt = Belt<Product>(count: count, window: 2 * threads)
        let helpers = Helpers(count: threads > 1 ? min(threads, count) : 0) {
            while let index = belt.claim() { belt.put(produce(index), at: index) }
        }
        defer {
            belt.stop()
            helpers.join()
        }
        for index in 0..<count {
            try consume(helpers.count > 0 ? belt.take(index) : produce(index))
        }
    }
}

/// Products on their way from several producers to one consumer who wants them in order.
@safe private final class Belt<Product: Sendable>: @unchecked Sendable {
    // Safety: every access to the state is between lock and unlock of `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let window: Int
    private var limit: Int
    private var claimed = 0
    private var taken = 0
    private var ready: [Int: Product] = [:]

    init(count: Int, window: Int) {
        limit = count
        self.window = window
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// The next index to make, when there is room for it; nil when nothing is left.
    func claim() -> Int? {
        locked {
            while claimed < limit && claimed >= taken + window { wait() }
            guard claimed < limit else { return nil }
            defer { claimed += 1 }
            return claimed
        }
    }

    func put(_ product: Product, at index: Int) {
        locked {
            ready[index] = product
            wake()
        }
    }

    /// Waits for a product of the helpers.
    func take(_ index: Int) -> Product {
        locked {
            while true {
                if let product = ready.removeValue(forKey: index) {
                    taken = index + 1
                    wake()
                    return product
                }
                wait()
            }
        }
    }

    /// Lets nobody begin another product.
    func stop() {
        locked {
            limit = min(limit, claimed)
            wake()
        }
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    private func wait() { unsafe pthread_cond_wait(changed, mutex) }
    private func wake() { unsafe pthread_cond_broadcast(changed) }
}
