/// The longest value that one field shows, in characters.
private let longestValue = 2000

/// A value as a field shows it: quoted when it is empty or holds more than one plain word, and
/// without any character that could end the line or move a terminal's cursor.
func quoted(_ value: String) -> String {
    let shown = value.unicodeScalars.prefix(longestValue)
    var text = ""
    var isPlain = !value.isEmpty
    for scalar in shown {
        switch scalar {
        case "\"", "\\":
            text += "\\\(scalar)"
            isPlain = false
        case "\n":
            text += "\\n"
            isPlain = false
        case "\t":
            text += "\\t"
            isPlain = false
        case " ", "=":
            text.unicodeScalars.append(scalar)
            isPlain = false
        case _ where isUnprintable(scalar):
            text += "\\u{\(String(scalar.value, radix: 16))}"
            isPlain = false
        default:
            text.unicodeScalars.append(scalar)
        }
    }
    if shown.endIndex < value.unicodeScalars.endIndex {
        text += "…"
        isPlain = false
    }
    return isPlain ? text : "\"\(text)\""
}

private func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
    default: false
    }
}
