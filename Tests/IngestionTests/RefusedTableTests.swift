import Configuration
import Domain
import Postgres
import TestSupport
import Testing

@testable import Ingestion

@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(2))
)
struct RefusedTableTests {
    private let database: TestDatabase
    private let role: String

    /// One name in three schemas; the path finds the second, and the first must not be read either.
    init() throws {
        database = try TestDatabase()
        role = try database.role("poor")
        try database.connect().executeScript(
            """
            CREATE SCHEMA "First One"; CREATE SCHEMA "My ""Shop"; CREATE SCHEMA third;
            CREATE TABLE "First One"."Sold ""It" (user_id text, days date, amount numeric);
            CREATE TABLE "My ""Shop"."Sold ""It" (user_id text, days date, amount numeric);
            CREATE VIEW third."Sold ""It" AS SELECT 'a' AS user_id, current_date AS days, 1 AS amount;
            GRANT USAGE ON SCHEMA "First One", "My ""Shop", third TO \(role);
            ALTER ROLE \(role) SET search_path = "My ""Shop", "First One"
            """
        )
    }

    private static let cases = [
        (#"select * from "Sold ""It""#, #""My ""Shop"."Sold ""It""#),
        (#"select * from "First One"."Sold ""It" -- all"#, #""First One"."Sold ""It""#),
        (#"with s as (table third."Sold ""It") select * from s;"#, #""third"."Sold ""It""#),
        (
            #"select a.* from "Sold ""It" as a join "First One"."Sold ""It" using (user_id)"#,
            #""First One"."Sold ""It", "My ""Shop"."Sold ""It""#
        ),
    ]

    @Test(
        "a table that must not be read is named with its schema, and the fix helps",
        arguments: cases
    )
    func fixes(query: String, places: String) throws {
        let source = PostgresSource(
            query: query,
            columns: shopColumns,
            timeZone: "UTC",
            zoneDay: { $0.utcDay }
        )
        let connection = try database.connect(user: role)
        let error = #expect(throws: IngestionError.self) { try source.read(from: connection) }
        #expect(error?.message.hasPrefix("cannot run the query: permission denied for ") == true)
        #expect(error?.fix == "run: GRANT SELECT ON \(places) TO \"\(role)\"")
        let proof = #expect(throws: PostgresError.self) {
            try SourceRights.prove(query, on: connection)
        }
        #expect(proof?.fix == error?.fix && proof?.code == "permission_denied")
        try database.connect().execute(String(error?.fix?.dropFirst("run: ".count) ?? ""))
        try SourceRights.prove(query, on: connection)
        _ = try source.read(from: connection)
    }

    @Test("a schema that must not be used is named as before")
    func closedSchema() throws {
        try database.connect().execute(#"REVOKE USAGE ON SCHEMA third FROM \#(role)"#)
        let error = #expect(throws: PostgresError.self) {
            try SourceRights.prove(
                #"select * from third."Sold ""It""#,
                on: database.connect(user: role)
            )
        }
        #expect(error?.fix == #"run: GRANT USAGE ON SCHEMA "third" TO "\#(role)""#)
    }
}
