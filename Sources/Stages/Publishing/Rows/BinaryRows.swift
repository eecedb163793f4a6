/// Rows in the format of binary COPY, put together in one buffer.
struct BinaryRows: Sendable {
    private var bytes: [UInt8]
    /// How much of the buffer is filled.
    private(set) var count = 0

    init(capacity: Int) { bytes = [UInt8](repeating: 0, count: capacity) }

    /// What stands before the first row.
    static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    /// What stands behind the last row.
    static let trailer: [UInt8] = [0xFF, 0xFF]

    /// Lends what is filled in.
    func withFilled(_ body: (Span<UInt8>) throws -> Void) rethrows {
        try body(bytes.span.extracting(0..<count))
    }

    /// Keeps the buffer for the next rows.
    mutating func removeAll() { count = 0 }

    /// Makes room for so many bytes; everything below relies on it.
    mutating func reserve(_ size: Int) {
        let needed = count + size
        guard needed > bytes.count else { return }
        bytes += [UInt8](repeating: 0, count: max(needed, bytes.count * 2) - bytes.count)
    }

    mutating func put<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer) {
        let size = MemoryLayout<Integer>.size
        unsafe bytes.withUnsafeMutableBytes { buffer in
            precondition(count + size <= buffer.count)
            unsafe buffer.storeBytes(of: value.bigEndian, toByteOffset: count, as: Integer.self)
        }
        count += size
    }

    /// The integer that was put at `place`.
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(at place: Int) -> Integer {
        precondition(place + MemoryLayout<Integer>.size <= count)
        return unsafe bytes.withUnsafeBytes { buffer in
            Integer(bigEndian: unsafe buffer.loadUnaligned(fromByteOffset: place, as: Integer.self))
        }
    }

    /// Puts an integer in the place of another of its size.
    mutating func replace<Integer: FixedWidthInteger & BitwiseCopyable>(
        at place: Int,
        with value: Integer
    ) {
        precondition(place + MemoryLayout<Integer>.size <= count)
        unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe buffer.storeBytes(of: value.bigEndian, toByteOffset: place, as: Integer.self)
        }
    }

    /// An integer with its length before it.
    mutating func putField<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer) {
        put(Int32(MemoryLayout<Integer>.size))
        put(value)
    }

    /// A double with its length before it.
    mutating func putField(_ value: Double) {
        put(Int32(8))
        put(value.bitPattern)
    }

    mutating func putNull() { put(Int32(-1)) }

    mutating func put(_ source: [UInt8], _ range: Range<Int>) {
        precondition(count + range.count <= bytes.count)
        unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe source.withUnsafeBytes { source in
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
            }
        }
        count += range.count
    }

    /// Bytes of a text with their length before them.
    mutating func putField(_ source: [UInt8], _ range: Range<Int>) {
        put(Int32(range.count))
        put(source, range)
    }

    mutating func putField(_ text: [UInt8]) { putField(text, 0..<text.count) }

    /// `numeric` with four decimals: digits of base 10,000, of which the last is the fraction.
    mutating func putMoney(_ tenThousandths: Int64) {
        var rest = tenThousandths.magnitude
        // From the lowest digit up: the fraction, then what stands before the point.
        let fraction = rest % 10_000
        rest /= 10_000
        var digits = (rest % 10_000, UInt64(0), UInt64(0), UInt64(0))
        digits.1 = rest / 10_000 % 10_000
        digits.2 = rest / 100_000_000 % 10_000
        digits.3 = rest / 1_000_000_000_000
        let whole = rest >= 1_000_000_000_000 ? 4 : rest >= 100_000_000 ? 3 : rest >= 10_000 ? 2 : 1
        put(Int32(8 + 2 * (whole + 1)))
        put(Int16(whole + 1))
        put(Int16(whole - 1))
        put(tenThousandths < 0 ? UInt16(0x4000) : 0)
        put(Int16(4))
        if whole == 4 { put(UInt16(digits.3)) }
        if whole >= 3 { put(UInt16(digits.2)) }
        if whole >= 2 { put(UInt16(digits.1)) }
        put(UInt16(digits.0))
        put(UInt16(fraction))
    }

    /// A hash of what was put since `start`, the same on every machine and in every version.
    ///
    /// Eight bytes at a time are mixed in by multiplying and folding; see the tests for values
    /// that must not change, because stored hashes are compared with new ones.
    func hash(since start: Int) -> Int64 {
        unsafe bytes.withUnsafeBytes { buffer in
            var state: UInt64 = 0x9E37_79B9_7F4A_7C15
            var at = start
            while at + 8 <= count {
                let word = unsafe buffer.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                state = mix(state ^ word.littleEndian)
                at += 8
            }
            var tail = UInt64(count - start)
            while at < count {
                unsafe tail = tail << 8 | UInt64(buffer[at])
                at += 1
            }
            return Int64(bitPattern: mix(mix(state ^ tail)))
        }
    }
}

private func mix(_ value: UInt64) -> UInt64 {
    let wide = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return wide.high ^ wide.low
}
