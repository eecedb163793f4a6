import Domain
import Modeling
import Parallel
import ProbabilityModels
import Testing
import Training

/// A published fit: times in weeks, calibration to the end of the first half.
struct PublishedFit: Sendable, CustomTestStringConvertible {
    var model: String
    var data: DataSet
    var parameters: [String: Double]
    var logLikelihood: Double

    var testDescription: String { "\(model) on \(data.file)" }

    static let all = [
        PublishedFit(
            model: "mbg_nbd",
            data: .sample,
            parameters: ["r": 0.524843, "alpha": 6.183084, "a": 0.89136, "b": 1.614003],
            logLikelihood: -9582.1357
        ),
        PublishedFit(
            model: "mbg_nbd",
            data: .full,
            parameters: ["r": 0.63714, "alpha": 7.31029, "a": 0.807474, "b": 1.228394],
            logLikelihood: -95336.9583
        ),
        PublishedFit(
            model: "mbg_nbd",
            data: .grocery,
            parameters: ["r": 1.256921, "alpha": 6.039142, "a": 0.368277, "b": 0.715764],
            logLikelihood: -15781.939
        ),
        PublishedFit(
            model: "nbd",
            data: .sample,
            parameters: ["r": 0.384766, "alpha": 12.072023],
            logLikelihood: -9763.6576
        ),
        PublishedFit(
            model: "pareto_nbd",
            data: .sample,
            parameters: ["r": 0.553277, "alpha": 10.577683, "s": 0.606240, "beta": 11.668738],
            logLikelihood: -9594.9762
        ),
        PublishedFit(
            model: "pareto_nbd",
            data: .full,
            parameters: ["r": 0.59742, "alpha": 11.585659, "s": 0.522185, "beta": 8.827755],
            logLikelihood: -95415.1186
        ),
        PublishedFit(
            model: "pareto_nbd",
            data: .grocery,
            parameters: ["r": 0.786437, "alpha": 5.679041, "s": 0.386239, "beta": 5.717786],
            logLikelihood: -15782.392
        ),
        PublishedFit(
            model: "mbg_cnbd_1",
            data: .grocery,
            parameters: ["k": 1, "r": 1.256921, "alpha": 6.039142, "a": 0.368277, "b": 0.715764],
            logLikelihood: -15781.939
        ),
        PublishedFit(
            model: "mbg_cnbd_k",
            data: .grocery,
            parameters: ["k": 2, "r": 1.3292, "alpha": 2.8126, "a": 0.4247, "b": 0.79],
            logLikelihood: -14978.211
        ),
    ]
}

@Suite("every family on real data", .enabled(if: CDNOW.isHere, "\(CDNOW.absent)"))
struct FamilyGoldenTests {
    @Test("has the published parameters and log-likelihood", arguments: PublishedFit.all)
    func fits(published: PublishedFit) throws {
        let fitted = try fit(published.model, published.data)
        #expect(fitted.converged && fitted.warnings.isEmpty)
        #expect(fitted.name == published.model)
        #expect(fitted.parameters.keys.sorted() == published.parameters.keys.sorted())
        for (name, value) in published.parameters {
            #expect(agree(fitted.parameters[name], value, within: 1e-3), "\(name)")
        }
        #expect(abs(fitted.logLikelihood - published.logLikelihood) < 1e-3)
    }

    @Test("Pareto/NBD's standard errors are the published ones")
    func standardErrors() throws {
        let published = ["r": 0.0476, "alpha": 0.8427, "s": 0.1873, "beta": 6.2105]
        let fitted = try fit("pareto_nbd", .sample)
        for (name, error) in published {
            #expect(agree(fitted.standardErrors[name], error, within: 1e-3), "\(name)")
        }
    }

    @Test(
        "regular timing on the grocer has the known log-likelihood for every k",
        arguments: zip(1...4, [-15781.939, -14978.211, -14996.850, -15326.923])
    )
    func regularities(k: Int, logLikelihood: Double) throws {
        let fitted = try fit("mbg_cnbd_\(k)", .grocery)
        #expect(fitted.parameters["k"] == Double(k) && fitted.converged)
        #expect(abs(fitted.logLikelihood - logLikelihood) < 1e-3)
    }

    @Test("Pareto/NBD's discounted residual purchases are the known ones")
    func discountedResidual() throws {
        let model = ParetoModel(
            r: 0.553277,
            alphaWeeks: 10.577683,
            s: 0.606240,
            betaWeeks: 11.668738
        )
        let summaries = DataSet.sample.summaries()
        let sum = (0..<summaries.count).reduce(0.0) { sum, index in
            let customer = PurchaseHistory(
                repeats: summaries.repeats[index],
                recency: summaries.recency[index],
                age: summaries.age[index]
            )
            return sum + model.discountedPurchases(customer, dailyRate: 0.0027 / 7)
        }
        #expect(abs(sum - 7185.972) < 5e-3)
    }

    private func fit(_ name: String, _ data: DataSet) throws -> FittedModel {
        let family = try #require(catalogue.purchases.first { $0.name == name })
        return try family.fit(PurchasePatterns(data.summaries()), .none, control())
    }
}
