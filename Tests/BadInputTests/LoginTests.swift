import Configuration
import Domain
import FileSystem
import Glibc
import Postgres
import TestSupport
import Testing
import WorkerContract

@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(2))
)
struct LoginTests {
    @Test("a service file says where the source is, and .pgpass what the password is")
    func serviceFile() throws {
        let shop = try Shop()
        try shop.database.connect().execute("GRANT SELECT ON shop TO \(shop.guarded)")
        let home = shop.folder.path
        try FileSystem.replace(
            home + "/services",
            with: Array(
                """
                [shop_source]
                host=\(shop.database.directory)
                dbname=\(shop.database.name)
                user=\(shop.guarded)

                """.utf8
            )
        )
        var source = ConnectionSettings()
        source.conninfo = "service=shop_source"
        for (password, code) in [("right", 0), ("wrong", ExitCode.configuration.rawValue)] {
            let line = "*:*:*:\(shop.guarded):\(password)\n"
            try FileSystem.replace(home + "/.pgpass", with: Array(line.utf8), mode: 0o600)
            let ending = try Programs.work(
                on: shop.plan("select c, t, a from shop", source: source),
                wrapper: ["/usr/bin/env", "HOME=\(home)", "PGSERVICEFILE=\(home)/services"]
            )
            #expect(ending.code == code, "\(ending)")
            if code != 0 { #expect(try ending.problem().code == "wrong_password") }
        }
    }

    @Test("without any password, the operating system's user is let in as the role of its name")
    func peer() throws {
        let shop = try Shop()
        guard let entry = unsafe getpwuid(getuid()) else { throw Surprise("a user without a name") }
        let name = unsafe String(cString: entry.pointee.pw_name)
        let role = quoted(identifier: name)
        try shop.database.connect().executeScript(
            """
            CREATE ROLE \(role) LOGIN IN ROLE \(PrivateCluster.peerGroup);
            GRANT SELECT ON shop TO \(role);
            """
        )
        var source = shop.database.settings(user: name)
        #expect(
            try Programs.work(on: shop.plan("select c, t, a from shop", source: source)).code == 0
        )
        // The name of the user is also what is meant when none is set.
        source.user = nil
        #expect(
            try Programs.work(on: shop.plan("select c, t, a from shop", source: source)).code == 0
        )
    }
}
