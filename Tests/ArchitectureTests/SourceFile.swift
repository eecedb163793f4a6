/// A file of the tree, as the rules see it.
struct SourceFile {
    /// From the root of the package, e.g.
    ///
    /// `Sources/Base/Domain/Day.swift`.
    let path: String
    let text: SwiftText

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = SwiftText(text)
    }

    private var folders: [Substring] { path.split(separator: "/") }

    var isTest: Bool { folders.first == "Tests" }

    /// The folder of its floor; nil in `Tests`.
    var floor: Floor? {
        folders.count > 3 && !isTest ? Floor(rawValue: String(folders[1])) : nil
    }

    /// The name of its target by where it lies.
    var target: String? {
        let index = isTest ? 1 : 2
        return folders.count > index + 1 ? String(folders[index]) : nil
    }
}

/// Something that the house does not allow.
struct Violation: Equatable, CustomStringConvertible {
    let place: String
    let message: String

    init(_ place: String, _ message: String) {
        self.place = place
        self.message = message
    }

    init(_ file: SourceFile, line: Int, _ message: String) {
        self.init("\(file.path):\(line)", message)
    }

    var description: String { "\(place): \(message)" }
}

/// The sentence that a test shows; nothing when all is well.
func report(_ violations: [Violation]) -> String {
    violations.map(\.description).joined(separator: "\n")
}
