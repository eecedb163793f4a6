import Glibc
import Parallel
import Synchronization
import Testing

@Suite struct ThreadTeamTests {
    @Test("a team has at least one thread and at most the usable cores")
    func size() {
        #expect(ThreadTeam(threads: 0).threads == 1)
        #expect(ThreadTeam(threads: 1_000_000).threads == ThreadTeam.usableCores)
        #expect(ThreadTeam.usableCores >= 1)
    }

    @Test("results come in the order of the indices, each made once", arguments: [0, 1, 2, 1000])
    func order(count: Int) {
        let calls = Atomic<Int>(0)
        let results = ThreadTeam().map(count) { index in
            calls.wrappingAdd(1, ordering: .relaxed)
            return index * index
        }
        #expect(results == (0..<count).map { $0 * $0 })
        #expect(calls.load(ordering: .relaxed) == count)
    }

    @Test("sums are the same bits for any number of threads")
    func sameBits() {
        let sum = { (threads: Int) in
            ThreadTeam(threads: threads).sum(over: 100_003, by: 97) { range in
                var sums = SIMD8<Double>()
                for index in range { sums[index % 8] += sin(Double(index)) / 3 }
                return sums
            }
        }
        #expect(sum(1) == sum(2))
    }

    @Test("a column holds a value per index", arguments: [0, 1, 16_384, 40_000])
    func column(count: Int) {
        #expect(ThreadTeam().column(count) { Int32($0) * 3 } == (0..<count).map { Int32($0) * 3 })
    }

    @Test("products are consumed in order on the calling thread", arguments: [0, 1, 3, 500])
    func inOrder(count: Int) {
        let caller = pthread_self()
        var seen: [Int] = []
        ThreadTeam().inOrder(count) { index in
            if index % 7 == 0 { usleep(200) }
            return index
        } consume: { product in
            #expect(pthread_equal(caller, pthread_self()) != 0)
            seen.append(product)
        }
        #expect(seen == Array(0..<count))
    }

    @Test("who consumes makes nothing when there are helpers, and everything when there are none")
    func consumerIsFree() {
        let caller = pthread_self()
        for threads in [1, 2, 3] {
            var madeByCaller = 0
            ThreadTeam(threads: threads).inOrder(200) { _ in
                pthread_equal(caller, pthread_self()) != 0
            } consume: { isCallers in
                if isCallers { madeByCaller += 1 }
            }
            #expect(madeByCaller == (threads == 1 ? 200 : 0))
        }
    }

    @Test("producers stay a bounded number of products ahead of a slow consumer")
    func bounded() {
        let team = ThreadTeam()
        let made = Atomic<Int>(0)
        var consumed = 0
        team.inOrder(60) { index in
            made.wrappingAdd(1, ordering: .relaxed)
            return index
        } consume: { _ in
            usleep(500)
            consumed += 1
            #expect(made.load(ordering: .relaxed) <= consumed + 2 * team.threads)
        }
    }

    @Test("an error of the consumer ends the production")
    func failure() {
        struct Full: Error {}
        let made = Atomic<Int>(0)
        #expect(throws: Full.self) {
            try ThreadTeam().inOrder(10_000) { index in
                made.wrappingAdd(1, ordering: .relaxed)
                return index
            } consume: { (product) throws(Full) in
                if product == 3 { throw Full() }
            }
        }
        #expect(made.load(ordering: .relaxed) < 100)
    }

    @Test("helpers take no signals away from the threads that wait for them")
    func signals() {
        let before = blocksTermination()
        let caller = pthread_self()
        let blocked = ThreadTeam().map(64) { _ in
            usleep(100)
            return pthread_equal(caller, pthread_self()) != 0 || blocksTermination()
        }
        #expect(blocked.allSatisfy { $0 })
        #expect(blocksTermination() == before)
    }
}

/// Whether the calling thread blocks SIGTERM.
private func blocksTermination() -> Bool {
    var mask = sigset_t()
    unsafe pthread_sigmask(SIG_BLOCK, nil, &mask)
    return unsafe sigismember(&mask, SIGTERM) == 1
}
