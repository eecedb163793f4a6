extension ThreadTeam {
    /// A new column of `count` elements, computed in parallel from their indices.
    @inlinable
    package func column<Element: BitwiseCopyable & Sendable>(
        _ count: Int,
        by chunk: Int = 16_384,
        _ element: @escaping @Sendable (Int) -> Element
    ) -> [Element] {
        let ranges = ThreadTeam.chunks(of: count, by: chunk)
        return unsafe Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            let base = unsafe DisjointWriter(buffer)
            forEach(ranges.count) { chunk in
                for index in ranges[chunk] { base.write(element(index), at: index) }
            }
            initialized = count
        }
    }
}

/// Lets threads initialise places of one buffer, no place by two of them.
@safe @usableFromInline struct DisjointWriter<Element: BitwiseCopyable>: @unchecked Sendable {
    // Safety: `column` gives every index to one thread, and joins them before the buffer is used.
    @usableFromInline let buffer: UnsafeMutableBufferPointer<Element>

    @inlinable init(_ buffer: UnsafeMutableBufferPointer<Element>) { unsafe self.buffer = buffer }

    @inlinable func write(_ element: Element, at index: Int) {
        precondition(unsafe index < buffer.count)
        unsafe (buffer.baseAddress.unsafelyUnwrapped + index).initialize(to: element)
    }
}
