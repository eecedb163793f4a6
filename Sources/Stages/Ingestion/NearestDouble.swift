/// The Double nearest to `mantissa * 10^power`, ties to even; nil where that needs more than
/// integers of two words (then the number has over 36 digits, or is very large or small).
///
/// `10^power` is `5^power * 2^power`, and only the five needs arithmetic. A product of 128 bits is
/// exact; a quotient is cut to 64 bits with its remainder folded into the last of them, which lies
/// below the bit that decides the rounding. So the conversion to a Double rounds, and nothing else.
func nearestDouble(_ mantissa: UInt128, powerOfTen power: Int) -> Double? {
    guard abs(power) < powersOfFive.count else { return nil }
    if mantissa == 0 { return 0 }
    let five = powersOfFive[abs(power)]
    guard power < 0 else {
        let (product, isTooLarge) = mantissa.multipliedReportingOverflow(by: UInt128(five))
        return isTooLarge ? nil : rounded(product, timesTwoTo: power)
    }
    // Both with their highest bit set, so that the quotient has 64 bits.
    let (up, divisorUp) = (mantissa.leadingZeroBitCount, five.leadingZeroBitCount)
    let (dividend, divisor) = (mantissa << up, five << divisorUp)
    // One more bit to the right where the quotient would need 65 of them.
    let down = UInt64(truncatingIfNeeded: dividend >> 64) >= divisor ? 1 : 0
    let (quotient, remainder) = divisor.dividingFullWidth(
        (
            UInt64(truncatingIfNeeded: dividend >> (64 + down)),
            UInt64(truncatingIfNeeded: dividend >> down)
        )
    )
    let lost = remainder | UInt64(truncatingIfNeeded: dividend) & UInt64(down)
    return Double(quotient | (lost == 0 ? 0 : 1)) * powerOfTwo(power + down + divisorUp - up)
}

private func rounded(_ number: UInt128, timesTwoTo power: Int) -> Double {
    let up = number.leadingZeroBitCount
    let top = number << up
    let rest: UInt64 = UInt64(truncatingIfNeeded: top) == 0 ? 0 : 1
    return Double(UInt64(truncatingIfNeeded: top >> 64) | rest) * powerOfTwo(power + 64 - up)
}

/// Of a power far from the ends of a Double's range.
private func powerOfTwo(_ power: Int) -> Double {
    Double(bitPattern: UInt64(1023 + power) << 52)
}

/// Those that fit into 64 bits.
private let powersOfFive: [UInt64] = [
    1, 5, 25, 125, 625, 3_125, 15_625, 78_125, 390_625, 1_953_125, 9_765_625, 48_828_125,
    244_140_625, 1_220_703_125, 6_103_515_625, 30_517_578_125, 152_587_890_625, 762_939_453_125,
    3_814_697_265_625, 19_073_486_328_125, 95_367_431_640_625, 476_837_158_203_125,
    2_384_185_791_015_625, 11_920_928_955_078_125, 59_604_644_775_390_625, 298_023_223_876_953_125,
    1_490_116_119_384_765_625, 7_450_580_596_923_828_125,
]
