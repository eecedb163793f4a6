import CTOML

/// A place in a file; lines and columns count from 1, columns in characters.
struct Place: Hashable, Sendable {
    var line: Int
    var column: Int
    /// How many characters on that line belong to it; at least 1.
    var length: Int

    /// `end` is the column after the last; one on another line marks the first character alone.
    init(line: Int, column: Int, endLine: Int, endColumn: Int) {
        self.line = line
        self.column = column
        length = endLine == line ? max(1, endColumn - column) : 1
    }

    init(line: Int, column: Int, length: Int = 1) {
        self.line = line
        self.column = column
        self.length = length
    }

    fileprivate init(_ region: ctoml_region) {
        self.init(
            line: Int(region.line),
            column: Int(region.column),
            endLine: Int(region.end_line),
            endColumn: Int(region.end_column)
        )
    }
}

/// A value of a TOML file and where it stands.
struct TOMLNode: Sendable {
    enum Value: Sendable {
        case table([TOMLEntry])
        case array([TOMLNode])
        case string(String)
        case integer(Int)
        case float(Double)
        case boolean(Bool)
        case dateOrTime
    }

    var value: Value
    var place: Place

    /// Of an integer or a float.
    var number: Double? {
        switch value {
        case .float(let number): number
        case .integer(let integer): Double(integer)
        default: nil
        }
    }

    /// As messages call it.
    var kindName: String {
        switch value {
        case .table: "a table"
        case .array: "a list"
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a number"
        case .boolean: "a boolean"
        case .dateOrTime: "a date or time"
        }
    }
}

/// A key of a table with its value.
struct TOMLEntry: Sendable {
    var key: String
    var place: Place
    var node: TOMLNode
}

/// The first error of syntax in a file.
struct TOMLSyntaxError: Error {
    var message: String
    var place: Place
}

/// Reads TOML 1.0.
enum TOML {
    static func parse(_ bytes: [UInt8]) throws(TOMLSyntaxError) -> TOMLNode {
        let document = unsafe bytes.withUnsafeBytes { buffer in
            unsafe ctoml_parse(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                buffer.count
            )
        }
        guard let document = unsafe document else {
            throw TOMLSyntaxError(message: "out of memory", place: Place(line: 1, column: 1))
        }
        defer { unsafe ctoml_free(document) }
        var region = ctoml_region()
        if let error = unsafe ctoml_error(document, &region) {
            // A few errors have no place; they are about the beginning.
            region.line = max(1, region.line)
            region.column = max(1, region.column)
            throw TOMLSyntaxError(message: unsafe String(cString: error), place: Place(region))
        }
        var count = 0
        let first = unsafe ctoml_nodes(document, &count)
        let nodes = unsafe UnsafeBufferPointer(start: first, count: count)
        var index = 0
        return unsafe tree(nodes, &index)
    }

    /// The node at `index` with everything in it; the depth is limited by CTOML.
    private static func tree(
        _ nodes: UnsafeBufferPointer<ctoml_node>,
        _ index: inout Int
    ) -> TOMLNode {
        let flat = unsafe nodes[index]
        index += 1
        let place = Place(unsafe flat.region)
        let value: TOMLNode.Value =
            switch unsafe flat.type {
            case Int32(CTOML_TABLE):
                unsafe .table(
                    (0..<flat.children).map { _ in
                        let child = unsafe nodes[index]
                        return TOMLEntry(
                            key: unsafe text(child.key, child.key_length),
                            place: Place(unsafe child.key_region),
                            node: unsafe tree(nodes, &index)
                        )
                    }
                )
            case Int32(CTOML_ARRAY):
                unsafe .array((0..<flat.children).map { _ in unsafe tree(nodes, &index) })
            case Int32(CTOML_STRING): unsafe .string(text(flat.text, flat.text_length))
            case Int32(CTOML_INTEGER): .integer(Int(unsafe flat.integer))
            case Int32(CTOML_FLOAT): .float(unsafe flat.number)
            case Int32(CTOML_BOOLEAN): .boolean(unsafe flat.integer != 0)
            default: .dateOrTime
            }
        return TOMLNode(value: value, place: place)
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        let buffer = unsafe UnsafeRawBufferPointer(start: start, count: count)
        return unsafe String(decoding: buffer, as: UTF8.self)
    }
}
