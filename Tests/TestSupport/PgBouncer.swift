package import Configuration
import FileSystem
import Glibc
import Postgres

/// A PgBouncer in transaction mode before a private cluster, gone when the process ends.
///
/// It takes turns with its few server connections, so that nobody gets along with the state of a
/// session, and it refuses start-up parameters that it does not know, as it does by default.
package final class PgBouncer: Sendable {
    private static let program = "/usr/sbin/pgbouncer"

    package static var isInstalled: Bool { unsafe access(program, X_OK) == 0 }
    package static let absence = "there is no \(program): deploy/packages pooler installs it"

    /// The directory of its socket.
    package let directory: String
    private let lifeline: Int32

    /// `poolSize` server connections are what all clients of one database share.
    package init(before cluster: PrivateCluster, poolSize: Int) throws {
        directory = try Guarded.makeFolder()
        // In auth_type any all clients are one user of the server.
        let settings = """
            [databases]
            * = host=\(cluster.directory) user=\(PrivateCluster.superuser)
            [pgbouncer]
            unix_socket_dir = \(directory)
            listen_port = 5432
            auth_type = any
            pool_mode = transaction
            default_pool_size = \(poolSize)
            server_round_robin = 1
            logfile = \(directory)/log
            """
        try FileSystem.replace(directory + "/ini", with: Array(settings.utf8), mode: 0o644)
        lifeline = try Guarded.start(guardScript, arguments: [directory, PgBouncer.program])
        try waitUntilReady()
    }

    deinit { close(lifeline) }

    package func settings(database: String) -> ConnectionSettings {
        var settings = ConnectionSettings()
        settings.server = directory
        settings.database = database
        settings.user = PrivateCluster.superuser
        return settings
    }

    private func waitUntilReady() throws {
        var last = "no attempt"
        for _ in 0..<100 {
            do {
                _ = try Connection(settings(database: "postgres"), applicationName: "clvd-tests")
                return
            } catch {
                last = "\(error)"
                usleep(100_000)
            }
        }
        throw ClusterProblem("PgBouncer did not start: \(last)")
    }
}

/// $0 directory, $1 the program.
private let guardScript = """
    $as "$1" -q "$0/ini" </dev/null &
    while read -r _; do :; done
    # QUIT is ignored by what a shell starts in the background.
    kill -TERM $!
    wait $!
    rm -rf "$0"
    """
