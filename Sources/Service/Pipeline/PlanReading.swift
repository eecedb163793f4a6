import Domain
import Glibc
import JSONCoding
import WorkerContract

/// From the first line of standard input to a plan that can be carried out.
enum PlanReading {
    /// The longest plan, in bytes.
    private static let limit = 4 << 20

    /// Nobody needs what else came with the line: the launcher writes nothing behind it.
    static func read(_ input: Int32) throws -> Plan {
        var line: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while line.count < limit {
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe Glibc.read(input, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR && !Cancellation.isRequested { continue }
            guard count > 0 else { break }
            if let end = block[..<count].firstIndex(of: 10) {
                return try decode(line + block[..<end])
            }
            line += block[..<count]
        }
        throw BadPlan(cause: line.isEmpty ? "standard input is empty" : "the line has no end")
    }

    private static func decode(_ line: [UInt8]) throws -> Plan {
        let plan: Plan
        do {
            plan = try JSONCoding.decode(Plan.self, from: line)
        } catch let error as DecodingError {
            throw BadPlan(cause: sentence(about: error))
        }
        let complaints = plan.impossibilities
        guard complaints.isEmpty else { throw ImpossiblePlan(complaints: complaints) }
        return plan
    }

    private static func sentence(about error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context): return "\(place(context.codingPath)) is null"
        case .typeMismatch(let type, let context):
            let name = context.codingPath.isEmpty ? "the line" : place(context.codingPath)
            return "\(name) is not of type \(type)"
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            return "the line is not JSON"
        case .dataCorrupted(let context):
            return "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}

/// What came on standard input is no plan.
private struct BadPlan: Problem {
    let cause: String?

    var code: String { "bad_plan" }
    var message: String { "standard input does not begin with a plan" }
    var fix: String? { "let clvd or clvctl of the same version start it: try \"clvctl help\"" }
    var failureClass: FailureClass { .configuration }
}

/// A plan with values that nobody can have meant.
private struct ImpossiblePlan: Problem {
    let complaints: [String]

    var code: String { "impossible_plan" }
    var message: String { "the plan cannot be carried out" }
    var cause: String? { complaints.joined(separator: "; ") }
    var fix: String? { "install clvd, clvctl and clv-worker of one version" }
    var failureClass: FailureClass { .configuration }
}
