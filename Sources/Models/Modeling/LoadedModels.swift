/// The models of a forecast with their nine draws, see `SigmaDesign`.
///
/// Of several models of a kind the first is used.
package struct LoadedModels: Sendable {
    package let draws: [ParameterDraw]
    /// Nil without a model of one-timers' return.
    package let returns: (any ReturnModel)?
    /// The first alone when the parameters are known so well that the rest moves no customer's
    /// quantile by half a percent.
    package let drawsThatCount: [ParameterDraw]

    /// Of a parameter's logarithm: small beside how far outcomes of one customer lie apart.
    private static let errorThatCounts = 0.05

    package init(
        _ models: [FittedModel],
        of catalogue: ModelCatalogue,
        hasAmounts: Bool
    ) throws(ModelProblem) {
        let purchases = models.lazy.compactMap { model in
            catalogue.purchases.first { $0.name == model.name }.map { (model, $0) }
        }.first
        guard let (purchaseModel, purchaseFamily) = purchases else {
            throw ModelProblem(
                code: "no_purchase_model",
                message: "no stored model forecasts purchases",
                fix: "retrain the job: clvctl run TENANT/JOB --retrain"
            )
        }
        let spend = models.lazy.compactMap { model in
            catalogue.spend.first { $0.name == model.name }.map { (model, $0) }
        }.first
        var draws: [ParameterDraw] = []
        for draw in 0..<SigmaDesign.draws {
            var loaded = ParameterDraw(
                purchases: try purchaseFamily.load(purchaseModel.draw(draw, .pairs)),
                spend: nil
            )
            if hasAmounts, let (model, family) = spend {
                loaded.spend = try family.load(model.draw(draw, .simplex))
            }
            draws.append(loaded)
        }
        let error = max(purchaseModel.largestLogError, spend?.0.largestLogError ?? 0)
        self.draws = draws
        let returning = models.lazy.compactMap { model in
            catalogue.returns.first { $0.name == model.name }.map { (model, $0) }
        }.first
        returns = try returning.map { (model, family) throws(ModelProblem) in
            try family.load(model)
        }
        drawsThatCount = error > LoadedModels.errorThatCounts ? draws : Array(draws.prefix(1))
    }
}
