import Glibc

/// Servers that end with the test process, however that ends.
///
/// A guard process reads a socket from this one. The socket closes also by kill -9; then the script
/// goes on, ends its server and removes its folder.
enum Guarded {
    /// A folder that is short enough for the name of a socket in it.
    static func makeFolder() throws -> String {
        var template = Array("/tmp/clvd-tests-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw ClusterProblem("mkdtemp failed") }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// No server wants to be run by root: `$as` before a command makes it another user's.
    private static let prologue = """
        trap '' INT TERM HUP
        as=
        if [ "$(id -u)" = 0 ]; then
            chown postgres "$0"
            as='setpriv --reuid=postgres --regid=postgres --init-groups'
        fi
        cd "$0"
        """

    /// Starts a guard in a session of its own; gives the end of the socket that keeps it waiting.
    ///
    /// The first argument is the folder; `wrapper` is a command that runs another. It is no child of this process: one that had ended, with
    /// nobody waiting for it, is what an exit test's wait for any child would find again and again.
    static func start(
        _ script: String,
        by wrapper: [String] = [],
        arguments: [String]
    ) throws -> Int32 {
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
        let shell = ["/bin/sh", "-c", prologue + "\n" + script]
        let words = ["setsid", "--fork"] + wrapper + shell + arguments
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
}
