/// What a fit expects before it sees the data: the setting `priors` of a job.
package enum Priors: String, Codable, CaseIterable, Sendable {
    /// Log-normal ones, so wide that a few hundred customers overrule them.
    case weak
    /// Plain maximum likelihood, as in the literature.
    case none
}
