package import Configuration
package import Postgres
import Synchronization

/// A fresh, empty database in the private cluster: one per test.
package struct TestDatabase: Sendable {
    package let name: String
    /// The directory of the server's socket.
    package let directory: String

    private static let counter = Atomic(0)

    /// `template` is another database of the cluster, which nobody is connected to.
    package init(in cluster: PrivateCluster? = nil, copying template: String? = nil) throws {
        let cluster = try cluster ?? PrivateCluster.shared.get()
        directory = cluster.directory
        let number = TestDatabase.counter.add(1, ordering: .relaxed).newValue
        name = "test_\(number)"
        let settings = cluster.settings(database: "postgres")
        let connection = try Connection(settings, applicationName: "clvd-tests")
        let source = template.map { " TEMPLATE \($0)" } ?? ""
        try connection.execute("CREATE DATABASE \(name)\(source)")
    }

    /// A database that another process made in its cluster.
    package init(existing name: String, at directory: String) {
        self.name = name
        self.directory = directory
    }

    package func settings(user: String = PrivateCluster.superuser) -> ConnectionSettings {
        var settings = ConnectionSettings()
        settings.server = directory
        settings.database = name
        settings.user = user
        return settings
    }

    package func connect(
        user: String = PrivateCluster.superuser,
        limits: WaitLimits = WaitLimits(),
        isCancelled: @escaping () -> Bool = { false }
    ) throws -> Connection {
        try Connection(
            settings(user: user),
            applicationName: Connection.applicationName(tenant: "test", job: "job", run: name),
            limits: limits,
            isCancelled: isCancelled
        )
    }

    /// Makes a role that is unique in the cluster, and gives its name.
    package func role(_ suffix: String, options: String = "") throws -> String {
        let role = "\(name)_\(suffix)"
        try connect().execute("CREATE ROLE \(role) LOGIN \(options)")
        return role
    }
}
