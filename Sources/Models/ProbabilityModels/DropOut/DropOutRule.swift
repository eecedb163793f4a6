/// When customers may leave.
package enum DropOutRule: Sendable {
    /// BG/NBD: so a customer with one purchase is active for certain.
    case afterRepeatPurchases
    /// MBG/NBD (Batislam, Denizel & Filiztekin 2007): the first purchase may be the last.
    case afterEveryPurchase

    /// How often a customer with `repeats` could have left.
    func chances(repeats: Int) -> Double {
        self == .afterEveryPurchase ? Double(repeats + 1) : Double(repeats)
    }
}
