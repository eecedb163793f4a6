/// A column that puts rows or customers into groups, e.g.
///
/// by the channel of a purchase.
package struct GroupColumn: Hashable, Sendable {
    /// More groups than that are not told apart: the ones that come later count as none.
    package static let groupsMax = 200

    package var name: String
    /// What the groups are called: group `i + 1` is `groups[i]`.
    package var groups: [String]
    /// Which group each row or customer is in; 0 for none.
    package var codes: [UInt8]

    package init(name: String, groups: [String], codes: [UInt8]) {
        (self.name, self.groups, self.codes) = (name, groups, codes)
    }
}
