/// Takes the fields of binary COPY apart that the server sends, one block of whole rows at a time.
struct BinaryFields {
    private let bytes: [UInt8]
    private var at: Int

    /// The first block of a copy begins with the header.
    init(_ block: [UInt8], isFirst: Bool) {
        bytes = block
        at = isFirst ? BinaryRows.header.count : 0
    }

    /// Begins the next row; false at the end of the block and at the trailer.
    mutating func beginRow() -> Bool { at < bytes.count && take(Int16.self) >= 0 }

    /// Where the next field lies; nil for NULL.
    mutating func field() -> Range<Int>? {
        let length = Int(take(Int32.self))
        guard length >= 0 else { return nil }
        precondition(at + length <= bytes.count)
        defer { at += length }
        return at..<at + length
    }

    mutating func boolean() -> Bool { field().map { bytes[$0.lowerBound] == 1 } ?? false }

    mutating func double() -> Double? {
        guard let field = field() else { return nil }
        at = field.lowerBound
        return Double(bitPattern: take(UInt64.self))
    }

    /// Lends a field's bytes.
    func with<R>(_ field: Range<Int>, _ body: (Span<UInt8>) throws -> R) rethrows -> R {
        try body(bytes.span.extracting(field))
    }

    private mutating func take<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type
    ) -> Integer {
        let size = MemoryLayout<Integer>.size
        precondition(at + size <= bytes.count)
        let value = unsafe bytes.withUnsafeBytes { buffer in
            unsafe buffer.loadUnaligned(fromByteOffset: at, as: Integer.self)
        }
        at += size
        return Integer(bigEndian: value)
    }
}
