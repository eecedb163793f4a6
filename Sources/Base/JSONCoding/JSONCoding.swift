internal import FoundationEssentials

/// JSON text of small documents: plans, events, manifests, answers.
///
/// Never bulk rows.
///
/// The one import of FoundationEssentials: the coders are well kept, and the part costs a few
/// megabytes where all of Foundation costs fifty. Keys are sorted, so equal values give equal bytes.
package enum JSONCoding {
    package static func encode(_ value: some Encodable, pretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return [UInt8](try encoder.encode(value))
    }

    package static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: some Sequence<UInt8>
    ) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }

    package static func text(_ value: some Encodable, pretty: Bool = false) throws -> String {
        String(decoding: try encode(value, pretty: pretty), as: UTF8.self)
    }
}
