import Domain

/// Reads a decimal number as the nearest Double.
///
/// Sign, digits with a point, exponent; "NaN", "inf" and "infinity" give what they say and are
/// refused later as not finite. Gives `PurchaseRows.missingAmount` for an empty cell and
/// `PurchaseRows.unreadableAmount` for any other text, thousands separators included.
func amount(_ cell: Span<UInt8>) -> Double {
    let text = cell.extracting(withoutBlanks(cell))
    if text.isEmpty { return PurchaseRows.missingAmount }
    var at = 0
    let isNegative = text[0] == UInt8(ascii: "-")
    if isNegative || text[0] == UInt8(ascii: "+") { at = 1 }
    var mantissa: UInt64 = 0
    var digits = 0
    var exponent = 0
    var pointAt = -1
    while at < text.count {
        let byte = text[at]
        if isDigit(byte) {
            // Nineteen digits always fit; more of them take the slow way below.
            if digits < 19 { mantissa = mantissa &* 10 &+ UInt64(byte &- 48) }
            digits += 1
        } else if byte == UInt8(ascii: "."), pointAt < 0 {
            pointAt = digits
        } else {
            break
        }
        at += 1
    }
    guard digits > 0 else { return notFinite(text) }
    if pointAt >= 0 { exponent = pointAt - digits }
    if at < text.count {
        guard let power = powerOfTen(text, from: at) else { return PurchaseRows.unreadableAmount }
        exponent += power
    }
    guard digits <= 19, let magnitude = nearestDouble(UInt128(mantissa), powerOfTen: exponent)
    else {
        return Double(readableText(text, limit: text.count)) ?? PurchaseRows.unreadableAmount
    }
    return isNegative ? -magnitude : magnitude
}

/// The exponent that begins at `start` and must reach the end of the cell.
private func powerOfTen(_ text: Span<UInt8>, from start: Int) -> Int? {
    guard text[start] | 0x20 == UInt8(ascii: "e") else { return nil }
    var at = start + 1
    var isNegative = false
    if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
        isNegative = text[at] == UInt8(ascii: "-")
        at += 1
    }
    guard at < text.count else { return nil }
    var power = 0
    while at < text.count {
        guard isDigit(text[at]) else { return nil }
        // Far beyond any Double; more digits change nothing.
        if power < 100_000 { power = power * 10 + Int(text[at] &- 48) }
        at += 1
    }
    return isNegative ? -power : power
}

private func notFinite(_ text: Span<UInt8>) -> Double {
    guard text.count <= 9 else { return PurchaseRows.unreadableAmount }
    switch readableText(text).lowercased() {
    case "nan", "+nan", "-nan": return .nan
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    default: return PurchaseRows.unreadableAmount
    }
}
