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
    package static let superuser = "clvd_tests"

    private let lifeline: Int32

    /// Starts another one, for a test that kills it or fills it with connections.
    package init() throws {
        var template = Array("/tmp/clvd-tests-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw ClusterProblem("mkdtemp failed") }
        directory = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
        lifeline = try spawnGuard(
            script: guardScript,
            arguments: [PrivateCluster.programs, directory]
        )
        try waitUntilReady().execute("CREATE ROLE \(PrivateCluster.passwordGroup)")
    }

    /// The guard sees the end of its input, and removes the server.
    deinit { close(lifeline) }

    /// Ends the server and all its processes at once, as a power cut does.
    package func kill() throws {
        let text = try FileSystem.read(directory + "/data/postmaster.pid", limit: 4096)
        let first = text.split(separator: UInt8(ascii: "\n")).first ?? []
        guard let server = Int32(String(decoding: first, as: UTF8.self)) else {
            throw ClusterProblem("postmaster.pid holds no number")
        }
        // A stopped server starts no further process while the ones it has are listed.
        Glibc.kill(server, SIGSTOP)
        let processes = [server] + Processes.children(of: server)
        for process in processes { Glibc.kill(process, SIGKILL) }
        for _ in 0..<600 where processes.contains(where: Processes.isAlive) { usleep(50_000) }
        if processes.contains(where: Processes.isAlive) {
            throw ClusterProblem("processes of the server survived SIGKILL")
        }
    }

    /// Brings the server back after `kill`.
    package func start() throws {
        try writeFully(lifeline, Array("start\n".utf8), name: "the guard")
        _ = try waitUntilReady()
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

/// $0 programs, $1 directory; its standard input is the lifeline, and each line on it asks for
/// another start.
private let guardScript = """
    trap '' INT TERM HUP
    as=
    if [ "$(id -u)" = 0 ]; then
        chown postgres "$1"
        as='setpriv --reuid=postgres --regid=postgres --init-groups'
    fi
    cd "$1"
    $as "$0/initdb" -D "$1/data" -U \(PrivateCluster.superuser) -A trust -E UTF8 \\
        --locale=C.UTF-8 --no-sync >"$1/log" 2>&1 </dev/null || exit 1
    {
        echo 'local all +\(PrivateCluster.passwordGroup) scram-sha-256'
        echo 'local all all trust'
    } >"$1/data/pg_hba.conf"
    start() {
        $as "$0/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c fsync=off \\
            -c max_connections=60 -c shared_buffers=128MB >>"$1/log" 2>&1 </dev/null &
        server=$!
    }
    start "$1"
    while read -r _; do
        wait $server
        start "$1"
    done
    kill -QUIT $server
    wait $server
    rm -rf "$1"
    """

/// Starts the guard in a session of its own; gives the end of the socket that keeps it waiting.
///
/// It is no child of this process: one that had ended, with nobody waiting for it, is what an exit
/// test's wait for any child would find again and again.
private func spawnGuard(script: String, arguments: [String]) throws -> Int32 {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
        throw ClusterProblem("socketpair failed")
    }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let words = ["setsid", "--fork", "/bin/sh", "-c", script] + arguments
    var argv = unsafe words.map { unsafe strdup($0) }
    unsafe argv.append(nil)
    defer { unsafe argv.forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let failure = unsafe posix_spawnp(&pid, "setsid", &actions, nil, argv, environ)
    close(ends[0])
    guard failure == 0 else { throw ClusterProblem("could not start the guard: \(failure)") }
    while waitpid(pid, nil, 0) == -1, errno == EINTR {}
    return ends[1]
}
