/// Standard output or standard error, with what can be shown there.
///
/// What a stream cannot show never reaches it: no escape byte without a terminal, no byte above
/// 127 where the locale is not UTF-8.
package final class TextStream {
    package private(set) var appearance: Appearance
    /// The errno of the first write that failed; nothing is written after it.
    package private(set) var failure: Int32?
    private let sink: ([UInt8]) -> Int32

    /// `sink` writes all bytes and gives 0 or an errno.
    package init(appearance: Appearance, sink: @escaping ([UInt8]) -> Int32) {
        self.appearance = appearance
        self.sink = sink
    }

    func forgetEscapes() { appearance.hasEscapes = false }

    func line(_ text: String) { write(text + "\n") }

    func write(_ text: String) {
        let isPlain = text.utf8.allSatisfy { $0 < 128 && $0 != 27 }
        if isPlain || (appearance.hasEscapes && appearance.isUTF8) {
            writeBytes(Array(text.utf8))
            return
        }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\u{1b}" && !appearance.hasEscapes { continue }
            shown.append(scalar.isASCII || appearance.isUTF8 ? scalar : "?")
        }
        writeBytes(Array(String(shown).utf8))
    }

    /// Writes as it is, whatever the locale: JSON is UTF-8 everywhere.
    func writeBytes(_ bytes: [UInt8]) {
        guard failure == nil else { return }
        let result = sink(bytes)
        if result != 0 { failure = result }
    }
}
