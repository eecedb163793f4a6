import Domain
import Evaluation
import Features
import Parallel
import Testing

@Suite("past origins", .timeLimit(.minutes(2)))
struct PastOriginTests {
    @Test("at an origin only what was known then is known, and every later day counts once")
    func cut() throws {
        let ledger = World(customers: 900, seed: 11).ledger
        let origins = PastOrigin.all(of: ledger, horizonsDays: [30, 90])
        let ago = origins.map { Int(ledger.asOf.number - $0.day.number) }
        #expect(ago == [30, 60, 90, 120, 180, 270].filter { ago.contains($0) } && ago.count >= 4)
        for origin in origins {
            let known = origin.known
            #expect(known.asOf == origin.day)
            let then = (0..<ledger.customerCount).filter {
                ledger.day[Int(ledger.offsets[$0])] <= origin.day.number
            }
            #expect(known.customerCount == then.count)
            let back = Int(ledger.asOf.number - origin.day.number)
            #expect(origin.later.keys.allSatisfy { back % $0 == 0 && back / $0 <= 4 })
            for (place, customer) in then.enumerated() {
                let all = Int(ledger.offsets[customer])..<Int(ledger.offsets[customer + 1])
                let before = all.filter { ledger.day[$0] <= origin.day.number }
                let own = Int(known.offsets[place])..<Int(known.offsets[place + 1])
                #expect(Array(known.day[own]) == before.map { ledger.day[$0] })
                #expect(Array(known.amount?[own] ?? []) == before.map { ledger.amount?[$0] ?? 0 })
                for (days, later) in origin.later {
                    let after = all.filter {
                        let day = ledger.day[$0] - origin.day.number
                        return day > 0 && day <= days
                    }
                    #expect(later.purchases[place] == Int32(after.count))
                    let spend = after.reduce(0) { $0 + (ledger.amount?[$1] ?? 0) }
                    #expect(later.spend[place] == spend)
                }
            }
        }
    }

    @Test("a date with less history than the horizon, or too few repeat purchases, is none")
    func tooEarly() {
        let ledger = World(customers: 900, seed: 12).ledger
        for origin in PastOrigin.all(of: ledger, horizonsDays: [100, 200]) {
            let history = Int(origin.day.number - World.first.number)
            #expect(origin.later.keys.allSatisfy { $0 <= history })
        }
        #expect(PastOrigin.all(of: ledger, horizonsDays: [400]).isEmpty)
        let small = World(customers: 60, seed: 13).ledger
        #expect(PastOrigin.all(of: small, horizonsDays: [30]).isEmpty)
    }

    @Test("of many customers a fixed part is looked at, whoever else there is")
    func sample() {
        let team = ThreadTeam(threads: 2)
        func ledger(_ customers: Int) -> Ledger {
            var pool = StringPool()
            for customer in 0..<customers { _ = pool.append("user_\(customer)") }
            return Ledger(
                customers: pool,
                offsets: (0...customers).map { UInt32($0) },
                day: (0..<customers).map { Int32($0) },
                amount: nil,
                asOf: Day(number: 100_000)
            )
        }
        let some = ledger(Evaluation.customersMost)
        #expect(Evaluation.sample(some, team).day == some.day)
        let many = Evaluation.sample(ledger(60_000), team)
        let deviation = Double(many.customerCount - Evaluation.customersMost) / 128
        #expect(abs(deviation) < 4, "\(many.customerCount)")
        #expect(Evaluation.sample(ledger(60_000), ThreadTeam(threads: 1)).day == many.day)
        // Days stand for customers here: of a larger base the same ones are left, but fewer.
        let more = Set(Evaluation.sample(ledger(66_000), team).day)
        #expect(more.filter { $0 < 60_000 }.isSubset(of: many.day))
    }
}
