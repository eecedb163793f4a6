package import Domain
import FileSystem
import Numerics

/// A sample shop in three files: what a shop would export, and what it cannot know.
///
/// `transactions.csv` ends with the day `cut` and holds returns, exact duplicates and a few spoilt
/// rows; `clv_data.csv` holds each customer's real purchase days and net spend in the year after.
/// Nothing depends on the machine or the time: same seed, same bytes.
package struct SampleShop: Sendable {
    package static let customersMax = 5_000_000
    package static let usualCut = Day(number: 20_453)

    private let customers: Int
    private let firstDay: Day
    private let world: SampleWorld
    private let seed: UInt64

    /// `cut` is the last day of the history, two years after its first.
    package init(
        customers: Int,
        seed: UInt64,
        cut: Day = usualCut
    ) throws(SamplingError) {
        guard (1...SampleShop.customersMax).contains(customers) else {
            throw .badCount(customers)
        }
        self.customers = customers
        self.seed = seed
        firstDay = cut - (SampleWorld.historyDays - 1)
        world = SampleWorld(seed: seed, firstDay: firstDay)
    }

    /// Writes the files into a folder, which is made; each file appears whole, and none when
    /// `check` throws, which is called between customers.
    package func write(to folder: String, check: () throws -> Void = {}) throws {
        try FileSystem.makeFolders(folder, mode: 0o755)
        var buyers = try LineFile("\(folder)/customers.csv", header: Customer.header)
        var truth = try LineFile("\(folder)/clv_data.csv", header: "user_id,purchases,spend")
        var history: [SampleWorld.Row] = []
        for customer in 0..<customers {
            if customer % 1024 == 0 { try check() }
            let rows = world.rows(of: customer)
            history.append(contentsOf: rows.filter { $0.day < SampleWorld.historyDays })
            let first = firstDay + (rows.first?.day ?? 0)
            try buyers.add(Customer(customer, seed: seed, firstPurchaseOn: first).line)
            try truth.add(truthLine(customer, rows))
        }
        history.sort {
            ($0.day, $0.customer, $0.order, -$0.amount) < (
                $1.day, $1.customer, $1.order, -$1.amount
            )
        }
        var transactions = try LineFile(
            "\(folder)/transactions.csv",
            header: "user_id,order_id,days,transaction_value"
        )
        var spoiler = Spoiler(seed: seed)
        for (index, row) in history.enumerated() {
            if index % 4096 == 0 { try check() }
            for line in spoiler.lines(of: row, on: firstDay + row.day) {
                try transactions.add(line)
            }
        }
        try transactions.finish()
        try buyers.finish()
        try truth.finish()
    }

    private func truthLine(_ customer: Int, _ rows: [SampleWorld.Row]) -> String {
        let end = SampleWorld.historyDays + SampleWorld.futureDays
        let future = rows.filter { (SampleWorld.historyDays..<end).contains($0.day) }
        let days = Set(future.filter { $0.amount > 0 }.map(\.day)).count
        let spend = future.reduce(0) { $0 + $1.amount }
        return "\(userID(customer)),\(days),\(money(cents: spend))"
    }
}

/// What is wrong with the request for a sample.
package enum SamplingError: Problem {
    case badCount(Int)

    package var code: String { "bad_customer_count" }
    package var message: String {
        switch self {
        case .badCount(let count): "cannot make a sample of \(count) customers"
        }
    }
    package var cause: String? { nil }
    package var fix: String? { "ask for 1 to \(SampleShop.customersMax)" }
    package var failureClass: FailureClass { .configuration }
}

/// Makes some rows come twice and spoils a few, as exports do.
private struct Spoiler {
    private static let duplicateChance = 0.004
    private static let spoiltChance = 0.003
    private var random: RandomSource

    init(seed: UInt64) { random = RandomSource(seed: seed ^ 0x5EED_0F5A_0117) }

    mutating func lines(of row: SampleWorld.Row, on day: Day) -> [String] {
        let user = userID(row.customer)
        let order = "\(user)-\(row.order + 1)"
        let amount = money(cents: row.amount)
        let line = "\(user),\(order),\(day),\(amount)"
        let luck = random.uniform()
        if luck < Spoiler.duplicateChance { return [line, line] }
        guard luck < Spoiler.duplicateChance + Spoiler.spoiltChance else { return [line] }
        let spoilt =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: ",\(order),\(day),\(amount)"
            case 1: "\(user),\(order),\(day.civil.year)-13-45,\(amount)"
            case 2: "\(user),\(order),\(day),n/a"
            default: "\(user),\(order),,\(amount)"
            }
        return [line, spoilt]
    }
}

/// What a shop knows of a customer besides purchases.
private struct Customer {
    static let header = "user_id,first_purchase_on,channel,country,birth_year"
    private static let channels = ["search", "shop", "newsletter", "social", "friend"]
    private static let countries = ["DE", "AT", "CH", "NL", "FR"]

    let line: String

    init(_ number: Int, seed: UInt64, firstPurchaseOn day: Day) {
        var random = RandomSource(seed: ~seed &+ UInt64(number) &* 0xA24B_AED4_963E_E407)
        let channel = Customer.channels[Int.random(in: 0..<5, using: &random)]
        let country = Customer.countries[Int.random(in: 0..<5, using: &random)]
        let year = Int.random(in: 1945...2007, using: &random)
        line = "\(userID(number)),\(day),\(channel),\(country),\(year)"
    }
}

/// Lines on their way to a file, written in blocks.
private struct LineFile: ~Copyable {
    private var file: NewFile
    private var block: [UInt8]

    init(_ path: String, header: String) throws {
        file = try NewFile(path, mode: 0o644)
        block = Array("\(header)\n".utf8)
    }

    mutating func add(_ line: String) throws {
        block.append(contentsOf: line.utf8)
        block.append(10)
        guard block.count > 256 << 10 else { return }
        try file.write(block)
        block.removeAll(keepingCapacity: true)
    }

    mutating func finish() throws {
        try file.write(block)
        try file.commit()
    }
}

private func userID(_ customer: Int) -> String { "user_" + padded(customer + 1, 7) }

private func money(cents: Int) -> String {
    "\(cents < 0 ? "-" : "")\(abs(cents) / 100).\(padded(abs(cents) % 100, 2))"
}
