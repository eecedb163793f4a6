import Configuration
import Domain
import Glibc
import Postgres
import Synchronization
import TestSupport
import Testing

/// A listener of its own that takes connections and never says a word.
private struct SilentServer: ~Copyable {
    let port: Int
    private let listener: Int32
    private var guests: [Int32] = []

    /// `isFull`: it has no room for a further connection, whose packets are then dropped.
    init(isFull: Bool = false) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (socket, backlog) = (listener, Int32(isFull ? 0 : 16))
        let isUp = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            guard let place = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            else {
                return false
            }
            return unsafe bind(socket, place, size) == 0 && listen(socket, backlog) == 0
                && getsockname(socket, place, &size) == 0
        }
        #expect(isUp)
        port = Int(UInt16(bigEndian: address.sin_port))
        for _ in 0..<(isFull ? 4 : 0) {
            let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
            let guest = Glibc.socket(AF_INET, Int32(kind), 0)
            unsafe withUnsafeBytes(of: &address) { bytes in
                guard let place = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
                else {
                    return
                }
                _ = unsafe connect(guest, place, size)
            }
            guests.append(guest)
        }
    }

    deinit {
        for guest in guests { close(guest) }
        close(listener)
    }
}

@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(2))
)
struct WaitingTests {
    private static let limits = {
        var limits = WaitLimits()
        limits.connectSeconds = 1
        return limits
    }()

    private func settings(port: Int) -> ConnectionSettings {
        var settings = ConnectionSettings()
        settings.server = "127.0.0.1"
        settings.port = port
        settings.database = "shop"
        settings.user = "somebody"
        return settings
    }

    private func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    @Test("a server that takes a connection and says nothing is given up in time")
    func silent() throws {
        let server = try SilentServer()
        var error: PostgresError?
        let spent = seconds {
            error = #expect(throws: PostgresError.self) {
                try Connection(
                    settings(port: server.port),
                    applicationName: "x",
                    limits: WaitingTests.limits
                )
            }
        }
        #expect(spent >= 1 && spent < 4)
        #expect(error?.code == "server_unreachable" && error?.failureClass == .transient)
        #expect(error?.message.hasSuffix("port \(server.port) within 1 seconds") == true)
    }

    @Test("who is cancelled while connecting waits no longer")
    func cancelled() throws {
        let server = try SilentServer()
        let asked = Atomic(0)
        let spent = seconds {
            let error = #expect(throws: PostgresError.self) {
                try Connection(settings(port: server.port), applicationName: "x") {
                    asked.add(1, ordering: .relaxed).newValue > 2
                }
            }
            #expect(error?.failureClass == .cancelled)
        }
        #expect(spent < 3)
    }

    @Test("a first server that is not there does not keep anybody from the second")
    func secondHost() throws {
        let database = try TestDatabase()
        let dead = try SilentServer(isFull: true)
        var settings = ConnectionSettings()
        settings.conninfo = """
            host=127.0.0.1,\(database.directory) port=\(dead.port),5432 dbname=\(database.name) \
            user=\(PrivateCluster.superuser) target_session_attrs=read-write
            """
        let connection = try Connection(
            settings,
            applicationName: "x",
            limits: WaitingTests.limits
        )
        #expect(try connection.execute("SELECT 1")[0, 0] == "1")
    }

    @Test("a cancellation that nobody takes holds nobody up")
    func unheardCancellation() throws {
        let cluster = try PrivateCluster()
        let connection = try Connection(
            cluster.settings(database: "postgres"),
            applicationName: "x"
        )
        let canceller = connection.canceller()
        try cluster.whileNoneIsHeard {
            #expect(seconds { canceller.cancel() } < 4)
        }
        // The server may hear it now, and it hits one statement at most.
        _ = try? connection.execute("SELECT pg_sleep(1)")
        #expect(try connection.execute("SELECT 1")[0, 0] == "1")
    }

    @Test("the modes of TLS are those of libpq, and what they refuse has its own code")
    func transportSecurity() throws {
        let cluster = try PrivateCluster()
        let admin = try Connection(
            cluster.settings(database: "postgres"),
            applicationName: "x"
        )
        // An address of its own, so that every cluster can have the usual port.
        let address = "127.77.\(getpid() / 250 % 250 + 1).\(getpid() % 250 + 1)"
        for command in [
            "openssl req -new -x509 -days 2 -nodes -subj /CN=localhost -out server.crt"
                + " -keyout server.key 2>/dev/null",
            "echo host all all 127.0.0.0/8 trust >>pg_hba.conf",
        ] {
            // It takes its input, so that the server does not write into a pipe that is closed.
            let program = quoted(literal: "cat >/dev/null; " + command)
            try admin.execute("COPY (SELECT 1) TO PROGRAM \(program)")
        }
        try admin.execute("ALTER SYSTEM SET listen_addresses = \(quoted(literal: address))")
        try cluster.stop()
        try cluster.start()
        func connect(_ mode: String) throws -> Bool {
            var settings = ConnectionSettings()
            settings.conninfo = """
                host=localhost hostaddr=\(address) dbname=postgres \
                user=\(PrivateCluster.superuser) sslmode=\(mode)
                """
            let connection = try Connection(
                settings,
                applicationName: "x",
                limits: WaitingTests.limits
            )
            let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            return try connection.execute(sql).boolean(0, 0)
        }
        let root = cluster.directory + "/data/server.crt"
        #expect(try !connect("prefer"))
        let without = #expect(throws: PostgresError.self) { try connect("require") }
        #expect(without?.code == "tls_refused" && without?.failureClass == .configuration)
        let second = try Connection(cluster.settings(database: "postgres"), applicationName: "x")
        try second.execute("ALTER SYSTEM SET ssl = on")
        try second.execute("SELECT pg_reload_conf()")
        var isSecure = false
        for _ in 0..<50 where !isSecure {
            usleep(100_000)
            isSecure = try connect("prefer")
        }
        #expect(isSecure)
        #expect(try connect("require"))
        #expect(try !connect("disable"))
        let unknown = #expect(throws: PostgresError.self) {
            try connect("verify-full sslrootcert=/nonexistent")
        }
        #expect(unknown?.code == "tls_refused")
        #expect(try connect("verify-full sslrootcert=\(root)"))
    }
}
