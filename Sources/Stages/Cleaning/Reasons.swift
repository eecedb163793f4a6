import Domain

/// The reasons of one row, a bit each.
struct Reasons: OptionSet {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    @inline(__always) init(_ reason: RejectReason) { rawValue = 1 << reason.bit }

    var list: [RejectReason] { RejectReason.allCases.filter { contains(Reasons($0)) } }
}

extension RejectReason {
    fileprivate var bit: UInt16 {
        switch self {
        case .noCustomer: 0
        case .noTime: 1
        case .invalidTime: 2
        case .timeInFuture: 3
        case .amountMissing: 4
        case .amountNotFinite: 5
        case .amountUnreadable: 6
        case .returnWithoutPurchase: 7
        case .exactDuplicate: 8
        case .malformed: 9
        case .invalidCustomer: 10
        case .amountTooLarge: 11
        }
    }
}
