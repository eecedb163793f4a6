import Cleaning
import Configuration
import Domain
import Ingestion
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.isHere, Comment(rawValue: SharedData.absence)))
struct RealDataTests {
    private func read(_ file: String, _ columns: ColumnSettings) throws -> PurchaseRows {
        try CSVSource(path: "\(SharedData.folder ?? "")/\(file)", columns: columns).read()
    }

    @Test("the CDNOW sample has its published numbers of customers and repeat purchases")
    func cdnow() throws {
        let columns = ColumnSettings(
            customer: "customer_id",
            time: "date",
            amount: "amount",
            order: nil
        )
        let rows = try read("cdnow_sample.csv.gz", columns)
        #expect(rows.count == 6919)
        let all = try clean(rows, by: CleaningRules())
        #expect(all.ledger.customerCount == 2357)
        #expect(all.ledger.purchaseDays == 6696)
        #expect(all.ledger.asOf == Day("1998-06-30"))
        #expect(all.account.rejected == 0)

        let calibration = try clean(rows, by: CleaningRules(asOf: Day("1997-09-30")))
        #expect(calibration.ledger.customerCount == 2357)
        #expect(calibration.ledger.purchaseDays - calibration.ledger.customerCount == 2457)
        #expect(
            calibration.account.accepted + calibration.account.afterAsOf == calibration.account.read
        )
    }

    @Test("the lines of an online shop with cancellations add up to the last cent")
    func onlineRetail() throws {
        let columns = ColumnSettings(
            customer: "customer_id",
            time: "date",
            amount: "amount",
            order: "order_ref"
        )
        let rows = try read("online_retail_ii_invoices.csv.gz", columns)
        let amount = try #require(rows.amount)
        let result = try clean(rows, by: CleaningRules())
        let account = result.account
        #expect(account.read == 44_876)
        #expect(account.accepted + account.rejected + account.afterAsOf == account.read)
        #expect((account.reasons[.returnWithoutPurchase] ?? 0) > 0)
        let rejected = Set(account.kept.map { $0.rowNumber - 1 })
        let expected = amount.indices.filter { !rejected.contains($0) }.map { amount[$0] }
        let total = (result.ledger.amount ?? []).reduce(0, +)
        #expect(abs(total - expected.reduce(0, +)) < 0.01)
        for customer in 0..<result.ledger.customerCount {
            let offsets = result.ledger.offsets
            let days = result.ledger.day[Int(offsets[customer])..<Int(offsets[customer + 1])]
            #expect(!days.isEmpty && zip(days, days.dropFirst()).allSatisfy { $0 < $1 })
        }
    }
}
