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
        #expect(ago == [30, 60, 91, 121, 182, 273].filter { ago.contains($0) } && ago.count >= 4)
        // A month from each date, longer ones from those after which they fit without an overlap.
        let months = origins.filter { $0.later[30] != nil }.count
        #expect(months == origins.count)
        #expect(ago.filter { $0 >= 91 && $0 != 121 } == dates(of: 90, origins, ledger))
        #expect(dates(of: 91, origins, ledger) == dates(of: 90, origins, ledger))
        for origin in origins {
            let known = origin.known
            #expect(known.asOf == origin.day)
            let then = (0..<ledger.customerCount).filter {
                ledger.day[Int(ledger.offsets[$0])] <= origin.day.number
            }
            #expect(known.customerCount == then.count)
            let back = Int(ledger.asOf.number - origin.day.number)
            #expect(origin.later.keys.allSatisfy { $0 <= back })
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

    @Test("what is asked changes nothing about the horizons that are looked at anyway")
    func ladder() {
        let ledger = World(customers: 900, seed: 14).ledger
        let none = PastOrigin.all(of: ledger, horizonsDays: [])
        let some = PastOrigin.all(of: ledger, horizonsDays: [7, 30, 100, 365])
        #expect(none.map(\.day) == some.map(\.day) && !none.isEmpty)
        for (one, other) in zip(none, some) {
            let ladder = other.later.filter { PastOrigin.ladder.contains($0.key) }
            #expect(one.later.mapValues(\.purchases) == ladder.mapValues(\.purchases))
            #expect(one.later.mapValues(\.spend) == ladder.mapValues(\.spend))
        }
    }

    /// How many days ago those are from which some days are looked at.
    private func dates(of days: Int, _ origins: [PastOrigin], _ ledger: Ledger) -> [Int] {
        origins.filter { $0.later[days] != nil }.map { Int(ledger.asOf.number - $0.day.number) }
    }

    @Test("a date with less history than the horizon, or too few repeat purchases, is none")
    func tooEarly() {
        let ledger = World(customers: 900, seed: 12).ledger
        for origin in PastOrigin.all(of: ledger, horizonsDays: [100, 200]) {
            let history = Int(origin.day.number - World.first.number)
            #expect(origin.later.keys.allSatisfy { $0 <= history })
        }
        #expect(!PastOrigin.all(of: ledger, horizonsDays: [400]).contains { $0.later[400] != nil })
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
