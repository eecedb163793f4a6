package import Domain
import Glibc
package import Parallel

/// What long work is given by those who started it.
package struct WorkControl: Sendable {
    package var team: ThreadTeam
    /// Asked between evaluations.
    package var isCancelled: @Sendable () -> Bool
    /// Seconds on a clock that only goes forward.
    package var clock: @Sendable () -> Double

    package init(
        team: ThreadTeam,
        isCancelled: @escaping @Sendable () -> Bool,
        clock: @escaping @Sendable () -> Double
    ) {
        self.team = team
        self.isCancelled = isCancelled
        self.clock = clock
    }
}

/// The log-likelihood of customers, as a function of the logarithms of a family's parameters.
package protocol Likelihood: Sendable {
    /// How many customers it is about.
    var customers: Int { get }
    /// The log-likelihood; the derivatives go into `gradient`.
    func evaluate(_ point: [Double], _ gradient: inout [Double], _ team: ThreadTeam) -> Double
    /// The likelihood of about `customers` of them, evenly chosen.
    func sample(_ customers: Int) -> Self
}

/// A parameter on its way through the optimiser.
package struct SearchRange: Sendable {
    package let name: String
    /// Of the logarithm of what is searched for.
    package let bounds: ClosedRange<Double>
    /// The mean and the deviation of that logarithm before the data are seen.
    package let prior: (mean: Double, deviation: Double)

    /// `usual` is the prior's median, `spread` its deviation in factors of e.
    ///
    /// Times are given in units of the customers' mean age, which scales them for the search.
    package init(
        _ name: String,
        _ lowest: Double,
        _ highest: Double,
        usual: Double,
        spread: Double
    ) {
        self.name = name
        bounds = log(lowest)...log(highest)
        prior = (log(usual), spread)
    }
}

/// A simpler model that a family becomes at the end of its range.
package struct SimplerModel: Sendable {
    /// For programs: `no_drop_out`.
    package let code: String
    /// For people, after the model's name: `finds no drop-out; nobody is taken to leave`.
    package let finding: String
    /// The logarithms of parameters that are no longer searched for, by place.
    package let fixed: [Int: Double]
    /// Whether parameters are so close that the simpler model is worth a try.
    package let isNear: @Sendable ([Double]) -> Bool

    package init(
        _ code: String,
        _ finding: String,
        fixing fixed: [Int: Double],
        isNear: @escaping @Sendable ([Double]) -> Bool
    ) {
        (self.code, self.finding) = (code, finding)
        (self.fixed, self.isNear) = (fixed, isNear)
    }
}

/// How the parameters of a family are searched for.
package struct Search: Sendable {
    package var model: String
    package var starts: [[Double]]
    package var ranges: [SearchRange]
    package var simpler: [SimplerModel]
    package var priors: Priors

    package init(
        of model: String,
        from starts: [[Double]],
        in ranges: [SearchRange],
        simpler: [SimplerModel],
        _ priors: Priors
    ) {
        (self.model, self.starts, self.ranges) = (model, starts, ranges)
        (self.simpler, self.priors) = (simpler, priors)
    }
}
