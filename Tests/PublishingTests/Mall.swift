import Domain
import Postgres
import Publishing
import TestSupport
import Testing

/// Two tenants in one database, each with a role that has what `db grants` gives and nothing else.
struct Mall {
    static let tenants = ["acme", "the \"o'bakery\" \\n"]
    let database: TestDatabase
    let owner: String
    let roles: [String]

    /// `handsOut` runs the scripts; the owner where it is nil.
    init(byOwner: Bool = true) throws {
        database = try TestDatabase()
        owner = try database.role("owner", options: byOwner ? "CREATEROLE" : "")
        roles = [database.name + "_a", database.name + "_\"b\""]
        let admin = try database.connect()
        try admin.execute("GRANT CREATE ON DATABASE \(database.name) TO \(owner)")
        _ = try Migrations.migrate("clv", on: database.connect(user: owner))
        for index in 0..<2 {
            try database.psql(
                script(index),
                user: byOwner ? owner : PrivateCluster.superuser
            )
        }
        // The owner cannot: languages are a superuser's.
        if byOwner { for index in 0..<2 { try database.psql(script(index)) } }
    }

    /// One purchase each of the first two customers.
    static let past = Ledger(
        customers: numberedCustomers(2),
        offsets: [0, 1, 2],
        day: [19_990, 20_000],
        amount: nil,
        asOf: Shop.day
    )

    func script(_ index: Int) throws -> String {
        try GrantScript(
            for: roles[index],
            in: destination(index),
            on: database.connect(user: owner)
        ).forTenant(source: "")
    }

    func destination(_ index: Int, job: String = "monthly") throws -> Destination {
        try Destination(schema: "clv", tenant: Mall.tenants[index], job: job) {
            [database, role = roles[index]] in try database.connect(user: role)
        }
    }

    /// For a test in which nobody may wait for a lock.
    func impatient(_ index: Int) throws -> Destination {
        var limits = WaitLimits()
        limits.lockSeconds = 1
        return try Destination(schema: "clv", tenant: Mall.tenants[index], job: "monthly") {
            [database, role = roles[index], limits] in
            try database.connect(user: role, limits: limits)
        }
    }

    func connect(_ index: Int) throws -> Connection { try database.connect(user: roles[index]) }

    func shop(_ index: Int) throws -> Shop {
        try Shop(database, destination(index))
    }

    func findings(_ index: Int) throws -> [String] {
        try AccessCheck.all(of: destination(index), on: connect(index)).flatMap { check in
            check.findings.map { "\(check.claim): \($0.what)" }
        }
    }

    /// Does what db check says.
    func mend() throws {
        let checks = try AccessCheck.ofCatalogue(destination(0), on: connect(0))
        for fix in Set(checks.flatMap(\.findings).compactMap(\.fix)).sorted() {
            let command = String(fix.drop { $0 != ":" }.dropFirst(2))
            if command.hasPrefix("clvctl db grants") {
                try database.psql(script(0))
            } else if !command.isEmpty {
                _ = try database.connect().executeScript(command)
            }
        }
    }
}
