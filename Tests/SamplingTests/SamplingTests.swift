import Cleaning
import Configuration
import Domain
import Glibc
import Ingestion
import Sampling
import Testing

@Suite struct SamplingTests {
    private let columns = ColumnSettings(
        customer: "user_id",
        time: "days",
        amount: "transaction_value",
        order: "order_id"
    )

    @Test("the same seed gives the same bytes, another seed others")
    func sameBytes() throws {
        let directory = SampleDirectory()
        var contents: [[[UInt8]]] = []
        for (place, seed) in [("a", UInt64(7)), ("b", 7), ("c", 8)] {
            _ = try writeSample(customers: 300, seed: seed, directory: directory.path + place)
            contents.append(SampleDirectory.files.map { directory.read(place, $0) })
        }
        #expect(contents[0].allSatisfy { !$0.isEmpty })
        #expect(contents[0] == contents[1])
        #expect(contents[0] != contents[2])
        // What seed 7 gave when this was written: the bytes do not depend on the day.
        #expect(contents[0].map(checksum) == pinned, "\(contents[0].map(checksum))")
    }

    @Test("cleaning finds every duplicate and spoilt row, and nothing else")
    func cleaned() throws {
        let directory = SampleDirectory()
        let summary = try writeSample(customers: 3000, seed: 1, directory: directory.path + "a")
        let source = CSVSource(path: directory.path + "a/transactions.csv", columns: columns)
        let result = try clean(source.read(), by: CleaningRules(asOf: summary.cut))
        let account = result.account
        #expect(account.read == summary.rows)
        #expect(account.reasons[.exactDuplicate] == summary.duplicates)
        #expect(account.rejected == summary.duplicates + summary.spoilt)
        #expect(summary.duplicates > 0 && summary.spoilt >= 10)
        for reason in [RejectReason.noCustomer, .invalidTime, .amountUnreadable, .amountMissing] {
            #expect((account.reasons[reason] ?? 0) > 0, "\(reason)")
        }
        #expect(result.ledger.customerCount == 3000)
        #expect(account.accepted > result.ledger.purchaseDays)
    }

    @Test("the world has repeaters, one-timers, returns, a season and a truth that fits")
    func world() throws {
        let directory = SampleDirectory()
        let summary = try writeSample(customers: 20_000, seed: 2, directory: directory.path + "a")
        let source = CSVSource(path: directory.path + "a/transactions.csv", columns: columns)
        let rows = try source.read()
        #expect((rows.amount ?? []).count { $0 < 0 } > rows.count / 50)
        let ledger = try clean(rows, by: CleaningRules(asOf: summary.cut)).ledger
        let days = zip(ledger.offsets, ledger.offsets.dropFirst()).map { $1 - $0 }
        let oneTimers = days.count { $0 == 1 }
        #expect((4000...14_000).contains(oneTimers))
        let months = ledger.day.map { Day(number: $0).civil.month }
        #expect(months.count { $0 == 12 } * 10 > months.count { $0 == 6 } * 13)

        var truth = ColumnSettings(customer: "user_id", time: "cut_on", amount: nil, order: nil)
        truth.amount = "actual_purchases"
        let path = directory.path + "a/clv_data.csv"
        let real = try CSVSource(path: path, columns: truth).read()
        #expect(real.count == 20_000)
        #expect(Set(real.day) == [summary.cut.number])
        let purchases = (real.amount ?? []).reduce(0, +)
        #expect((6000...40_000).contains(purchases), "\(purchases)")
        let people = directory.read("a", "customers.csv").split(separator: 10)
        #expect(people.count == 20_001)
    }

    @Test("a size that cannot be, or a place that cannot be written, is refused")
    func refusals() {
        for customers in [0, -5, 10_000_001] {
            #expect {
                try writeSample(customers: customers, directory: "/nonexistent")
            } throws: {
                "\($0)" == """
                    a sample cannot have \(customers) customers
                      fix: choose from 1 to 10000000 customers
                    """
            }
        }
        #expect {
            try writeSample(customers: 1, directory: "/nonexistent/x")
        } throws: {
            ($0 as? SamplingError)?.message
                == "could not write \"/nonexistent/x\": No such file or directory"
        }
    }

    @Test("what is there stays whole when a new sample cannot be finished")
    func wholeFiles() throws {
        let directory = SampleDirectory()
        let place = directory.path + "a"
        _ = try writeSample(customers: 50, seed: 1, directory: place)
        let before = SampleDirectory.files.map { directory.read("a", $0) }
        // A directory in the way of the last file.
        unsafe mkdir(place + "/.clv_data.csv.partial", 0o755)
        #expect(throws: SamplingError.self) {
            try writeSample(customers: 60, seed: 2, directory: place)
        }
        #expect(SampleDirectory.files.map { directory.read("a", $0) } == before)
        unsafe rmdir(place + "/.clv_data.csv.partial")
        _ = try writeSample(customers: 60, seed: 2, directory: place)
        #expect(SampleDirectory.files.map { directory.read("a", $0) } != before)
        #expect(unsafe access(place + "/.transactions.csv.partial", F_OK) != 0)
    }
}

private let pinned: [UInt64] = [
    6_869_019_756_350_204_523, 11_523_722_932_528_326_858, 2_035_040_574_213_537_211,
]

/// FNV-1a.
private func checksum(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
}

/// Room for samples in subdirectories, removed with the value.
private final class SampleDirectory {
    static let files = ["transactions.csv", "customers.csv", "clv_data.csv"]
    let path: String

    init() {
        var template = Array("/tmp/clvd-sample-XXXXXX".utf8CString)
        _ = unsafe mkdtemp(&template)
        path =
            String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/"
    }

    deinit {
        for place in ["a", "b", "c"] {
            for file in Self.files { unsafe unlink("\(path)\(place)/\(file)") }
            unsafe rmdir(path + place)
        }
        unsafe rmdir(path)
    }

    func read(_ place: String, _ file: String) -> [UInt8] {
        let descriptor = unsafe open("\(path)\(place)/\(file)", O_RDONLY)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(descriptor, &block, block.count)
            if count <= 0 { return bytes }
            bytes += block[..<count]
        }
    }
}
