import Glibc

/// Runs `consume` on a second thread while `produce` feeds it from this one.
///
/// `produce` gets a function that hands an item over, waiting while `capacity` items lie between
/// the two, and answers false when nobody takes items any more. `consume` gets a function that
/// gives the oldest item, and nil behind the last. Gives what `consume` returned.
package func overlapping<Item: Sendable, Output: Sendable, Failure: Error>(
    capacity: Int,
    consume: @escaping @Sendable (_ next: () -> Item?) -> Output,
    produce: (_ put: (Item) -> Bool) throws(Failure) -> Void
) throws(Failure) -> Output {
    let queue = BoundedQueue<Item>()
    let slot = OutputSlot<Output>()
    let work: @Sendable () -> Void = {
        slot.output = consume(queue.take)
        queue.abandon()
    }
    let helpers = Helpers(count: 1, work)
    // Without a second thread everything is handed over first and consumed then.
    queue.allow(helpers.count > 0 ? capacity : .max)
    let production = Result { () throws(Failure) in try produce(queue.put) }
    queue.close()
    if helpers.count == 0 { work() }
    helpers.join()
    try production.get()
    guard let output = slot.output else { preconditionFailure("the work was joined") }
    return output
}

private final class OutputSlot<Output: Sendable>: @unchecked Sendable {
    // Safety: written by the helper, and read after it was joined.
    var output: Output?
}

/// Items on their way from one thread to another; few of them, so memory is bounded.
@safe private final class BoundedQueue<Item: Sendable>: @unchecked Sendable {
    // Safety: the state is touched only between lock and unlock of `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var items: [Item] = []
    private var capacity = 1
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

    func allow(_ capacity: Int) { locked { self.capacity = capacity } }

    /// False when nobody takes items any more.
    func put(_ item: Item) -> Bool {
        locked {
            while items.count >= capacity && !isAbandoned { wait() }
            if !isAbandoned { items.append(item) }
            return !isAbandoned
        }
    }

    /// The oldest item, waiting for one; nil behind the last.
    func take() -> Item? {
        locked {
            while items.isEmpty && !isClosed { wait() }
            return items.isEmpty ? nil : items.removeFirst()
        }
    }

    func close() { locked { isClosed = true } }
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
