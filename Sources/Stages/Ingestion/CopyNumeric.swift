import Domain

/// A `numeric`: digits to the base 10,000, the first worth 10,000^weight; to the nearest Double.
func numeric(_ bytes: Span<UInt8>, _ field: Range<Int>) throws(IngestionError) -> Double {
    var cursor = CopyCursor(at: field.lowerBound)
    let count = Int(try cursor.int16(bytes))
    let weight = Int(try cursor.int16(bytes))
    let sign = UInt16(bitPattern: try cursor.int16(bytes))
    guard count >= 0, field.count == 8 + 2 * count else { throw .unexpectedCopyData }
    switch sign {
    case 0, 0x4000: break
    case 0xD000: return .infinity
    case 0xF000: return -.infinity
    default: return .nan
    }
    let digits = bytes.extracting(field.lowerBound + 8..<field.upperBound)
    let power = 4 * (weight - count + 1)
    // So many digits fit into 128 bits.
    if count <= 9, let value = nearestDouble(try whole(digits), powerOfTen: power) {
        return sign == 0 ? value : -value
    }
    var text = sign == 0 ? "" : "-"
    var at = CopyCursor(at: 0)
    for _ in 0..<count { text += padded(Int(try at.digit(digits)), 4) }
    return Double("\(text)e\(power)") ?? .nan
}

/// The digits as one number.
@inline(__always)
private func whole(_ digits: Span<UInt8>) throws(IngestionError) -> UInt128 {
    var cursor = CopyCursor(at: 0)
    // Four digits fit into one word, which is most of the amounts there are.
    var first: UInt64 = 0
    while cursor.at < min(8, digits.count) { first = first * 10_000 + (try cursor.digit(digits)) }
    var number = UInt128(first)
    while cursor.at < digits.count {
        number = number * 10_000 + UInt128(try cursor.digit(digits))
    }
    return number
}

extension CopyCursor {
    @inline(__always)
    fileprivate mutating func digit(_ bytes: Span<UInt8>) throws(IngestionError) -> UInt64 {
        let digit = UInt16(bitPattern: try int16(bytes))
        guard digit < 10_000 else { throw .unexpectedCopyData }
        return UInt64(digit)
    }
}
