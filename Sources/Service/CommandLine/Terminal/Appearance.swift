import Glibc

/// What can be shown on a stream.
package struct Appearance: Hashable, Sendable {
    /// People read it, as opposed to a pipe or a file.
    package var isTerminal: Bool
    /// Colours and redrawing; without, no escape byte is written.
    package var hasEscapes: Bool
    /// Else ASCII alone.
    package var isUTF8: Bool
    package var width: Int

    package init(isTerminal: Bool, hasEscapes: Bool, isUTF8: Bool, width: Int) {
        self.isTerminal = isTerminal
        self.hasEscapes = hasEscapes
        self.isUTF8 = isUTF8
        self.width = width
    }

    /// Looks at a descriptor and at the variables that users know.
    ///
    /// `CLVCTL_FORCE_TTY=100` makes it a terminal of that width.
    package init(descriptor: Int32, variables: [String: String]) {
        func variable(_ name: String) -> String? {
            variables[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        let forced = variable("CLVCTL_FORCE_TTY").flatMap { Int($0) }
        isTerminal = forced != nil || isatty(descriptor) == 1
        hasEscapes =
            isTerminal && variable("NO_COLOR") == nil && variable("TERM") != "dumb"
            && variable("CLICOLOR") != "0"
        let locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? "C"
        isUTF8 = ["utf-8", "utf8"].contains { locale.lowercased().hasSuffix($0) }
        width = max(40, forced ?? Appearance.columns(of: descriptor) ?? 80)
    }

    private static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }
}
