package import Domain
package import Modeling

/// The gamma-gamma model of all purchase days, the first one, too.
///
/// One-timers are then forecast by what they spent, and not as the average of those who came back.
package struct GammaGammaAllDaysFamily: SpendFamily {
    package let name = "gamma_gamma_all"

    package init() {}

    package func fit(
        _ summaries: CustomerSummaries,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        try fitGammaGamma(.allDays, named: name, summaries, priors, control)
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any SpendModel {
        try GammaGammaModel(fitted, .allDays)
    }
}
