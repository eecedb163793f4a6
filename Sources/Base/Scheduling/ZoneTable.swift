/// A zone's transitions as a TZif file of version 2 or later holds them (RFC 8536).
struct ZoneTable: Hashable, Sendable {
    /// UTC seconds, ascending.
    var transitions: [Int64]
    /// Seconds east of UTC: one more than transitions, the first holds before all of them.
    var offsets: [Int32]
    /// What holds after the last transition; nil: the last offset for ever.
    var rule: PosixZoneRule?

    /// Why a file cannot be used.
    struct Unusable: Error { let why: String }

    private struct Header {
        var version: UInt8
        var isUTCCount, isStandardCount, leapCount, timeCount, typeCount, characterCount: Int

        func length(timeBytes: Int) -> Int {
            timeCount * (timeBytes + 1) + typeCount * 6 + characterCount
                + leapCount * (timeBytes + 4) + isStandardCount + isUTCCount
        }
    }
}

extension ZoneTable {
    init(tzif bytes: [UInt8]) throws(Unusable) {
        var reader = ByteReader(bytes: bytes)
        let old = try ZoneTable.header(&reader)
        guard old.version >= 0x32 else { throw Unusable(why: "TZif version 1 has no rule") }
        // The first block has times of 32 bits, for programs of the last century.
        try reader.skip(old.length(timeBytes: 4))
        let header = try ZoneTable.header(&reader)
        guard header.leapCount == 0 else {
            throw Unusable(why: "it counts leap seconds, which UTC here does not")
        }
        guard header.typeCount > 0, header.length(timeBytes: 8) <= bytes.count else {
            throw Unusable(why: "it ends too early")
        }
        transitions = []
        for _ in 0..<header.timeCount { transitions.append(Int64(try reader.number(bytes: 8))) }
        let kinds = try reader.take(header.timeCount)
        var types: [Int32] = []
        for _ in 0..<header.typeCount {
            types.append(Int32(truncatingIfNeeded: try reader.number(bytes: 4)))
            try reader.skip(2)
        }
        offsets = [types[0]]
        for kind in kinds {
            guard Int(kind) < types.count else { throw Unusable(why: "a kind of time is missing") }
            offsets.append(types[Int(kind)])
        }
        try reader.skip(header.characterCount + header.isStandardCount + header.isUTCCount)
        rule = try ZoneTable.footer(&reader)
        try check()
    }

    /// Times ascend and no offset reaches a day and a bit, which the search for local times needs.
    private func check() throws(Unusable) {
        guard zip(transitions, transitions.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw Unusable(why: "its transitions are not in order")
        }
        guard offsets.allSatisfy({ abs(Int($0)) <= PosixZoneRule.longestOffset }) else {
            throw Unusable(why: "an offset is longer than a day")
        }
    }

    private static func header(_ reader: inout ByteReader) throws(Unusable) -> Header {
        guard try reader.take(4).elementsEqual("TZif".utf8) else {
            throw Unusable(why: "it is not a TZif file")
        }
        let version = try reader.take(1).first ?? 0
        try reader.skip(15)
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(try reader.number(bytes: 4) & 0xFFFF_FFFF) }
        return Header(
            version: version,
            isUTCCount: counts[0],
            isStandardCount: counts[1],
            leapCount: counts[2],
            timeCount: counts[3],
            typeCount: counts[4],
            characterCount: counts[5]
        )
    }

    private static func footer(_ reader: inout ByteReader) throws(Unusable) -> PosixZoneRule? {
        let rest = reader.rest
        guard rest.first == 10, let end = rest.dropFirst().firstIndex(of: 10) else {
            throw Unusable(why: "its rule is missing")
        }
        let text = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
        if text.isEmpty { return nil }
        guard let rule = PosixZoneRule(text) else {
            throw Unusable(why: "its rule \"\(text)\" is not understood")
        }
        return rule
    }
}

/// Reads numbers of the network's byte order one after another.
private struct ByteReader {
    let bytes: [UInt8]
    var position = 0

    var rest: ArraySlice<UInt8> { bytes[position...] }

    mutating func take(_ count: Int) throws(ZoneTable.Unusable) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else {
            throw ZoneTable.Unusable(why: "it ends too early")
        }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    mutating func skip(_ count: Int) throws(ZoneTable.Unusable) { _ = try take(count) }

    mutating func number(bytes count: Int) throws(ZoneTable.Unusable) -> Int {
        var value: UInt64 = 0
        for byte in try take(count) { value = value << 8 | UInt64(byte) }
        if count == 4 { return Int(Int32(truncatingIfNeeded: value)) }
        return Int(truncatingIfNeeded: value)
    }
}
