/// A name as SQL text, always in quotes: no name is special then.
package func quoted(identifier name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        + "\""
}

/// A text as an SQL literal, whatever `standard_conforming_strings` says.
package func quoted(literal text: String) -> String {
    var inner = ""
    var hasBackslash = false
    for character in text.unicodeScalars {
        if character == "'" || character == "\\" { inner.unicodeScalars.append(character) }
        hasBackslash = hasBackslash || character == "\\"
        inner.unicodeScalars.append(character)
    }
    return (hasBackslash ? " E'" : "'") + inner + "'"
}

/// An array as a text parameter: `{"a","b",NULL}`.
package func arrayParameter(_ elements: some Sequence<String?>) -> String {
    var text = "{"
    for element in elements {
        if text.utf8.count > 1 { text += "," }
        guard let element else {
            text += "NULL"
            continue
        }
        text += "\""
        for character in element.unicodeScalars {
            if character == "\"" || character == "\\" { text += "\\" }
            text.unicodeScalars.append(character)
        }
        text += "\""
    }
    return text + "}"
}
