import CGcrypt

/// SHA-256 by libgcrypt, which libsystemd loads anyway.
package enum SHA256 {
    /// The digest of the bytes, as 64 lower-case hexadecimal digits.
    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        _ = libraryIsReady
        var digest = [UInt8](repeating: 0, count: 32)
        unsafe bytes.withUnsafeBytes { input in
            unsafe digest.withUnsafeMutableBytes { output in
                unsafe gcry_md_hash_buffer(
                    Int32(GCRY_MD_SHA256.rawValue),
                    output.baseAddress,
                    input.baseAddress,
                    input.count
                )
            }
        }
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }

    /// libgcrypt wants to be asked for its version before anything else.
    private static let libraryIsReady: Bool = unsafe gcry_check_version(nil) != nil
}
