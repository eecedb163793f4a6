package import Modeling
import ProbabilityModels
import SurvivalModels

/// Every model family that this program knows: adding one is a folder in Models and a line here.
package let catalogue = ModelCatalogue(
    purchases: [
        BetaGeometricFamily(),
        ModifiedBetaGeometricFamily(),
        ParetoFamily(),
        NegativeBinomialFamily(),
        RegularTimingFamily(),
    ] + RegularTimingFamily.regularities.map { RegularTimingFamily(regularity: $0) },
    returns: [CoxFamily()],
    spend: [
        GammaGammaFamily(),
        GammaGammaAllDaysFamily(),
        LogNormalSpendFamily(),
    ]
)
