import ControlAPI
import FileSystem
import Glibc
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(2))) struct RunLimitTests {
    @Test("a run takes the memory and the score that its job gives it")
    func limits() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            let slow = site.tenantText().replacing(
                "from purchases\"",
                with: "from purchases where pg_sleep(600) is not null\""
            )
            let settings = """
                memory_limit = "512MiB"
                oom_score_adjust = 812
                """
            try site.write(site.tenant, slow + settings + "\n")
            try site.start()
            let id = try site.run()
            _ = try site.sleepingQuery()
            let worker = try #require(site.worker)
            func said(_ name: String) throws -> String {
                String(decoding: try FileSystem.read("/proc/\(worker)/\(name)"), as: UTF8.self)
            }
            #expect(try said("oom_score_adj") == "812\n")
            let limits = try said("limits").split(separator: "\n")
            let data = try #require(limits.first { $0.hasPrefix("Max data size") })
            #expect(
                data.split(separator: " ").dropFirst(3).prefix(2).allSatisfy { $0 == "536870912" }
            )
            #expect(try site.clvctl(["cancel", id]).code == 0)
            _ = try site.wait(for: .cancelled, of: id, seconds: 20)
        }
    }
}
