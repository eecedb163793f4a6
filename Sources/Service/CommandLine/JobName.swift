import ControlAPI

/// `TENANT/JOB` as it is typed.
struct JobName: Equatable {
    let tenant: String
    let job: String

    init(_ text: String) throws(CommandFailure) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw .usage(
                "\"\(text)\" does not name a job",
                fix: "write it as TENANT/JOB; clvctl status lists the jobs"
            )
        }
        tenant = String(parts[0])
        job = String(parts[1])
    }

    var parameters: [String: String] { ["tenant": tenant, "job": job] }
    var text: String { "\(tenant)/\(job)" }
}
