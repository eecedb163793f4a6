import ControlAPI
import Domain

/// The 16-colour palette, so that users' themes hold; colour is never the only sign.
enum Style: String {
    case plain = "0"
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"

    func apply(_ text: String, on appearance: Appearance) -> String {
        guard appearance.hasEscapes, self != .plain else { return text }
        return "\u{1b}[\(rawValue)m\(text)\u{1b}[0m"
    }
}

extension JobState {
    var style: Style {
        switch self {
        case .ok: .green
        case .running: .blue
        case .failed, .held: .red
        case .stale, .degraded: .yellow
        case .queued, .neverRun, .cancelled: .plain
        }
    }

    /// Shape and colour change together.
    func glyph(on appearance: Appearance) -> String {
        let (full, ascii) =
            switch self {
            case .ok: ("●", "*")
            case .running: ("↻", ">")
            case .failed, .held: ("×", "x")
            case .stale, .degraded: ("!", "!")
            case .queued, .neverRun, .cancelled: ("○", "o")
            }
        return appearance.isUTF8 ? full : ascii
    }
}
