/// A model that a job or a pipeline may name; the worker's catalogue has the families themselves.
package struct ModelName: Hashable, Sendable {
    /// What a model forecasts.
    ///
    /// Of several models of a kind the one that is named first forecasts.
    package enum Kind: String, CaseIterable, Sendable {
        case purchases
        case oneTimers = "the return of one-timers"
        case spend
    }

    package let name: String
    package let kind: Kind
    /// What is special about it, in a few words.
    package let summary: String

    private init(_ name: String, _ kind: Kind, _ summary: String) {
        self.name = name
        self.kind = kind
        self.summary = summary
    }

    package static let all = [
        ModelName("bg_nbd", .purchases, "who leaves, leaves right after a purchase; the usual one"),
        ModelName("mbg_nbd", .purchases, "the same, and one-timers may have left, too"),
        ModelName("pareto_nbd", .purchases, "customers may leave at any time"),
        ModelName("nbd", .purchases, "nobody ever leaves"),
        ModelName(
            "mbg_cnbd_k",
            .purchases,
            "regular gaps between purchases; how regular, 1 to 4, is chosen from the data"
        ),
        ModelName("mbg_cnbd_1", .purchases, "the same with gaps at random, as in mbg_nbd"),
        ModelName("mbg_cnbd_2", .purchases, "the same with rather regular gaps"),
        ModelName("mbg_cnbd_3", .purchases, "the same with regular gaps"),
        ModelName("mbg_cnbd_4", .purchases, "the same with very regular gaps"),
        ModelName("cox", .oneTimers, "by their first spend, its month and columns of groups"),
        ModelName(
            "gamma_gamma",
            .spend,
            "learns from purchases after the first; the usual one where spend does not follow "
                + "frequency"
        ),
        ModelName("gamma_gamma_all", .spend, "the same, and it learns from the first, too"),
        ModelName("log_normal", .spend, "those who buy often may spend more, or less, each time"),
    ]

    package static let names = all.map(\.name)

    /// What is wrong with a list of names; nil when it can be used.
    package static func fault(in names: [String]) -> (message: String, fix: String)? {
        for (index, name) in names.enumerated() {
            if names[..<index].contains(name) {
                return ("model \"\(name)\" is named twice", "remove one of them")
            }
            if self.names.contains(name) { continue }
            let fix =
                Suggestion.nearest(to: name, among: self.names).map { "did you mean \"\($0)\"?" }
                ?? "the models are \(self.names.joined(separator: ", "))"
            return ("model \"\(name)\" is not known", fix)
        }
        return hasPurchases(names) ? nil : (noPurchases, addPurchases)
    }

    static func hasPurchases(_ names: [String]) -> Bool {
        all.contains { $0.kind == .purchases && names.contains($0.name) }
    }

    static let noPurchases = "none of the models forecasts purchases"
    static let addPurchases = "add one, such as \"bg_nbd\""
}
