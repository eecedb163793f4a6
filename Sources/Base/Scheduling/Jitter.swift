import Domain

/// How much later a job starts than it is due, so that a thousand jobs of 03:00 do not start at once.
package enum Jitter {
    /// A fixed point of `0..<seconds` for a machine, a tenant and a job: the same after every
    /// restart, else a service that restarts often would put its jobs off for ever.
    package static func seconds(machine: String, _ key: JobKey, upTo seconds: Double) -> Double {
        (fraction(of: "\(machine)\u{0}\(key.tenant)\u{0}\(key.job)") * seconds).rounded(.down)
    }

    /// What tells this machine from others; empty when it has no such file.
    package static var thisMachine: String {
        let bytes = (try? ZoneFile.bytes(ofFile: "machine-id", in: "/etc")) ?? []
        return String(decoding: bytes.prefix { $0 > 32 }, as: UTF8.self)
    }

    /// A number of `0..<1` that belongs to a text.
    static func fraction(of text: String) -> Double {
        // FNV-1a, and the last step of SplitMix64 to spread texts that differ by a letter.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        hash ^= hash >> 31
        return Double(hash >> 11) / 0x1p53
    }
}
