package import Domain
import Glibc

/// Why no sample was written.
package enum SamplingError: Problem {
    case customersOutOfRange(Int)
    case unwritable(String, errorNumber: Int32)

    package var code: String {
        switch self {
        case .customersOutOfRange: "customers_out_of_range"
        case .unwritable: "unwritable_file"
        }
    }

    package var message: String {
        switch self {
        case .customersOutOfRange(let customers):
            "a sample cannot have \(customers) customers"
        case .unwritable(let path, let number):
            "could not write \"\(path)\": \(unsafe String(cString: strerror(number)))"
        }
    }

    package var cause: String? { nil }

    package var fix: String? {
        switch self {
        case .customersOutOfRange: "choose from 1 to 10000000 customers"
        case .unwritable: "name a directory that may be written, with enough room"
        }
    }

    package var failureClass: FailureClass {
        switch self {
        case .customersOutOfRange: .configuration
        case .unwritable(_, let number): number == ENOSPC ? .transient : .configuration
        }
    }
}
