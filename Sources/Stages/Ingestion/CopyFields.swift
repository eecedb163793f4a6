import Domain

/// A place in the binary form of `COPY`; all numbers are big-endian.
struct CopyCursor {
    var at: Int

    @inline(__always)
    mutating func int16(_ bytes: Span<UInt8>) throws(IngestionError) -> Int16 {
        guard at + 2 <= bytes.count else { throw .unexpectedCopyData }
        defer { at += 2 }
        return unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: at, as: Int16.self).bigEndian
    }

    @inline(__always)
    mutating func int32(_ bytes: Span<UInt8>) throws(IngestionError) -> Int32 {
        guard at + 4 <= bytes.count else { throw .unexpectedCopyData }
        defer { at += 4 }
        return Int32(bitPattern: unsignedNumber(bytes, at))
    }

    /// Where the next field's bytes are; nil for NULL.
    @inline(__always)
    mutating func field(_ bytes: Span<UInt8>) throws(IngestionError) -> Range<Int>? {
        let length = try int32(bytes)
        if length == -1 { return nil }
        guard length >= 0, Int(length) <= bytes.count - at else { throw .unexpectedCopyData }
        defer { at += Int(length) }
        return at..<at + Int(length)
    }
}

/// A `date`: days since 2000-01-01, the ends of the range for infinity.
func day(_ bytes: Span<UInt8>, _ field: Range<Int>) throws(IngestionError) -> Int32 {
    guard field.count == 4 else { throw .unexpectedCopyData }
    let stored = Int32(bitPattern: unsignedNumber(bytes, field.lowerBound))
    // 0001-01-01 to 9999-12-31.
    guard stored >= -730_119, stored <= 2_921_939 else { return PurchaseRows.invalidTime }
    return stored + 10_957
}

/// A `float8`.
func float(_ bytes: Span<UInt8>, _ field: Range<Int>) throws(IngestionError) -> Double {
    guard field.count == 8 else { throw .unexpectedCopyData }
    let high = UInt64(unsignedNumber(bytes, field.lowerBound))
    let value = Double(bitPattern: high << 32 | UInt64(unsignedNumber(bytes, field.lowerBound + 4)))
    // Any other NaN could look like a sentinel.
    return value.isNaN ? .nan : value
}

/// The text of a `date`.
func dateText(_ bytes: Span<UInt8>, _ field: Range<Int>) -> String {
    guard field.count == 4 else { return "" }
    switch Int32(bitPattern: unsignedNumber(bytes, field.lowerBound)) {
    case .max: return "infinity"
    case .min: return "-infinity"
    case let stored where stored > 2_921_939: return "a day after 9999-12-31"
    case let stored where stored < -730_119: return "a day before 0001-01-01"
    case let stored: return Day(number: stored + 10_957).description
    }
}

@inline(__always) private func unsignedNumber(_ bytes: Span<UInt8>, _ at: Int) -> UInt32 {
    unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt32.self).bigEndian
}

extension IngestionError {
    static var unexpectedCopyData: Self {
        Self(
            code: "unexpected_copy_data",
            message: "could not understand the rows that the server sent",
            cause: nil,
            fix: "check that no program between here and the server changes the data",
            failureClass: .transient
        )
    }
}
