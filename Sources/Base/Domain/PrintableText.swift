/// Text from outside as it may be shown or logged.
///
/// What could move a terminal's cursor, start a line or turn the direction of writing is written
/// out, e.g. `\u{1b}`. With `keepingLines` line ends and tabs stay.
package func printable(_ text: some StringProtocol, keepingLines: Bool = false) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
        let isKept = keepingLines && (scalar == "\n" || scalar == "\t")
        if isKept || isPrintable(scalar) {
            shown.unicodeScalars.append(scalar)
        } else {
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        }
    }
    return shown
}

private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return (32..<127).contains(scalar.value) }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        return false
    default: return true
    }
}
