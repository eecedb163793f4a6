import Domain
import FileSystem
import Glibc
import Subprocess
import TestSupport
import Testing
import WorkerContract

@Suite(.timeLimit(.minutes(2))) struct BadOutputTests {
    @Test(
        "a place that cannot be written to is told before any work",
        arguments: ["output", "report", "rejected"]
    )
    func unwritable(_ place: String) throws {
        let files = try Files()
        let locked = files.folder.path + "/locked"
        try FileSystem.makeFolders(locked, mode: 0o500)
        let cases = [
            (
                files.folder.path + "/none/x", "no_such_file", "No such file or directory",
                "check the path, each of its folders included"
            ),
            (files.folder.path, "is_a_folder", "Is a directory", "name a file, not a folder"),
            (
                locked + "/x", "file_permission", "Permission denied",
                "give the calling user access to it, e.g. with chown or chmod"
            ),
        ]
        for (path, code, cause, fix) in cases {
            let plan = try files.plan {
                switch place {
                case "output": $0.output = path
                case "report": $0.report = path
                default: $0.rejected = path
                }
            }
            let ending = try Programs.work(on: plan, wrapper: Privileges.none)
            #expect(
                try ending.problem()
                    == ProblemReport(
                        code: code,
                        message: "could not write file \"\(path)\"",
                        cause: cause,
                        fix: fix
                    )
            )
            #expect(ending.code == ExitCode.configuration.rawValue)
            #expect(!ending.output.contains { $0.contains("stage_started") })
        }
        #expect(try files.names() == ["in.csv", "locked"])
    }

    @Test("a device is written to and not replaced, and a full one keeps the run from succeeding")
    func devices() throws {
        let files = try Files()
        let full = try Programs.work(on: try files.plan { $0.output = "/dev/full" })
        #expect(
            try full.problem()
                == ProblemReport(
                    code: "disk_full",
                    message: "could not write file \"/dev/full\"",
                    cause: "No space left on device",
                    fix: "free space on that file system"
                )
        )
        #expect(full.code == ExitCode.transient.rawValue)
        #expect(try files.names() == ["in.csv"])
        let null = try Programs.work(on: try files.plan { $0.output = "/dev/null" })
        #expect(null.code == 0)
        for device in ["/dev/full", "/dev/null"] {
            var status = stat()
            #expect(unsafe stat(device, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        }
    }

    @Test(
        "a disk that fills up keeps the old file whole and leaves nothing beside it",
        .enabled(if: canMount, "only root can mount a small disk")
    )
    func fullDisk() throws {
        let files = try Files()
        let disk = files.folder.path + "/disk"
        try FileSystem.makeFolders(disk)
        let script = """
            mount -t tmpfs -o size=8k none '\(disk)' && echo old >'\(disk)/out.csv' || exit 1
            "$0"; code=$?
            echo "$(cat '\(disk)/out.csv') $(ls -A '\(disk)')" >'\(files.folder.path)/seen'
            exit $code
            """
        let ending = try Programs.work(
            on: try files.plan { $0.output = disk + "/out.csv" },
            wrapper: ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script]
        )
        #expect(try ending.problem().code == "disk_full")
        #expect(try ending.problem().message == "could not write file \"\(disk)/out.csv\"")
        #expect(ending.code == ExitCode.transient.rawValue)
        #expect(try files.text(files.folder.path + "/seen") == "old out.csv\n")
    }

    private static let canMount: Bool = {
        let shell = try? Programs.shell("unshare -m mount -t tmpfs none /mnt")
        return shell?.code == 0
    }()

    @Test("a link to the old file stays a link, and the file behind it is replaced")
    func links() throws {
        let files = try Files()
        let real = files.folder.path + "/real.csv"
        try FileSystem.replace(real, with: [1])
        try #require(unsafe symlink(real, files.output) == 0)
        #expect(try Programs.work(on: try files.plan()).code == 0)
        var status = stat()
        #expect(unsafe lstat(files.output, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(try files.text(real).hasPrefix("tenant_id,"))
    }

    @Test(
        "a run that is killed, or told to stop, leaves the old file and nothing else",
        arguments: [SIGKILL, SIGTERM]
    )
    func killed(_ signal: Int32) throws {
        let files = try Files()
        try FileSystem.replace(files.output, with: Array("old".utf8))
        // A pipe that nobody writes to: the run has opened its outputs and waits for rows.
        let pipe = files.folder.path + "/pipe"
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        let name = signal == SIGKILL ? "KILL" : "TERM"
        let plan = try files.plan { $0.path = pipe }
        let script = """
            exec 8<&0 9<>'\(pipe)'
            "$0" <&8 & worker=$!
            sleep 0.5
            kill -\(name) $worker
            sleep 0.2; echo c,t,a >&9; exec 9>&-
            wait $worker
            """
        let ending = try Programs.work(on: plan, wrapper: ["/bin/sh", "-c", script])
        #expect(ending.code == (signal == SIGKILL ? 128 + SIGKILL : ExitCode.cancelled.rawValue))
        #expect(try files.text(files.output) == "old")
        #expect(try files.names() == ["in.csv", "out.csv", "pipe"])
    }
}
