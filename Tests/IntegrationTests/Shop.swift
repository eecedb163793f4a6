import FileSystem
import Postgres
import TestSupport
import Testing

let hasPostgres = ConditionTrait.enabled(
    if: PrivateCluster.isInstalled,
    "\(PrivateCluster.absence)"
)

/// A sample shop, made once by `clvctl sample`, and a cluster with a database of it.
struct Shop {
    static let lastDay = "2025-06-30"
    static let small = Result { try Shop(customers: 3000) }

    /// For tests that do not harm their server.
    static let cluster = Result { try PrivateCluster() }
    static let template = Result {
        let cluster = try Shop.cluster.get()
        let database = try TestDatabase(in: cluster)
        try Shop.small.get().load(into: database)
        return database.name
    }

    private let transactions: [UInt8]

    init(customers: Int) throws {
        let folder = try TemporaryFolder()
        let made = try Programs.run(
            "clvctl",
            [
                "sample", "--customers", "\(customers)", "--seed", "7", "--until", Shop.lastDay,
                "-o", folder.path + "/shop",
            ]
        )
        guard made.code == 0 else { throw Surprise("clvctl sample: \(made.text)") }
        transactions = try FileSystem.read(folder.path + "/shop/transactions.csv", limit: 64 << 20)
    }

    func load(into database: TestDatabase) throws {
        let connection = try database.connect()
        try connection.execute(
            "CREATE TABLE purchases (user_id text, order_id text, days text, transaction_value text)"
        )
        let writer = try connection.copyIn("COPY purchases FROM STDIN (FORMAT csv, HEADER)")
        try writer.write(transactions.span)
        _ = try writer.finish()
    }

    /// A copy of the small shop in the common cluster.
    static func copy() throws -> TestDatabase {
        try TestDatabase(in: cluster.get(), copying: template.get())
    }
}
