/// How a job stands, in words that programs may rely on.
///
/// In JSON an object `{"code": 0, "word": "ok"}`: the numbers are for metrics and never change.
package enum JobState: String, CaseIterable, Sendable {
    case ok, running, queued, stale, degraded, failed, held
    case neverRun = "never-run"
    case cancelled

    package var code: Int {
        switch self {
        case .ok: 0
        case .running: 1
        case .queued: 2
        case .stale: 3
        case .degraded: 4
        case .failed: 5
        case .held: 6
        case .neverRun: 7
        case .cancelled: 8
        }
    }

    /// What `clvctl status` says about a job in this state.
    package var exit: CommandExit {
        switch self {
        case .ok, .running, .queued, .neverRun, .cancelled: .fine
        case .stale, .degraded: .degraded
        case .failed, .held: .failed
        }
    }
}

extension JobState: Codable {
    private enum CodingKeys: String, CodingKey { case code, word }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let word = try container.decode(String.self, forKey: .word)
        // A newer service may know more states than we do; its word for trouble is our "degraded".
        self = JobState(rawValue: word) ?? .degraded
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(rawValue, forKey: .word)
    }
}

/// The life of a run.
package enum RunState: String, Codable, CaseIterable, Sendable {
    case queued, running, succeeded, failed, cancelled, interrupted

    package var isOver: Bool { self != .queued && self != .running }

    /// What a command that shows or waits for the run ends with.
    package var exit: CommandExit {
        switch self {
        case .queued, .running: .stillRunning
        case .succeeded: .fine
        case .failed, .cancelled, .interrupted: .failed
        }
    }
}
