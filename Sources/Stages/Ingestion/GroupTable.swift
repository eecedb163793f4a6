import Domain

/// Numbers the groups of a column by first appearance, row by row.
struct GroupTable {
    private let name: String
    private var groups: [String] = []
    private var hashes: [UInt64] = []
    /// A group's number by its hash; 0 is free.
    ///
    /// Far more than there are groups.
    private var slots = [UInt8](repeating: 0, count: 1024)
    private var codes: [UInt8] = []

    init(name: String) { self.name = name }

    /// Adds a row that is in no group.
    mutating func skip() { codes.append(0) }

    mutating func take(_ cell: Span<UInt8>) {
        let text = cell.extracting(withoutBlanks(cell))
        codes.append(text.isEmpty ? 0 : code(of: text))
    }

    private mutating func code(of text: Span<UInt8>) -> UInt8 {
        let hash = hash(text)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            if hashes[Int(slots[slot]) - 1] == hash { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard groups.count < GroupColumn.groupsMax else { return 0 }
        groups.append(readableText(text, limit: 64))
        hashes.append(hash)
        slots[slot] = UInt8(groups.count)
        return slots[slot]
    }

    /// Gives the rows' groups so far and forgets them, not the groups' names.
    mutating func takeColumn() -> GroupColumn {
        defer { codes = [] }
        return GroupColumn(name: name, groups: groups, codes: codes)
    }
}
