import Domain

/// How much later a job starts than it is due, so that a thousand jobs of 03:00 do not start at once.
package enum Jitter {
    /// A fixed point of `0..<seconds` for a machine, a tenant and a job: the same after every
    /// restart, else a service that restarts often would put its jobs off for ever.
    package static func seconds(machine: String, _ key: JobKey, upTo seconds: Double) -> Double {
        // FNV-1a, and the last step of SplitMix64 to spread names that differ by a letter.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(machine)\u{0}\(key.tenant)\u{0}\(key.job)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        hash ^= hash >> 31
        return (Double(hash >> 11) / 0x1p53 * seconds).rounded(.down)
    }
}
