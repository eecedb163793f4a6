import Domain

/// Turns past purchase days into rows of `actual_purchases_all`.
struct ActualEncoder {
    private let tenant: [UInt8]
    private let publication: Int64

    init(tenant: String, publication: Int) {
        self.tenant = Array(tenant.utf8)
        self.publication = Int64(publication)
    }

    /// The purchase days of some customers in a row; a total that no column holds is refused.
    func encode(_ customers: Range<Int>, of purchases: Ledger) throws -> BinaryRows {
        var rows = BinaryRows(capacity: 1 << 18)
        for customer in customers { try append(customer, of: purchases, to: &rows) }
        return rows
    }

    private func append(
        _ customer: Int,
        of purchases: Ledger,
        to rows: inout BinaryRows
    ) throws {
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
