import FileSystem

/// The most memory that this process ever had resident.
enum PeakMemory {
    /// As the kernel counts it since this program began; getrusage would count the launcher's too.
    static var bytes: Int? {
        guard let status = try? FileSystem.read("/proc/self/status", limit: 64 << 10) else {
            return nil
        }
        for line in String(decoding: status, as: UTF8.self).split(separator: "\n") {
            guard line.hasPrefix("VmHWM:") else { continue }
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map {
                $0 * 1024
            }
        }
        return nil
    }
}
