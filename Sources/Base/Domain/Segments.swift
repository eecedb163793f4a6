/// How recency, frequency and money make a segment: the setting `segments` of a job.
package enum SegmentMap: String, Codable, CaseIterable, Sendable {
    /// Five groups by the sum of the three scores.
    case score
    /// Recency by row against the mean of frequency and money by column: 25 cells.
    case grid
}

/// A named group of customers by their scores; the raw value is the index of the label.
package enum Segment: Int, CaseIterable, Sendable {
    case champions, loyalCustomers, potentialLoyalists, atRisk, lost
    case newCustomers, promising, aboutToSleep, needsAttention, hibernating, cannotLose

    package var label: String {
        switch self {
        case .champions: "Champions"
        case .loyalCustomers: "Loyal Customers"
        case .potentialLoyalists: "Potential Loyalists"
        case .atRisk: "At Risk"
        case .lost: "Lost"
        case .newCustomers: "New Customers"
        case .promising: "Promising"
        case .aboutToSleep: "About to Sleep"
        case .needsAttention: "Needs Attention"
        case .hibernating: "Hibernating"
        case .cannotLose: "Cannot Lose"
        }
    }
}

/// A quarter of the customers by expected value; the raw value is the index of the label.
package enum ValueLevel: Int, CaseIterable, Sendable {
    case low, mid, high, top

    package var label: String {
        switch self {
        case .low: "Low"
        case .mid: "Mid"
        case .high: "High"
        case .top: "Top"
        }
    }
}

/// Whether past and expected value agree; the raw value is the index of the label.
package enum Mismatch: Int, CaseIterable, Sendable {
    case aligned, overrated, underrated

    package var label: String {
        switch self {
        case .aligned: "Aligned"
        case .overrated: "Overrated (High RFM, Low CLV)"
        case .underrated: "Underrated (Low RFM, High CLV)"
        }
    }
}
