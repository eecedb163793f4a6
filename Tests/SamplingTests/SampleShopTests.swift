import Cleaning
import Configuration
import Domain
import FileSystem
import Ingestion
import Sampling
import TestSupport
import Testing

@Suite struct SampleShopTests {
    private func lines(_ folder: String, _ file: String) throws -> [[Substring]] {
        let text = String(
            decoding: try FileSystem.read("\(folder)/\(file)", limit: 1 << 30),
            as: UTF8.self
        )
        return text.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
    }

    @Test("the same seed gives the same bytes, another seed others")
    func sameBytes() throws {
        let folder = try TemporaryFolder()
        for (name, seed) in [("a", 7), ("b", 7), ("c", 8)] as [(String, UInt64)] {
            try SampleShop(customers: 300, seed: seed).write(to: "\(folder.path)/\(name)")
        }
        for file in ["transactions.csv", "customers.csv", "clv_data.csv"] {
            let a = try FileSystem.read("\(folder.path)/a/\(file)")
            #expect(try a == FileSystem.read("\(folder.path)/b/\(file)"))
            #expect(try a != FileSystem.read("\(folder.path)/c/\(file)"))
        }
    }

    @Test("the shop has repeaters, one-timers, returns, duplicates and spoilt rows")
    func contents() throws {
        let folder = try TemporaryFolder()
        try SampleShop(customers: 5000, seed: 1).write(to: folder.path)
        let rows = try lines(folder.path, "transactions.csv").dropFirst()
        let sound = rows.filter { !$0[0].isEmpty && Day($0[2]) != nil && Double($0[3]) != nil }
        #expect(sound.count < rows.count)
        #expect(Set(rows.map { $0.joined(separator: ",") }).count < rows.count)
        let days = Dictionary(grouping: sound.filter { !$0[3].hasPrefix("-") }, by: { $0[0] })
            .mapValues { Set($0.map { $0[2] }).count }
        #expect(days.count == 5000)
        let oneTimers = days.values.count { $0 == 1 }
        #expect((500..<4500).contains(oneTimers))
        let returns = sound.filter { $0[3].hasPrefix("-") }
        let orders = Set(sound.filter { !$0[3].hasPrefix("-") }.map { $0[1] })
        #expect(!returns.isEmpty && returns.allSatisfy { orders.contains($0[1]) })
        #expect(sound.compactMap { Day($0[2]) }.max() == SampleShop.usualCut)
        #expect(SampleShop.usualCut.description == "2025-12-31")
    }

    @Test("the months before the peak are the busiest")
    func season() throws {
        let folder = try TemporaryFolder()
        try SampleShop(customers: 20_000, seed: 3).write(to: folder.path)
        let rows = try lines(folder.path, "transactions.csv").dropFirst()
        let months = rows.compactMap { Day($0[2]) }.filter { $0.civil.year == 2025 }.map(
            \.civil.month
        )
        let winter = months.count { $0 >= 11 }
        let summer = months.count { $0 == 5 || $0 == 6 }
        #expect(Double(winter) > 1.15 * Double(summer), "\(winter) against \(summer)")
    }

    @Test("customers come for the first time up to the last day")
    func newcomers() throws {
        let folder = try TemporaryFolder()
        try SampleShop(customers: 3000, seed: 2).write(to: folder.path)
        let rows = try lines(folder.path, "transactions.csv").dropFirst()
        let first = Dictionary(grouping: rows.filter { !$0[0].isEmpty }, by: { $0[0] })
            .compactMap { $0.value.compactMap { Day($0[2]) }.min() }
        let lastMonth = first.count { SampleShop.usualCut - $0 < 30 }
        #expect((80..<170).contains(lastMonth), "\(lastMonth)")
    }

    @Test("the truth adds up to the future of the same world, and the cut moves the days alone")
    func truth() throws {
        let folder = try TemporaryFolder()
        try SampleShop(customers: 2000, seed: 5).write(to: folder.path)
        let truth = try lines(folder.path, "clv_data.csv").dropFirst()
        #expect(truth.count == 2000)
        let purchases = truth.compactMap { Int($0[1]) }.reduce(0, +)
        #expect(purchases > 500)
        let spend = truth.compactMap { Double($0[2]) }.reduce(0, +)
        #expect(spend / Double(purchases) > 50 && spend / Double(purchases) < 200)
    }

    @Test("cleaning finds every duplicate and spoilt row, and nothing else")
    func cleaned() throws {
        let folder = try TemporaryFolder()
        try SampleShop(customers: 3000, seed: 1).write(to: folder.path)
        let columns = ColumnSettings(
            customer: "user_id",
            time: "days",
            amount: "transaction_value",
            order: "order_id"
        )
        let source = CSVSource(path: "\(folder.path)/transactions.csv", columns: columns)
        let result = try clean(source.read(), by: CleaningRules(asOf: SampleShop.usualCut))
        let rows = try lines(folder.path, "transactions.csv").dropFirst()
        let sound = rows.filter { !$0[0].isEmpty && Day($0[2]) != nil && Double($0[3]) != nil }
        let distinct = Set(sound.map { $0.joined(separator: ",") })
        #expect(result.account.read == rows.count)
        #expect(result.account.reasons[.exactDuplicate] == sound.count - distinct.count)
        #expect(result.account.accepted == distinct.count)
        for reason in [RejectReason.noCustomer, .noTime, .invalidTime, .amountUnreadable] {
            #expect((result.account.reasons[reason] ?? 0) > 0, "\(reason)")
        }
        #expect(result.ledger.customerCount == 3000)
        let net = distinct.reduce(0) { $0 + (Double($1.split(separator: ",")[3]) ?? 0) }
        let total = (result.ledger.amount ?? []).reduce(0, +)
        #expect(abs(total - net) < 0.01)
    }

    @Test("a count that cannot be is refused", arguments: [0, -1, 5_000_001])
    func refused(count: Int) {
        let error = #expect(throws: SamplingError.self) {
            try SampleShop(customers: count, seed: 1)
        }
        #expect(error?.message == "cannot make a sample of \(count) customers")
        #expect(error?.fix == "ask for 1 to 5000000")
    }

    @Test("a sample that is stopped leaves no file")
    func stopped() throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        var calls = 0
        #expect(throws: Stop.self) {
            try SampleShop(customers: 3000, seed: 1).write(to: folder.path) {
                calls += 1
                if calls == 4 { throw Stop() }
            }
        }
        #expect(try FileSystem.names(in: folder.path) == [])
    }
}
