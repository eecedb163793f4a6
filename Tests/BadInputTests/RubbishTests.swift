import Domain
import FileSystem
import TestSupport
import Testing
import WorkerContract

@Suite(.timeLimit(.minutes(2))) struct RubbishTests {
    /// 100 MB that are no CSV: how they are made, and what is said about them.
    private static let heaps: [(script: String, code: String)] = [
        ("printf '\\1'; head -c 100M /dev/urandom", "not_text"),
        ("echo c,t,a; head -c 100M /dev/urandom", "no_purchases"),
        ("echo c,t,a; yes 'Lorem ipsum dolor' | head -c 100M", "not_csv"),
        ("echo c,t,a; yes '\"' | head -c 100M", "not_csv"),
        ("head -c 100M /dev/zero | gzip -1", "not_text"),
        ("echo c,t,a; head -c 8M /dev/zero", "no_purchases"),
    ]

    @Test("rubbish of any size is refused in seconds and in little memory", arguments: heaps)
    func rubbish(script: String, code: String) throws {
        let files = try Files([])
        try #require(try Programs.shell("{ \(script); } >'\(files.input)'").code == 0)
        let clock = ContinuousClock()
        let begin = clock.now
        let ending = try Programs.work(on: try files.plan())
        #expect(clock.now - begin < .seconds(60))
        #expect(try ending.problem().code == code)
        #expect(ending.code == ExitCode.refused.rawValue)
        let peak = try #require(try ending.result().peakMemoryBytes)
        #expect(peak < 200 << 20, "\(peak >> 20) MiB")
        let kept = code == "no_purchases" ? ["in.csv", "rejected.csv"] : ["in.csv"]
        #expect(try files.names() == kept)
    }
}
