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

    init(slotBits: Int = 16) {
        slots = Array(repeating: 0, count: 1 << slotBits)
        mask = slots.count - 1
    }

    var count: Int { offsets.count - 1 }

    /// How many rows `known` looks up at a time.
    static let batch = 64
    /// Stands for an identifier that `known` did not find.
    static let unknown = UInt32.max

    /// The numbers of up to `batch` rows' customers, as far as they have one.
    ///
    /// One lookup goes from the slots to the offsets to the bytes and waits for the memory thrice.
    /// Here all rows wait for the slots at once, then for the offsets, then for the bytes.
    func known(
        _ rows: Span<DecodedRow>,
        _ hashes: Span<UInt64>,
        in bytes: Span<UInt8>
    ) -> InlineArray<64, UInt32> {
        var found = InlineArray<64, UInt64>(repeating: 0)
        let count = min(rows.count, found.count)
        for index in 0..<count {
            found[index] = slots[Int(truncatingIfNeeded: hashes[index]) & mask]
        }
        for index in 0..<count { found[index] = slot(of: hashes[index], from: found[index]) }
        var texts = InlineArray<64, Range<UInt32>>(repeating: 0..<0)
        for index in 0..<count where found[index] != 0 {
            let number = Int(UInt32(truncatingIfNeeded: found[index]))
            texts[index] = offsets[number - 1]..<offsets[number]
        }
        var numbers = InlineArray<64, UInt32>(repeating: Self.unknown)
        for index in 0..<count where found[index] != 0 {
            let customer = rows[index].customer
            let text = Int(texts[index].lowerBound)..<Int(texts[index].upperBound)
            guard text.count == customer.count, !rows[index].isEscaped,
                isSame(self.bytes.span.extracting(text), bytes.extracting(customer))
            else { continue }
            numbers[index] = UInt32(truncatingIfNeeded: found[index]) - 1
        }
        return numbers
    }

    /// The slot whose hash is this one, behind others that stand in its place; 0 when there is none.
    @inline(__always)
    private func slot(of fullHash: UInt64, from first: UInt64) -> UInt64 {
        let hash = UInt32(truncatingIfNeeded: fullHash)
        var slot = first
        var position = Int(hash) & mask
        while slot != 0, UInt32(slot >> 32) != hash {
            position = (position + 1) & mask
            slot = slots[position]
        }
        return slot
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

    @inline(__always)
    private func isEqual(_ number: UInt32, _ identifier: Span<UInt8>) -> Bool {
        let start = Int(offsets[Int(number)])
        let end = Int(offsets[Int(number) + 1])
        guard end - start == identifier.count else { return false }
        return isSame(bytes.span.extracting(start..<end), identifier)
    }

    private mutating func append(
        _ identifier: Span<UInt8>,
        hash: UInt32,
        at position: Int
    ) -> UInt32 {
        precondition(bytes.count + identifier.count <= UInt32.max, "customer ids of over 4 GiB")
        unsafe identifier.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
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
