import Configuration
import Domain
import ModelStore
import Scheduling

/// Judges a job's freshness by the store's manifests and the last forecast, without any database.
struct FreshnessJudge {
    var store: ModelStore
    var job: ConfiguredJob
    /// The as-of day of the last forecast that was published, and when.
    var lastForecast: (asOf: Day, publishedAt: Instant)?

    /// What that forecast's run measured.
    var drift: Drift?

    /// The last look at the data, or why there is none.
    var data = Fact<DataLook>.none

    func judge(at now: Instant) -> Freshness {
        let kind = job.job.kind
        var facts = FreshnessFacts(
            trains: kind != .prediction,
            predicts: kind != .train,
            today: job.zone.day(of: now),
            maxModelAge: job.job.maxModelAge,
            configurationHash: job.modelHash,
            programVersion: ProgramVersion.current,
            version: newestVersion(at: now),
            forecastAsOf: lastForecast.map { .known($0.asOf) } ?? .none
        )
        if case .known(let version) = facts.version, version.name == drift?.version {
            facts.drift = drift
        }
        let timing = job.job.timing
        facts.maxDrift = timing.maxDrift
        facts.limits = FreshnessFacts.DataLimits(
            newPurchases: timing.maxNewPurchases,
            newCustomers: timing.maxNewCustomers,
            dataAge: timing.maxDataAge
        )
        switch data {
        case .none: facts.data = .none
        case .unknown(let why): facts.data = .unknown(why)
        case .known(let look):
            facts.data = .known(.init(facts: look.facts, lookedOn: job.zone.day(of: look.at)))
        }
        return Freshness(judging: facts)
    }

    func check(at now: Instant) -> FreshnessCheck {
        let freshness = judge(at: now)
        if freshness.isRunNeeded {
            return FreshnessCheck(
                at: now,
                verdict: .stale,
                reasons: freshness.reasons,
                staleSince: lastForecast?.publishedAt
            )
        }
        let isUnknown = freshness.terms.contains { $0.state == .unknown }
        return FreshnessCheck(
            at: now,
            verdict: isUnknown ? .unknown : .fresh,
            reasons: freshness.terms.filter { $0.state != .fresh }.map(\.name.rawValue)
        )
    }

    private func newestVersion(at now: Instant) -> Fact<FreshnessFacts.Version> {
        do {
            let names = try store.versionNames(tenant: job.key.tenant, job: job.key.job)
            for name in names.reversed() {
                let manifest = try manifest(name)
                guard let manifest else { return .known(damaged(at: now)) }
                guard manifest.timePeriod == job.job.timePeriod else { continue }
                var version = FreshnessFacts.Version(
                    fitDay: manifest.fittedOn,
                    configurationHash: manifest.settingsHash,
                    programVersion: manifest.programVersion
                )
                version.name = manifest.version
                version.purchases = manifest.purchases
                version.customers = manifest.customers
                return .known(version)
            }
            return .none
        } catch {
            return .unknown((error as? any Problem)?.message ?? "\(error)")
        }
    }

    /// Nil when it is damaged.
    private func manifest(_ version: String) throws -> Manifest? {
        do {
            return try store.manifest(
                tenant: job.key.tenant,
                job: job.key.job,
                version: version
            )
        } catch let problem as StoreProblem where problem.code == "damaged_version" {
            return nil
        }
    }

    /// A version of which nothing can be said but that it must be replaced.
    private func damaged(at now: Instant) -> FreshnessFacts.Version {
        FreshnessFacts.Version(
            fitDay: job.zone.day(of: now),
            configurationHash: job.modelHash,
            programVersion: ProgramVersion.current,
            isDamaged: true
        )
    }
}
