import Domain

/// Whether a job's models and its forecast are young enough, term by term, and what follows.
///
/// A pure function of its facts. What could not be found out is `unknown`, which starts nothing.
package struct Freshness: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable { case fresh, warning, stale, unknown }

    package struct Term: Codable, Hashable, Sendable {
        package enum Name: String, Codable, Sendable {
            case model, modelAge = "model_age", configuration, program, store, forecast
            case newPurchases = "new_purchases"
            case newCustomers = "new_customers"
            case dataAge = "data_age"
            case drift
            case byHand = "by_hand"

            /// What its number and limit count.
            package var unit: String {
                switch self {
                case .newPurchases: "purchase days"
                case .newCustomers: "customers"
                case .drift: "deviations"
                default: "days"
                }
            }
        }

        package var name: Name
        package var state: State
        /// In the name's unit, where the term counts something.
        package var number: Double?
        package var limit: Double?
        package var sentence: String
    }

    package struct Decision: Codable, Hashable, Sendable {
        package var isNeeded: Bool
        /// The names of the terms that decided, and `new_model` for a forecast that follows a fit.
        package var reasons: [String]
        package var sentence: String

        private enum CodingKeys: String, CodingKey {
            case reasons, sentence
            case isNeeded = "is_needed"
        }
    }

    package var terms: [Term]
    package var retrain: Decision
    package var forecast: Decision

    /// Nothing starts unless one of the decisions asks for it.
    package var isRunNeeded: Bool { retrain.isNeeded || forecast.isNeeded }

    /// The reasons of both decisions, each once.
    package var reasons: [String] {
        retrain.reasons + forecast.reasons.filter { !retrain.reasons.contains($0) }
    }

    package init(judging facts: FreshnessFacts) {
        var terms = Freshness.modelTerms(facts)
        if let drift = facts.drift { terms.append(Freshness.driftTerm(drift, facts.maxDrift)) }
        if facts.predicts { terms.append(Freshness.forecastTerm(facts)) }
        terms += Freshness.dataTerms(facts)
        if facts.request == .retrain {
            terms.append(
                Term(name: .byHand, state: .stale, sentence: "a retraining was asked for by hand")
            )
        }
        self.terms = terms
        retrain = Freshness.retrainDecision(facts, terms)
        forecast = Freshness.forecastDecision(facts, terms, retrain)
    }
}

extension Freshness {
    private static func modelTerms(_ facts: FreshnessFacts) -> [Term] {
        switch facts.version {
        case .none:
            [Term(name: .model, state: .stale, sentence: "no version of the model is stored")]
        case .unknown(let why):
            [
                Term(
                    name: .model,
                    state: .unknown,
                    sentence: "the stored versions are not known: \(why)"
                )
            ]
        case .known(let version):
            [
                ageTerm(version, facts),
                term(
                    .configuration,
                    isStale: version.configurationHash != facts.configurationHash,
                    "the job's query or configuration changed since the fit",
                    "query and configuration are those of the fit"
                ),
                term(
                    .program,
                    isStale: version.programVersion != facts.programVersion,
                    "the model was fitted by version \(version.programVersion) of the program, "
                        + "this is \(facts.programVersion)",
                    "the model was fitted by this version of the program"
                ),
                term(
                    .store,
                    isStale: version.isDamaged,
                    "the stored version is damaged" + (version.damage.map { ": \($0)" } ?? ""),
                    filesSentence(version.files)
                ),
            ]
        }
    }

    private static func filesSentence(_ files: FreshnessFacts.Files) -> String {
        switch files {
        case .matching: "the stored version's files match their checksums"
        case .unread: "the stored version is there; the next check reads its files"
        case .large(let bytes):
            "the stored version is there; its files, \(bytes >> 20) MiB, are checked by each run alone"
        }
    }

    private static func ageTerm(
        _ version: FreshnessFacts.Version,
        _ facts: FreshnessFacts
    ) -> Term {
        let age = facts.today - version.fitDay
        let limit = facts.maxModelAge
        let sentence =
            switch age {
            case ..<0:
                "the model was fitted on \(version.fitDay), \(days(-age)) after today: "
                    + "the clock went back"
            case 0...limit.days:
                "the model is \(days(age)) old, the limit is \(limit.days) (\(limit.name))"
            default:
                "the model is \(days(age)) old, more than the limit of \(limit.days) "
                    + "(\(limit.name))"
            }
        return Term(
            name: .modelAge,
            state: (0...limit.days).contains(age) ? .fresh : .stale,
            number: Double(age),
            limit: Double(limit.days),
            sentence: sentence
        )
    }

    private static func driftTerm(_ drift: Drift, _ limit: Double) -> Term {
        Term(
            name: .drift,
            state: drift.deviations > limit ? .stale : .fresh,
            number: drift.deviations,
            limit: limit,
            sentence: "\(drift.sentence), the limit is \(limit)"
        )
    }

    /// The number is how many complete days the forecast does not know of.
    private static func forecastTerm(_ facts: FreshnessFacts) -> Term {
        let last = facts.today - 1
        switch facts.forecastAsOf {
        case .none:
            return Term(name: .forecast, state: .stale, sentence: "no forecast is published")
        case .unknown(let why):
            return Term(
                name: .forecast,
                state: .unknown,
                sentence: "the published forecast is not known: \(why)"
            )
        case .known(let day):
            let behind = last - day
            let (state, sentence): (State, String) =
                switch behind {
                case ..<0:
                    // Kept, it would tell of no new day until its own has come.
                    (
                        .stale,
                        "the forecast is as of \(day), after the last complete day \(last): "
                            + "the clock went back"
                    )
                case 0: (.fresh, "the forecast is as of the last complete day \(last)")
                default:
                    (
                        .stale,
                        "the forecast is as of \(day), \(days(behind)) before the last complete "
                            + "day \(last)"
                    )
                }
            return Term(
                name: .forecast,
                state: state,
                number: Double(behind),
                limit: 0,
                sentence: sentence
            )
        }
    }

    private static func retrainDecision(_ facts: FreshnessFacts, _ terms: [Term]) -> Decision {
        let stale = terms.filter { $0.state == .stale && $0.name != .forecast }
        guard facts.trains else {
            return Decision(isNeeded: false, reasons: [], sentence: "this job does not train")
        }
        if !stale.isEmpty {
            return Decision(
                isNeeded: true,
                reasons: stale.map(\.name.rawValue),
                sentence: stale.map(\.sentence).joined(separator: "; ")
            )
        }
        let unknown = terms.first { $0.name == .model && $0.state == .unknown }
        return Decision(
            isNeeded: false,
            reasons: [],
            sentence: unknown?.sentence ?? "the stored version is fresh"
        )
    }

    private static func forecastDecision(
        _ facts: FreshnessFacts,
        _ terms: [Term],
        _ retrain: Decision
    ) -> Decision {
        guard facts.predicts else {
            return Decision(isNeeded: false, reasons: [], sentence: "this job does not forecast")
        }
        if facts.request != .none {
            return Decision(
                isNeeded: true,
                reasons: [Term.Name.byHand.rawValue],
                sentence: "it was asked for by hand"
            )
        }
        if retrain.isNeeded {
            return Decision(
                isNeeded: true,
                reasons: ["new_model"],
                sentence: "a new version of the model is to be used"
            )
        }
        let term = forecastTerm(facts)
        // Without a version such a job can only fail; it starts when a train job has stored one.
        if term.state == .stale, facts.version == .none {
            return Decision(
                isNeeded: false,
                reasons: [],
                sentence: "no version of the model is stored that a forecast could use"
            )
        }
        return Decision(
            isNeeded: term.state == .stale,
            reasons: term.state == .stale ? [term.name.rawValue] : [],
            sentence: term.sentence
        )
    }

    private static func term(
        _ name: Term.Name,
        isStale: Bool,
        _ stale: String,
        _ fresh: String
    ) -> Term {
        Term(name: name, state: isStale ? .stale : .fresh, sentence: isStale ? stale : fresh)
    }

    static func days(_ count: Int) -> String { count == 1 ? "1 day" : "\(count) days" }
}
