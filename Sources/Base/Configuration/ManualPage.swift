/// A page of the manual, in the macros of man(7).
///
/// What it is made of comes from the declarations of keys and commands, so that it cannot drift.
package struct ManualPage {
    package private(set) var text: String

    package init(_ name: String, section: Int, _ summary: String) {
        text = """
            .\\" Generated from the declarations: CLVD_WRITE_REFERENCE=1 swift test --filter Reference
            .TH \(name.uppercased()) \(section) "" clvd "clvd manual"
            .SH NAME
            \(roff(name)) \\- \(roff(summary))

            """
    }

    package mutating func section(_ title: String) {
        text += ".SH \"\(roff(title.uppercased()))\"\n"
    }

    package mutating func subsection(_ title: String) { text += ".SS \"\(roff(title))\"\n" }

    package mutating func paragraph(_ sentences: String) {
        text += ".PP\n\(line(sentences))\n"
    }

    /// A word in bold with an explanation under it; `after` follows the word in plain type.
    package mutating func item(_ word: String, _ after: String = "", _ sentences: String) {
        text += ".TP\n\\fB\(roff(word))\\fR\(roff(after))\n\(line(sentences))\n"
    }

    /// Lines that stand as they are.
    package mutating func example(_ lines: [String]) {
        text += ".PP\n.in +4n\n.nf\n\(lines.map(line).joined(separator: "\n"))\n.fi\n.in\n"
    }

    package mutating func seeAlso(_ pages: [String]) {
        section("See also")
        let words = pages.map { page in
            let parts = page.split(separator: "(")
            return "\\fB\(roff(String(parts[0])))\\fR(\(parts[1])"
        }
        text += words.joined(separator: ",\n") + "\n"
    }
}

/// A line of text: one that begins like a request is none.
private func line(_ text: String) -> String {
    let isLikeARequest = text.hasPrefix(".") || text.hasPrefix("'")
    return (isLikeARequest ? "\\&" : "") + roff(text)
}

/// The characters that troff takes for something else, as themselves.
private func roff(_ text: String) -> String {
    text.reduce(into: "") { result, character in
        switch character {
        case "\\": result += "\\e"
        case "-": result += "\\-"
        case "\"": result += "\\(dq"
        case "'": result += "\\(aq"
        case "`": result += "\\(ga"
        case "^": result += "\\(ha"
        case "~": result += "\\(ti"
        default: result.append(character)
        }
    }
}
