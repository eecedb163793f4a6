import Domain
import FileSystem
import Glibc
import Scheduling
import StateDatabase
import Subprocess
import TestSupport

/// A clvd of its own, with one tenant and one job on one database.
final class Site {
    static let job = "acme/monthly"

    let folder: TemporaryFolder
    let database: TestDatabase
    /// The lines of `[source]` that say how to connect.
    private let connector: String
    /// The service while it is meant to be there.
    private var service: Child?

    var settings: String { folder.path + "/etc/clvd.toml" }
    var tenant: String { folder.path + "/etc/tenants.d/acme.toml" }
    var state: String { folder.path + "/state" }
    var models: String { folder.path + "/models" }
    var socket: String { folder.path + "/control.sock" }
    var log: String { folder.path + "/log" }

    /// Writes the configuration; nothing is started.
    ///
    /// The service connects as `connector` says, and to `database` directly without it.
    init(_ database: TestDatabase, connector: String? = nil) throws {
        self.database = database
        self.connector =
            connector
                ?? """
                connector = { server = "\(database.directory)", db = "\(database.name)", \
                user = "\(PrivateCluster.superuser)" }
                """
        folder = try TemporaryFolder()
        try FileSystem.makeFolders(folder.path + "/etc/tenants.d")
        try FileSystem.makeFolders(models)
        try write(settings, "export_path = \"\(models)\"\n")
        try write(tenant, tenantText())
    }

    deinit { kill() }

    func write(_ path: String, _ text: String) throws {
        try FileSystem.replace(path, with: Array(text.utf8), mode: 0o644)
    }

    /// The tenant's file; every publication is kept, so that readers' answers can be looked up.
    func tenantText(kept: Int = 100) -> String {
        """
        [tenant]
        name = "acme"
        time_zone = "UTC"
        currency = "EUR"

        [source]
        data_source = "postgresql"
        \(connector)
        data_query_path = "select user_id, order_id, days, transaction_value from purchases"
        customer_indicator = "user_id"
        order_indicator = "order_id"
        time_indicator = "days"
        amount_indicator = "transaction_value"

        [destination]
        auto_migrate = true

        [[jobs]]
        name = "monthly"
        job = "train_prediction"
        time_period = "month"
        horizons = ["month", "year"]
        schedule = "*-*-* 03:00"
        keep_publications = \(kept)
        scored_publications = 0

        """
    }

    /// The command that runs clvd in this process, after the shell lines of `before`.
    ///
    /// The kernel ends the service when the thread that started it ends, however that happens.
    private func command(before: String) -> Command {
        let script = """
            set -e
            \(before)
            exec setpriv --pdeathsig KILL "$0" "$@" >>"\(log)" 2>&1
            """
        let launcher = before.isEmpty ? ["/bin/sh"] : Site.ownMounts + ["/bin/sh"]
        return Command(
            launcher[0],
            launcher.dropFirst() + [
                "-c", script, Programs.folder + "/clvd", "--config", folder.path + "/etc",
                "--state", state, "--socket", socket,
            ],
            environment: Programs.environment
        )
    }

    /// Runs a program with mounts of its own; root needs no user namespace for that.
    static let ownMounts = ["/usr/bin/unshare", geteuid() == 0 ? "-m" : "-rm"]

    /// Starts the service and waits until it answers.
    ///
    /// `before` are shell lines that run first, as root of a mount namespace of their own.
    func start(before: String = "") throws {
        var command = command(before: before)
        command.output = .nothing
        command.errors = .nothing
        service = try command.start()
        try waitFor("clvd to answer", context: { self.logTail }) {
            guard Processes.isAlive(pid) else { throw Surprise("clvd ended\n\(logTail)") }
            return answers ? true : nil
        }
    }

    /// Starts a second service on the same state, and gives how that ends.
    func startAnother() throws -> Programs.Outcome {
        try Programs.run(
            "clvd",
            [
                "--config", folder.path + "/etc", "--state", state, "--socket",
                folder.path + "/other.sock",
            ]
        )
    }

    var pid: Int32 {
        switch service {
        case .some(let child): child.pid
        case .none: -1
        }
    }

    /// Ends the service by a signal and waits for its end.
    @discardableResult
    func end(by signal: Int32) throws -> Termination? {
        guard let child = service.take() else { return nil }
        child.send(signal: signal)
        return try child.wait()
    }

    func kill() { _ = try? end(by: SIGKILL) }

    /// The worker that the service runs now; nil when there is none.
    var worker: Int32? { Processes.children(of: pid).first }

    func killWorker() throws {
        guard let worker else { throw Surprise("no worker to kill\n\(logTail)") }
        Glibc.kill(worker, SIGKILL)
    }

    /// A worker whose supervisor is gone ends by itself.
    func killServiceAndAwaitWorker() throws {
        let worker = worker
        kill()
        guard let worker else { return }
        try waitFor("the worker of a killed clvd to end", context: { self.logTail }) {
            Processes.isAlive(worker) ? nil : true
        }
    }

    var logTail: String {
        let bytes = (try? FileSystem.read(log, limit: 64 << 20)) ?? []
        return "the log of clvd ends with:\n" + String(decoding: bytes.suffix(6000), as: UTF8.self)
    }
}

extension Site {
    /// Leaves no room on the file system of a file.
    func fill(_ path: String) throws {
        let filled = try Programs.run("/bin/dd", ["if=/dev/zero", "of=\(path)", "bs=1k"])
        guard filled.code != 0 else { throw Surprise("there is endless room: \(filled.text)") }
    }

    /// Moves the job's due instant into the past; the service must not be running.
    func makeDue() throws -> Instant {
        let state = try StateDatabase(directory: state)
        guard var record = try state.jobs().first, let due = record.nextDueAt else {
            throw Surprise("the state knows no due time")
        }
        record.nextDueAt = due + -2 * 86_400.0
        try state.save(record)
        try state.commit()
        // The last of the missed times stands for all.
        return due + -86_400.0
    }
}
