package import Configuration
import FileSystem
import Glibc
import Postgres

/// A Postgres of its own for one test process: Unix socket only, gone when the process ends.
///
/// A guard process reads a socket from this one. The socket closes however the tests end, also by
/// kill -9, and then the guard stops the server and removes its files.
package final class PrivateCluster: Sendable {
    package static let programs = "/usr/lib/postgresql/15/bin"

    /// Whether tests that need a server can run here.
    package static var isInstalled: Bool { unsafe access(programs + "/initdb", X_OK) == 0 }
    package static let absence = "there is no Postgres 15 in \(programs)"

    /// Started by whoever asks first.
    package static let shared = Result { try PrivateCluster() }

    /// The directory of the socket.
    package let directory: String
    /// Roles in this group log in by password, all others without.
    package static let passwordGroup = "password_users"
    /// Roles in this group log in as users of the operating system with their name.
    package static let peerGroup = "peer_users"
    package static let superuser = "clvd_tests"

    private let lifeline: Int32

    /// Starts another one, for a test that kills it or fills it with connections.
    ///
    /// With `smallDisk`, the size of one as mount(8) writes it, there is a `smallFolder` that can
    /// be filled; that takes root.
    package init(smallDisk: String = "") throws {
        directory = try Guarded.makeFolder()
        lifeline = try Guarded.start(
            guardScript,
            by: smallDisk.isEmpty ? [] : ["unshare", "--mount"],
            arguments: [directory, PrivateCluster.programs, "", smallDisk]
        )
        try waitUntilReady().executeScript(
            "CREATE ROLE \(PrivateCluster.passwordGroup); CREATE ROLE \(PrivateCluster.peerGroup)"
        )
    }

    /// Starts a standby that follows `primary`, and takes over when it is promoted.
    package init(following primary: PrivateCluster) throws {
        directory = try Guarded.makeFolder()
        lifeline = try Guarded.start(
            guardScript,
            arguments: [directory, PrivateCluster.programs, primary.directory]
        )
        _ = try waitUntilReady()
    }

    /// A folder of the server's on a disk of its own.
    package var smallFolder: String { directory + "/small" }

    /// The guard sees the end of its input, and removes the server.
    deinit { close(lifeline) }

    /// Ends the server and all its processes at once, as a power cut does.
    package func kill() throws {
        let server = try process()
        // A stopped server starts no further process while the ones it has are listed.
        Glibc.kill(server, SIGSTOP)
        let processes = [server] + Processes.children(of: server)
        for process in processes { Glibc.kill(process, SIGKILL) }
        try awaitEnd(of: processes)
    }

    /// Ends the server as an administrator does who does not wait for its users.
    package func stop() throws {
        let server = try process()
        let processes = [server] + Processes.children(of: server)
        Glibc.kill(server, SIGINT)
        try awaitEnd(of: processes)
    }

    /// Brings the server back after `kill` or `stop`.
    package func start() throws {
        try writeFully(lifeline, Array("start\n".utf8), name: "the guard")
        _ = try waitUntilReady()
    }

    /// Lets the postmaster stand still, which opens the sessions and passes cancellations on.
    package func whileNoneIsHeard(_ work: () throws -> Void) throws {
        let server = try process()
        Glibc.kill(server, SIGSTOP)
        defer { Glibc.kill(server, SIGCONT) }
        try work()
    }

    private func process() throws -> Int32 {
        let text = try FileSystem.read(directory + "/data/postmaster.pid", limit: 4096)
        let first = text.split(separator: UInt8(ascii: "\n")).first ?? []
        guard let server = Int32(String(decoding: first, as: UTF8.self)) else {
            throw ClusterProblem("postmaster.pid holds no number")
        }
        return server
    }

    private func awaitEnd(of processes: [Int32]) throws {
        for _ in 0..<600 where processes.contains(where: Processes.isAlive) { usleep(50_000) }
        if processes.contains(where: Processes.isAlive) {
            throw ClusterProblem("processes of the server did not end")
        }
    }

    /// How to reach one of its databases.
    package func settings(
        database: String,
        user: String = PrivateCluster.superuser
    ) -> ConnectionSettings {
        var settings = ConnectionSettings()
        settings.server = directory
        settings.database = database
        settings.user = user
        return settings
    }

    private func waitUntilReady() throws -> Connection {
        var last = "no attempt"
        for _ in 0..<600 {
            do {
                return try Connection(
                    settings(database: "postgres"),
                    applicationName: "clvd-tests"
                )
            } catch {
                last = "\(error)"
                usleep(100_000)
            }
        }
        throw ClusterProblem("the private cluster did not start: \(last)")
    }
}

package struct ClusterProblem: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// $0 directory, $1 programs, $2 the directory of a server to follow, $3 the size of the small disk;
/// each line of standard input asks for another start.
private let guardScript = """
    if [ -n "$3" ]; then
        mkdir "$0/small"
        mount -t tmpfs -o "size=$3" none "$0/small" && chown postgres "$0/small" || exit 1
    fi
    if [ -n "$2" ]; then
        $as "$1/pg_basebackup" -D "$0/data" -h "$2" -U \(PrivateCluster.superuser) -R -c fast \\
            --no-sync >"$0/log" 2>&1 </dev/null || exit 1
    else
        $as "$1/initdb" -D "$0/data" -U \(PrivateCluster.superuser) -A trust -E UTF8 \\
            --locale=C.UTF-8 --no-sync >"$0/log" 2>&1 </dev/null || exit 1
        {
            echo 'local all +\(PrivateCluster.passwordGroup) scram-sha-256'
            echo 'local all +\(PrivateCluster.peerGroup) peer'
            echo 'local all,replication all trust'
        } >"$0/data/pg_hba.conf"
        {
            echo "listen_addresses = ''"
            echo 'fsync = off'
            echo 'max_connections = 60'
            echo 'shared_buffers = 128MB'
        } >>"$0/data/postgresql.conf"
    fi
    start() {
        $as "$1/postgres" -D "$0/data" -k "$0" >>"$0/log" 2>&1 </dev/null &
        server=$!
    }
    start "$@"
    while read -r _; do
        wait $server
        start "$@"
    done
    kill -QUIT $server
    wait $server
    rm -rf "$0"
    """
