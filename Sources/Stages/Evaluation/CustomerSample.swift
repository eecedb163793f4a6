package import Domain
package import Parallel

extension Evaluation {
    /// Models are fitted to so few customers again and again within a tenth of a second.
    package static let customersMost = 16_384

    /// All customers of a ledger, or about `customersMost` of them, chosen by a hash of their names.
    ///
    /// So the same customers are looked at as long as their number does not change much.
    package static func sample(_ ledger: Ledger, _ team: ThreadTeam) -> Ledger {
        let count = ledger.customerCount
        guard count > customersMost else { return ledger }
        let limit = UInt64(Double(customersMost) / Double(count) * 0x1p64)
        let names = ledger.customers
        let parts = ThreadTeam.chunks(of: count, by: 16_384)
        let chosen = team.map(parts.count) { part in
            parts[part].filter { hash(names.bytes.span, names.range($0)) < limit }
        }
        return ledger.only(chosen.flatMap(\.self)) { _ in true }
    }
}

/// FNV-1a with the last step of SplitMix64, which spreads it over all bits.
private func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range { state = (state ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    return state ^ (state >> 31)
}

extension Ledger {
    /// Some customers, without their names, and of their purchase days those that are wanted.
    ///
    /// The first day of each is wanted.
    func only(
        _ chosen: [Int],
        asOf: Day? = nil,
        _ isWanted: (_ day: Int32) -> Bool
    ) -> Ledger {
        var (offsets, days, amounts): ([UInt32], [Int32], [Double]) = ([0], [], [])
        offsets.reserveCapacity(chosen.count + 1)
        for customer in chosen {
            for index in Int(self.offsets[customer])..<Int(self.offsets[customer + 1])
            where isWanted(day[index]) {
                days.append(day[index])
                if let amount { amounts.append(amount[index]) }
            }
            offsets.append(UInt32(days.count))
        }
        return Ledger(
            customers: StringPool(
                bytes: [],
                offsets: Array(repeating: 0, count: chosen.count + 1)
            ),
            offsets: offsets,
            day: days,
            amount: amount == nil ? nil : amounts,
            asOf: asOf ?? self.asOf,
            firstGroups: firstGroups.map { column in
                var column = column
                column.codes = chosen.map { column.codes[$0] }
                return column
            }
        )
    }
}
