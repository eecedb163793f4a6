import CLinux
import Glibc
import Synchronization

/// A number of threads that share a piece of work, chunk by chunk.
///
/// Fork and join on pthreads: Swift's own pool stays free for waiting. Work is split by chunk index
/// and results come back in the order of the chunks, so they are the same bits for any number of
/// threads. The calling thread works too; the others exist only while the work lasts.
package struct ThreadTeam: Sendable {
    /// From 1 to the number of cores that this process may use.
    package let threads: Int

    /// A team of at most `threads` threads; all usable cores when left out.
    package init(threads: Int = .max) {
        self.threads = max(1, min(threads, ThreadTeam.usableCores))
    }

    package static let usableCores = max(1, Int(clinux_usable_cores()))

    /// Calls `body` once for every index below `count`, in no particular order.
    package func forEach(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let next = NextIndex(count)
        let work: @Sendable () -> Void = { while let index = next.take() { body(index) } }
        let helpers = Helpers(count: min(threads, count) - 1, work)
        work()
        helpers.join()
    }

    /// The results of `body` for every index below `count`, in the order of the indices.
    package func map<Value: Sendable>(
        _ count: Int,
        _ body: @escaping @Sendable (Int) -> Value
    ) -> [Value] {
        let slots = Slots<Value>(count)
        forEach(count) { index in slots.store(body(index), at: index) }
        return slots.all()
    }

    /// The ranges of `chunk` elements, the last one shorter, that make up `0..<count`.
    package static func chunks(of count: Int, by chunk: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: chunk).map { $0..<min($0 + chunk, count) }
    }

    /// Adds up eight numbers at a time over `0..<count`, chunk by chunk in the order of the chunks.
    package func sum(
        over count: Int,
        by chunk: Int = 8192,
        _ body: @escaping @Sendable (Range<Int>) -> SIMD8<Double>
    ) -> SIMD8<Double> {
        let ranges = ThreadTeam.chunks(of: count, by: chunk)
        return map(ranges.count) { body(ranges[$0]) }.reduce(SIMD8()) { $0 + $1 }
    }
}

/// Hands out the indices below a limit, each once.
private final class NextIndex: Sendable {
    private let next = Atomic<Int>(0)
    private let limit: Int

    init(_ limit: Int) { self.limit = limit }

    func take() -> Int? {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < limit ? index : nil
    }
}

/// One place per result; the chunks are large, so that one lock is no bottleneck.
private final class Slots<Element: Sendable>: Sendable {
    private let elements: Mutex<[Element?]>

    init(_ count: Int) { elements = Mutex(Array(repeating: nil, count: count)) }

    func store(_ element: Element, at index: Int) { elements.withLock { $0[index] = element } }

    func all() -> [Element] { elements.withLock { $0.compactMap(\.self) } }
}
