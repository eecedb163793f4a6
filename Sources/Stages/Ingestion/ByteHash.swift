/// A fast 64-bit hash of bytes, the same in every process.
///
/// Words are folded by 64 x 64 bit multiplications, as in wyhash. Not for anything secret.
func hash(_ bytes: Span<UInt8>, seed: UInt64 = 0x9E37_79B9_7F4A_7C15) -> UInt64 {
    let count = bytes.count
    var state = seed ^ (UInt64(count) &* 0xA076_1D64_78BD_642F)
    var at = 0
    while at + 8 < count {
        state = folded(state ^ word(bytes, at), 0xE703_7ED1_A0B4_28DB)
        at += 8
    }
    // The last eight bytes may overlap the word before them; the length tells such keys apart.
    var tail: UInt64 = 0
    if count >= 8 {
        tail = word(bytes, count - 8)
    } else {
        for index in bytes.indices { tail = tail << 8 | UInt64(bytes[index]) }
    }
    return folded(folded(state ^ tail, 0x8EBC_6AF0_9C88_C6E3) ^ seed, 0x5895_66AC_FD3A_8F5D)
}

/// Whether two runs of bytes of one length are the same.
@inline(__always) func isSame(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
    let count = one.count
    guard count >= 8 else {
        for index in 0..<count where one[index] != other[index] { return false }
        return true
    }
    var at = 0
    while at + 8 < count {
        if word(one, at) != word(other, at) { return false }
        at += 8
    }
    // The last eight bytes may overlap the word before them.
    return word(one, count - 8) == word(other, count - 8)
}

@inline(__always) private func folded(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let product = one.multipliedFullWidth(by: other)
    return product.high ^ product.low
}

@inline(__always) private func word(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
    unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
}
