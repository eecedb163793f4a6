import Domain

/// Turns past purchase days into rows of `actual_purchases_all`.
struct ActualEncoder {
    private(set) var rows = BinaryRows(capacity: 1 << 18)
    private let tenant: [UInt8]
    private let publication: Int64

    init(tenant: String, publication: Int) {
        self.tenant = Array(tenant.utf8)
        self.publication = Int64(publication)
        rows.put(BinaryRows.header, 0..<BinaryRows.header.count)
    }

    mutating func removeRows() { rows.removeAll() }

    mutating func putTrailer() {
        rows.reserve(BinaryRows.trailer.count)
        rows.put(BinaryRows.trailer, 0..<BinaryRows.trailer.count)
    }

    /// Adds a customer's purchase days; a total that no column holds is refused.
    mutating func append(_ customer: Int, of purchases: Ledger) throws {
        let id = purchases.customers.range(customer)
        let days = Int(purchases.offsets[customer])..<Int(purchases.offsets[customer + 1])
        for place in days {
            rows.reserve(id.count + tenant.count + 128)
            rows.put(Int16(5))
            rows.putField(tenant)
            rows.putField(publication)
            rows.putField(purchases.customers.bytes, id)
            // The server counts from 2000-01-01.
            rows.putField(purchases.day[place] - 10_957)
            guard let amount = purchases.amount?[place] else {
                rows.putNull()
                continue
            }
            let scaled = (amount * 10_000).rounded()
            guard scaled.magnitude < 1e18 else { throw tooLarge(amount) }
            rows.putMoney(Int64(scaled))
        }
    }

    private func tooLarge(_ amount: Double) -> PublishingError {
        PublishingError(
            "amount_too_large",
            "a purchase day of \(amount) cannot be published",
            fix: "look for wrong amounts in the source, or leave out include_actual",
            .refused
        )
    }
}
