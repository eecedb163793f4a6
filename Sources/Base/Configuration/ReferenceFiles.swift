/// The commented configuration files, generated from the declarations of the keys.
package enum ReferenceFiles {
    /// `etc/clvd/clvd.toml`: every line is a comment and shows what holds without it.
    package static var service: String {
        let head = """
            # clvd.toml: \(SettingTables.service.documentation.lowercasedSentence)
            # Every setting is shown with its default. After a change:
            #     clvctl config check && systemctl reload clvd

            """
        return head + keys([SettingTables.exportPath]) + table(SettingTables.workers)
            + table(SettingTables.history) + """

                # Each tenant has a file of its own in tenants.d: see tenants.d/example.toml.disabled.
                # In a small set-up they can stand here instead, with the same keys:
                #[[tenants]]
                #name = "acme"
                #time_zone = "Europe/Berlin"
                #[tenants.source]
                #[tenants.destination]
                #[[tenants.jobs]]

                """
    }

    /// `etc/clvd/tenants.d/example.toml.disabled`: what must be given is filled in.
    package static var tenant: String {
        let head = """
            # One tenant: copy this file to NAME.toml and change what is not a comment.
            # Every other setting is shown with its default or an example. After a change:
            #     clvctl config check && systemctl reload clvd

            """
        return head + table(SettingTables.tenant)
            + table(SettingTables.source, given: SettingTables.connectorKey)
            + table(SettingTables.destination) + table(SettingTables.job)
    }

    private static func table(_ table: SettingTable, given: SettingKey? = nil) -> String {
        "\n# \(table.documentation)\n\(table.header)\n" + keys(table.keys, given: given)
    }

    /// Required keys and `given` are filled in, the others are comments.
    private static func keys(_ keys: [SettingKey], given: SettingKey? = nil) -> String {
        keys.map { key in
            let isGiven = key.whenAbsent == .error || key.name == given?.name
            var lines = ["", "# \(key.documentation)"]
            if case .means(let words) = key.whenAbsent { lines.append("# Left out: \(words).") }
            lines.append("\(isGiven ? "" : "#")\(key.name) = \(key.example)")
            return lines.joined(separator: "\n") + "\n"
        }
        .joined()
    }
}

extension String {
    fileprivate var lowercasedSentence: String { prefix(1).lowercased() + dropFirst() }
}
