import Domain
import Glibc
import Testing

@testable import Systemd

@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
    private func now() -> Instant {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    @Test func `a timer fires once, not before its instant, and the turn's hook follows it`() throws
    {
        let loop = try EventLoop()
        let due = now() + 0.05
        var fired: [Instant] = []
        var turns = 0
        let timer = try loop.timer {
            fired.append(now())
            loop.stop(code: 7)
        }
        try timer.set(due)
        #expect(try loop.run { turns += 1 } == 7)
        #expect(fired.count == 1)
        #expect(fired[0] >= due)
        #expect(turns == 2, "one hook before the first wait and one after the turn")
    }

    @Test func `a timer can be set again from its own handler, and be put off`() throws {
        let loop = try EventLoop()
        var count = 0
        var again: Timer?
        again = try loop.timer {
            count += 1
            if count == 3 { return loop.stop(code: 0) }
            try? again?.set(now() + 0.01)
        }
        try again?.set(now() + 60)
        try again?.set(now() + 0.01)
        _ = try loop.run {}
        #expect(count == 3)
    }

    @Test func `a delay fires once after its seconds, can be put off, and knows whether it is set`()
        throws
    {
        let loop = try EventLoop()
        var count = 0
        let end = try loop.delay { loop.stop(code: 3) }
        let delay = try loop.delay { count += 1 }
        #expect(!delay.isSet)
        try delay.set(seconds: 0.02)
        try end.set(seconds: 60)
        try end.set(seconds: 0.2)
        let start = ContinuousClock.now
        #expect(try loop.run {} == 3)
        #expect(count == 1)
        #expect(ContinuousClock.now - start >= .milliseconds(200))
        try delay.set(seconds: 0)
        #expect(delay.isSet)
        try delay.set(seconds: nil)
        #expect(!delay.isSet)
        try end.set(seconds: 0.05)
        #expect(try loop.run {} == 3)
        #expect(count == 1)
    }

    @Test func `what is ready together is one turn`() throws {
        let loop = try EventLoop()
        var pipes: [[Int32]] = []
        for _ in 0..<5 {
            var ends: [Int32] = [0, 0]
            _ = unsafe pipe(&ends)
            _ = unsafe write(ends[1], "x", 1)
            pipes.append(ends)
        }
        defer { pipes.joined().forEach { close($0) } }
        var handled = 0
        var handledAtHook: [Int] = []
        let sources = try pipes.map { ends in
            try loop.watch(ends[0], .readable) {
                var byte: UInt8 = 0
                _ = unsafe read(ends[0], &byte, 1)
                handled += 1
                if handled == 5 { loop.stop(code: 0) }
            }
        }
        _ = try loop.run { handledAtHook.append(handled) }
        withExtendedLifetime(sources) {}
        #expect(handledAtHook == [0, 5])
    }

    @Test func `a handler may let go of its own source`() throws {
        let loop = try EventLoop()
        var ends: [Int32] = [0, 0]
        _ = unsafe pipe(&ends)
        defer { ends.forEach { close($0) } }
        _ = unsafe write(ends[1], "x", 1)
        var source: Source?
        var calls = 0
        source = try loop.watch(ends[0], .readable) {
            calls += 1
            source = nil
            loop.stop(code: 0)
        }
        _ = try loop.run {}
        #expect(calls == 1)
        #expect(source == nil)
    }
}
