import Domain

/// The terms that only the data can tell.
extension Freshness {
    static func dataTerms(_ facts: FreshnessFacts) -> [Term] {
        let limits = facts.limits
        switch facts.data {
        case .known(let data): return knownTerms(data, facts)
        case .none where limits == FreshnessFacts.DataLimits(): return []
        case .none: return unknownTerms(limits, "nobody has looked at the data yet")
        case .unknown(let why): return unknownTerms(limits, "the data are not known: \(why)")
        }
    }

    private static func knownTerms(
        _ data: FreshnessFacts.Data,
        _ facts: FreshnessFacts
    ) -> [Term] {
        var terms: [Term] = []
        if case .known(let version) = facts.version, let purchases = version.purchases,
            let customers = version.customers
        {
            terms.append(
                growthTerm(
                    .newPurchases,
                    "purchase day",
                    max(0, data.facts.purchases - purchases),
                    facts.limits.newPurchases
                )
            )
            terms.append(
                growthTerm(
                    .newCustomers,
                    "customer",
                    max(0, data.facts.customers - customers),
                    facts.limits.newCustomers
                )
            )
        }
        if let newest = data.facts.newestPurchaseOn {
            terms.append(ageTerm(newest, data.lookedOn, facts))
        }
        return terms
    }

    private static func growthTerm(
        _ name: Term.Name,
        _ unit: String,
        _ count: Int,
        _ limit: Int?
    ) -> Term {
        let found = "\(count) \(unit)\(count == 1 ? "" : "s") came since the fit"
        return Term(
            name: name,
            state: limit.map { count > $0 ? .stale : .fresh } ?? .fresh,
            number: Double(count),
            limit: limit.map { Double($0) },
            sentence: limit.map { "\(found), the limit is \($0)" } ?? found
        )
    }

    /// A fit would not make the data younger, so old data are a warning.
    private static func ageTerm(_ newest: Day, _ lookedOn: Day, _ facts: FreshnessFacts) -> Term {
        let age = facts.today - newest
        let limit = facts.limits.dataAge
        let found =
            "the newest purchase is of \(newest), \(days(age)) ago, by a look on \(lookedOn)"
        return Term(
            name: .dataAge,
            state: limit.map { age > $0.days ? .warning : .fresh } ?? .fresh,
            number: Double(age),
            limit: limit.map { Double($0.days) },
            sentence: limit.map { "\(found); the limit is \($0.days) (\($0.name))" } ?? found
        )
    }

    private static func unknownTerms(
        _ limits: FreshnessFacts.DataLimits,
        _ sentence: String
    ) -> [Term] {
        var names: [Term.Name] = []
        if limits.newPurchases != nil { names.append(.newPurchases) }
        if limits.newCustomers != nil { names.append(.newCustomers) }
        if limits.dataAge != nil { names.append(.dataAge) }
        return names.map { Term(name: $0, state: .unknown, sentence: sentence) }
    }
}
