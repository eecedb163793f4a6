/// Many strings in one block of bytes: entry `i` is `bytes[offsets[i]..<offsets[i + 1]]`.
package struct StringPool: Sendable {
    @usableFromInline package private(set) var bytes: [UInt8] = []
    @usableFromInline package private(set) var offsets: [UInt32] = [0]

    package init() {}

    /// Takes over columns that were built elsewhere; `offsets` starts at 0 and ends at the last byte.
    package init(bytes: [UInt8], offsets: [UInt32]) {
        precondition(offsets.first == 0 && Int(offsets.last ?? 0) == bytes.count)
        self.bytes = bytes
        self.offsets = offsets
    }

    package var count: Int { offsets.count - 1 }

    package mutating func reserve(strings: Int, bytes byteCount: Int) {
        offsets.reserveCapacity(strings + 1)
        bytes.reserveCapacity(byteCount)
    }

    /// Adds an entry and gives its index.
    ///
    /// A pool holds 4 GiB at most.
    package mutating func append(_ text: Span<UInt8>) -> UInt32 {
        precondition(bytes.count + text.count <= UInt32.max, "a string pool is over 4 GiB")
        for index in text.indices { bytes.append(text[index]) }
        offsets.append(UInt32(bytes.count))
        return UInt32(count - 1)
    }

    package mutating func append(_ text: String) -> UInt32 {
        let utf8 = Array(text.utf8)
        return append(utf8.span)
    }

    @inlinable package func range(_ index: Int) -> Range<Int> {
        Int(offsets[index])..<Int(offsets[index + 1])
    }

    package func string(_ index: Int) -> String {
        String(decoding: bytes[range(index)], as: UTF8.self)
    }
}
