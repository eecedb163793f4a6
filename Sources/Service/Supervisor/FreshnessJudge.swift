import Configuration
import Domain
import ModelStore
import Scheduling

/// Judges a job's freshness by the store and the last forecast, without any database.
struct FreshnessJudge {
    var store: ModelStore
    var files: FileChecks
    var job: ConfiguredJob
    /// The as-of day of the last forecast that was published, and when.
    var lastForecast: (asOf: Day, publishedAt: Instant)?

    /// What that forecast's run measured.
    var drift: Drift?

    /// The last look at the data, or why there is none.
    var data = Fact<DataLook>.none

    /// `readingFiles` is for checks: whoever only asks learns what the last one found.
    func judge(at now: Instant, readingFiles: Bool = false) -> Freshness {
        let kind = job.job.kind
        var facts = FreshnessFacts(
            trains: kind != .prediction,
            predicts: kind != .train,
            today: job.zone.day(of: now),
            maxModelAge: job.job.maxModelAge,
            configurationHash: job.modelHash,
            programVersion: ProgramVersion.current,
            version: newestVersion(at: now, readingFiles),
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
        let freshness = judge(at: now, readingFiles: true)
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

    /// The newest version that a run would load.
    private func newestVersion(
        at now: Instant,
        _ readingFiles: Bool
    ) -> Fact<FreshnessFacts.Version> {
        let (tenant, name) = (job.key.tenant, job.key.job)
        do {
            let champion = try store.championName(tenant: tenant, job: name)
            let names = try store.versionNames(tenant: tenant, job: name)
            for name in names.reversed() where champion.map({ name <= $0 }) ?? true {
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
                switch try files.finding(of: manifest, in: store, reading: readingFiles) {
                case .matching: version.files = .matching
                case .unread: version.files = .unread
                case .large(let bytes): version.files = .large(bytes: bytes)
                case .damaged(let cause):
                    version.isDamaged = true
                    version.damage = cause
                }
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
