import Domain

/// Numbers identifiers by first appearance: a hash table over one block of bytes.
///
/// No object per identifier: a slot is 32 bits of hash and the number, the text lies in the block.
struct IdentifierTable {
    /// Longer ids would not fit into the index of a published table.
    static let longestIdentifier = 1024

    private var bytes: [UInt8] = []
    private var offsets: [UInt32] = [0]
    /// `hash << 32 | number + 1`; 0 is free.
    private var slots: [UInt64]
    private var mask: Int
    /// What `touch` read last.
    private var near: [UInt64] = []

    init(slotBits: Int = 16) {
        slots = Array(repeating: 0, count: 1 << slotBits)
        mask = slots.count - 1
    }

    var count: Int { offsets.count - 1 }

    /// Brings the memory that looking up these hashes needs near, many places at a time.
    ///
    /// Changes nothing. One lookup goes from the slots to the offsets to the bytes and waits for
    /// the memory thrice; a batch of them waits for all slots at once, and so on.
    mutating func touch(_ hashes: [UInt64]) {
        near.removeAll(keepingCapacity: true)
        for index in hashes.indices {
            near.append(slots[Int(UInt32(truncatingIfNeeded: hashes[index])) & mask])
        }
        for index in near.indices where near[index] != 0 {
            near[index] = UInt64(offsets[Int(UInt32(truncatingIfNeeded: near[index])) - 1])
        }
        for index in near.indices where Int(near[index]) < bytes.count {
            near[index] = UInt64(bytes[Int(near[index])])
        }
    }

    mutating func number(ofEscaped identifier: Span<UInt8>) -> UInt32? {
        let text = withSingleQuotes(identifier)
        return number(of: text.span, hash: hash(text.span))
    }

    /// The number of an identifier; nil for one that is too long or no proper text.
    mutating func number(of identifier: Span<UInt8>, hash fullHash: UInt64) -> UInt32? {
        let hash = UInt32(truncatingIfNeeded: fullHash)
        var position = Int(hash) & mask
        while true {
            let slot = slots[position]
            if slot == 0 { break }
            if UInt32(slot >> 32) == hash {
                let number = UInt32(truncatingIfNeeded: slot) - 1
                if isEqual(number, identifier) { return number }
            }
            position = (position + 1) & mask
        }
        guard identifier.count <= Self.longestIdentifier, isText(identifier) else { return nil }
        return append(identifier, hash: hash, at: position)
    }

    /// The identifiers, by number.
    consuming func pool() -> StringPool { StringPool(bytes: bytes, offsets: offsets) }

    private func isEqual(_ number: UInt32, _ identifier: Span<UInt8>) -> Bool {
        let start = Int(offsets[Int(number)])
        let length = Int(offsets[Int(number) + 1]) - start
        guard length == identifier.count else { return false }
        for index in 0..<length where bytes[start + index] != identifier[index] { return false }
        return true
    }

    private mutating func append(
        _ identifier: Span<UInt8>,
        hash: UInt32,
        at position: Int
    ) -> UInt32 {
        precondition(bytes.count + identifier.count <= UInt32.max, "customer ids of over 4 GiB")
        for index in identifier.indices { bytes.append(identifier[index]) }
        offsets.append(UInt32(bytes.count))
        let number = UInt32(count - 1)
        slots[position] = UInt64(hash) << 32 | UInt64(number + 1)
        // At most five eighths full, so that probes stay short.
        if count * 8 > slots.count * 5 { grow() }
        return number
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: slots.count * 2)
        let mask = larger.count - 1
        for slot in slots where slot != 0 {
            var position = Int(slot >> 32) & mask
            while larger[position] != 0 { position = (position + 1) & mask }
            larger[position] = slot
        }
        slots = larger
        self.mask = mask
    }
}

/// Whether bytes are UTF-8 without NUL: what a text column of Postgres can hold.
func isText(_ bytes: Span<UInt8>) -> Bool {
    var isASCII = true
    for index in bytes.indices {
        if bytes[index] == 0 { return false }
        if bytes[index] >= 0x80 { isASCII = false }
    }
    if isASCII { return true }
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.count)
    for index in bytes.indices { copy.append(bytes[index]) }
    return String(validating: copy, as: UTF8.self) != nil
}

/// Text for people from whatever bytes came: cut, repaired, and without NUL.
func readableText(_ bytes: Span<UInt8>, limit: Int = 1024) -> String {
    var copy: [UInt8] = []
    for index in 0..<min(bytes.count, limit) where bytes[index] != 0 { copy.append(bytes[index]) }
    return String(decoding: copy, as: UTF8.self)
}
