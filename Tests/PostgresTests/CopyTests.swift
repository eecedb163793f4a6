import Domain
import Glibc
import Postgres
import Synchronization
import TestSupport
import Testing

private let hasPostgres = ConditionTrait.enabled(
    if: PrivateCluster.isInstalled,
    Comment(rawValue: PrivateCluster.absence)
)

private final class Flag: Sendable {
    let isUp = Atomic(false)
}

@Suite(hasPostgres, .timeLimit(.minutes(2))) struct CopyTests {
    @Test("what is copied out can be copied in again, in blocks of any size")
    func roundTrip() throws {
        let connection = try TestDatabase().connect()
        try connection.executeScript(
            """
            CREATE TABLE a AS SELECT n, repeat('x', n % 100) AS t FROM generate_series(1, 50000) n;
            CREATE TABLE b (LIKE a)
            """
        )
        var blocks: [[UInt8]] = []
        try connection.transaction(.readOnlySnapshot) {
            try connection.copyOut("COPY a TO STDOUT (FORMAT binary)", blockSize: 10_000) {
                blocks.append($0)
            }
        }
        #expect(blocks.count > 100)
        let rows = try connection.transaction {
            let writer = try connection.copyIn("COPY b FROM STDIN (FORMAT binary)")
            for block in blocks { try writer.write(block.span) }
            return try writer.finish()
        }
        #expect(rows == 50_000)
        let difference = "SELECT count(*) FROM (TABLE a EXCEPT TABLE b) d"
        #expect(try connection.execute(difference)[0, 0] == "0")
    }

    @Test("a query that fails in the middle of a copy is an error, and the connection goes on")
    func failsMidway() throws {
        let connection = try TestDatabase().connect()
        var bytes = 0
        let error = #expect(throws: PostgresError.self) {
            try connection.transaction(.readOnlySnapshot) {
                try connection.copyOut(
                    "COPY (SELECT 1 / (90000 - n) FROM generate_series(1, 99999) n) TO STDOUT"
                ) { bytes += $0.count }
            }
        }
        #expect(error?.sqlState == "22012" && error?.failureClass == .refused)
        #expect(try connection.execute("SELECT 1")[0, 0] == "1")
    }

    @Test("a consumer that throws ends the copy, and the connection goes on")
    func consumerThrows() throws {
        struct Full: Error {}
        let connection = try TestDatabase().connect()
        #expect(throws: Full.self) {
            try connection.transaction(.readOnlySnapshot) {
                try connection.copyOut(
                    "COPY (SELECT generate_series(1, 100000000)) TO STDOUT"
                ) { _ in throw Full() }
            }
        }
        #expect(try connection.execute("SELECT 1")[0, 0] == "1")
    }

    @Test("rubbish sent into a copy is refused, and the connection goes on")
    func rubbish() throws {
        let connection = try TestDatabase().connect()
        try connection.execute("CREATE TABLE t (n int)")
        let error = #expect(throws: PostgresError.self) {
            try connection.transaction {
                let writer = try connection.copyIn("COPY t FROM STDIN (FORMAT binary)")
                let rubbish = [UInt8](repeating: 77, count: 5_000_000)
                try writer.write(rubbish.span)
                _ = try writer.finish()
            }
        }
        #expect(error?.sqlState == "22P04")
        #expect(try connection.execute("SELECT count(*) FROM t")[0, 0] == "0")
    }

    @Test("a copy that is given up leaves nothing")
    func givenUp() throws {
        struct Stop: Error {}
        let connection = try TestDatabase().connect()
        try connection.execute("CREATE TABLE t (n text)")
        #expect(throws: Stop.self) {
            try connection.transaction {
                let lines = Array("a\nb\n".utf8)
                try connection.copyIn("COPY t FROM STDIN").write(lines.span)
                throw Stop()
            }
        }
        #expect(try connection.execute("SELECT count(*) FROM t")[0, 0] == "0")
    }

    @Test("a cancelled wait stops the statement on the server too, at once")
    func cancellation() throws {
        let database = try TestDatabase()
        let flag = Flag()
        let connection = try database.connect(isCancelled: { flag.isUp.load(ordering: .relaxed) })
        try connection.begin()
        flag.isUp.store(true, ordering: .relaxed)
        let started = ContinuousClock.now
        let error = #expect(throws: PostgresError.self) {
            try connection.execute("SELECT pg_sleep(60)")
        }
        connection.rollback()
        #expect(ContinuousClock.now - started < .seconds(5))
        #expect(error?.failureClass == .cancelled)
        flag.isUp.store(false, ordering: .relaxed)
        #expect(try connection.execute("SELECT 1")[0, 0] == "1")
    }

    @Test("what a cancelled work must still say can be said, and nothing else")
    func closing() throws {
        let flag = Flag()
        let connection = try TestDatabase().connect(isCancelled: {
            flag.isUp.load(ordering: .relaxed)
        })
        try connection.execute("CREATE TABLE t (n int)")
        flag.isUp.store(true, ordering: .relaxed)
        let insert = {
            try connection.transaction { try connection.execute("INSERT INTO t VALUES (1)") }
        }
        #expect(throws: PostgresError.self) { try insert() }
        try connection.closing { try insert() }
        #expect(throws: PostgresError.self) { try insert() }
        flag.isUp.store(false, ordering: .relaxed)
        #expect(try connection.execute("SELECT count(*) FROM t")[0, 0] == "1")
    }

    @Test("a cancellation comes before a commit, or too late for it")
    func cancelledCommit() throws {
        let database = try TestDatabase()
        let flag = Flag()
        let connection = try database.connect(isCancelled: { flag.isUp.load(ordering: .relaxed) })
        try connection.executeScript(
            """
            CREATE TABLE t (n int);
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION slow();
            """
        )
        try connection.begin()
        try connection.execute("INSERT INTO t VALUES (1)")
        let canceller = InThread {
            let busy = "SELECT 1 FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'"
            let observer = try database.connect()
            while try observer.execute(busy).count == 0 { usleep(5000) }
            flag.isUp.store(true, ordering: .relaxed)
        }
        try connection.commit()
        try canceller.value()
        flag.isUp.store(false, ordering: .relaxed)
        try connection.begin()
        try connection.execute("INSERT INTO t VALUES (2)")
        flag.isUp.store(true, ordering: .relaxed)
        let error = #expect(throws: PostgresError.self) { try connection.commit() }
        #expect(error?.failureClass == .cancelled)
        connection.rollback()
        #expect(try database.connect().execute("SELECT sum(n) FROM t")[0, 0] == "1")
    }

    @Test("a session ended by the server is a transient failure")
    func terminated() throws {
        let database = try TestDatabase()
        let connection = try database.connect()
        try database.connect().execute("SELECT pg_terminate_backend(\(connection.serverProcess))")
        let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT 1") }
        #expect(error?.failureClass == .transient)
        #expect(!connection.isUsable)
    }
}
