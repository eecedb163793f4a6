import Domain
import Scheduling
import Testing

@Suite struct FreshnessTests {
    private let today = Day(number: 20_000)

    private func facts(age: Int = 5, behind: Int = 0) throws -> FreshnessFacts {
        FreshnessFacts(
            trains: true,
            predicts: true,
            today: today,
            maxModelAge: try #require(TimePeriod("month")),
            configurationHash: "c",
            programVersion: "1.0",
            version: .known(
                .init(fitDay: today - age, configurationHash: "c", programVersion: "1.0")
            ),
            forecastAsOf: .known(today - 1 - behind)
        )
    }

    @Test(
        "a version is fresh from its day to the limit, and stale outside",
        arguments: [
            (-1, Freshness.State.stale), (0, .fresh), (1, .fresh), (29, .fresh), (30, .fresh),
            (31, .stale), (4000, .stale),
        ]
    )
    func age(age: Int, state: Freshness.State) throws {
        let freshness = Freshness(judging: try facts(age: age))
        let term = try #require(freshness.terms.first { $0.name == .modelAge })
        #expect(term.state == state)
        #expect(term.number == Double(age))
        #expect(term.limit == 30)
        #expect(freshness.retrain.isNeeded == (state == .stale))
        #expect(freshness.retrain.reasons == (state == .stale ? ["model_age"] : []))
        #expect(freshness.forecast.isNeeded == (state == .stale))
    }

    @Test("the sentences say the number, the limit and what happened")
    func sentences() throws {
        func sentence(_ age: Int) throws -> String? {
            Freshness(judging: try facts(age: age)).terms.first?.sentence
        }
        #expect(try sentence(1) == "the model is 1 day old, the limit is 30 (month)")
        #expect(try sentence(31) == "the model is 31 days old, more than the limit of 30 (month)")
        #expect(
            try sentence(-2)
                == "the model was fitted on 2024-10-06, 2 days after today: the clock went back"
        )
    }

    @Test(
        "a forecast is stale when it is of another day than the last complete one",
        arguments: [
            (-1, Freshness.State.stale), (-366, .stale), (0, .fresh), (1, .stale), (9, .stale),
        ]
    )
    func forecast(behind: Int, state: Freshness.State) throws {
        let freshness = Freshness(judging: try facts(behind: behind))
        #expect(freshness.terms.last?.state == state)
        #expect(freshness.forecast.isNeeded == (state == .stale))
        #expect(!freshness.retrain.isNeeded)
        #expect(freshness.isRunNeeded == (state == .stale))
        #expect(freshness.reasons == (state == .stale ? ["forecast"] : []))
    }

    @Test("a changed configuration, another program and a damaged store each retrain")
    func changes() throws {
        var changed = try facts()
        changed.configurationHash = "d"
        #expect(Freshness(judging: changed).retrain.reasons == ["configuration"])
        changed = try facts()
        changed.programVersion = "1.1"
        #expect(Freshness(judging: changed).retrain.reasons == ["program"])
        changed = try facts()
        changed.version = .known(
            .init(fitDay: today, configurationHash: "c", programVersion: "1.0", isDamaged: true)
        )
        #expect(Freshness(judging: changed).retrain.reasons == ["store"])
        #expect(Freshness(judging: changed).reasons == ["store", "new_model"])
    }

    @Test(
        "what came since the fit retrains beyond the limit",
        arguments: [
            (2.9, 3.0, Freshness.State.fresh), (3.0, 3.0, .fresh), (3.1, 3.0, .stale),
            (3.1, 4.0, .fresh),
        ]
    )
    func drift(deviations: Double, limit: Double, state: Freshness.State) throws {
        let total = PastTotal(
            origin: today - 28,
            horizonDays: 28,
            customers: 500,
            purchases: .init(expected: 200, actual: 100, chance: 0.01),
            spend: nil
        )
        var facts = try facts()
        #expect(!Freshness(judging: facts).terms.contains { $0.name == .drift })
        facts.drift = Drift(version: "v000001", sinceFit: total, deviations: deviations)
        facts.maxDrift = limit
        let freshness = Freshness(judging: facts)
        let term = try #require(freshness.terms.first { $0.name == .drift })
        #expect(term.state == state && term.number == deviations && term.limit == limit)
        #expect(
            term.sentence
                == "in 28 days since the fit came 50 % less purchases than forecast, "
                + "\(deviations) deviations, the limit is \(limit)"
        )
        #expect(freshness.retrain.reasons == (state == .stale ? ["drift"] : []))
    }

    @Test("the sentence about the store says what is known of the files, and no more")
    func files() throws {
        func sentence(_ change: (inout FreshnessFacts.Version) -> Void) throws -> String? {
            var version = FreshnessFacts.Version(
                fitDay: today,
                configurationHash: "c",
                programVersion: "1.0"
            )
            change(&version)
            var facts = try facts()
            facts.version = .known(version)
            return Freshness(judging: facts).terms.first { $0.name == .store }?.sentence
        }
        #expect(
            try sentence { _ in } == "the stored version is there; the next check reads its files"
        )
        #expect(
            try sentence { $0.files = .matching }
                == "the stored version's files match their checksums"
        )
        #expect(
            try sentence { $0.files = .large(bytes: 50 << 20) }
                == "the stored version is there; its files, 50 MiB, are checked by each run alone"
        )
        #expect(
            try sentence {
                $0.isDamaged = true
                $0.damage = "\"a.json\" is missing"
            } == "the stored version is damaged: \"a.json\" is missing"
        )
    }

    @Test("without a stored version a training job trains and a prediction job says so")
    func noVersion() throws {
        var facts = try facts(behind: 1)
        facts.version = .none
        #expect(Freshness(judging: facts).retrain.reasons == ["model"])
        facts.trains = false
        let freshness = Freshness(judging: facts)
        #expect(!freshness.isRunNeeded)
        #expect(
            freshness.forecast.sentence
                == "no version of the model is stored that a forecast could use"
        )
    }

    @Test("unknown is never stale")
    func unknown() throws {
        var facts = try facts()
        facts.version = .unknown("permission denied")
        facts.forecastAsOf = .unknown("permission denied")
        let freshness = Freshness(judging: facts)
        #expect(freshness.terms.map(\.state) == [.unknown, .unknown])
        #expect(!freshness.isRunNeeded)
    }

    @Test("a job trains and forecasts only what its kind says, also by hand")
    func kinds() throws {
        var stale = try facts(age: 31, behind: 3)
        stale.predicts = false
        #expect(Freshness(judging: stale).reasons == ["model_age"])
        stale.predicts = true
        stale.trains = false
        #expect(Freshness(judging: stale).reasons == ["forecast"])
        var byHand = try facts()
        byHand.request = .run
        #expect(Freshness(judging: byHand).reasons == ["by_hand"])
        #expect(!Freshness(judging: byHand).retrain.isNeeded)
        byHand.request = .retrain
        #expect(Freshness(judging: byHand).retrain.reasons == ["by_hand"])
    }
}
