/// The pages of the manual about the configuration, generated from the declarations of the keys.
package enum ReferencePages {
    /// `clvd.toml(5)`.
    package static var service: String {
        var page = ManualPage("clvd.toml", section: 5, "configuration of the service clvd")
        page.section("Synopsis")
        page.paragraph("/etc/clvd/clvd.toml, /run/clvd/clvd.toml, /usr/lib/clvd/clvd.toml")
        page.section("Description")
        page.paragraph(
            "What concerns the service and no tenant, in TOML 1.0. Every setting has a default, so "
                + "the file may be empty or absent. The first of the three folders that has it wins; "
                + "a link to /dev/null masks it. An unknown key, a wrong type or an impossible value "
                + "is an error that names the file, the line and a way out."
        )
        page.paragraph("A change takes effect as a whole, or not at all:")
        page.example(["clvctl config check && systemctl reload clvd"])
        page.section("Settings")
        page.keys([SettingTables.exportPath])
        page.table(SettingTables.workers)
        page.table(SettingTables.history)
        page.subsection("[[tenants]]")
        page.paragraph(
            "In a small set-up tenants may stand here, with the keys of clvd-tenant(5): those of "
                + "[tenant] directly in the table, the others in [tenants.source], "
                + "[tenants.destination] and [[tenants.jobs]]."
        )
        page.seeAlso(["clvd(8)", "clvctl(1)", "clvd-tenant(5)"])
        return page.text
    }

    /// `clvd-tenant(5)`.
    package static var tenant: String {
        var page = ManualPage("clvd-tenant", section: 5, "a tenant of clvd and its forecasts")
        page.section("Synopsis")
        page.paragraph("/etc/clvd/tenants.d/NAME.toml")
        page.section("Description")
        page.paragraph(
            "One company whose customers are forecast: where its purchases are read, where its "
                + "forecasts are written, and which forecasts it has. Each tenant has a file; a "
                + "broken one takes that tenant out of service and no other. The same name under "
                + "/run/clvd/tenants.d or /usr/lib/clvd/tenants.d gives way to /etc."
        )
        page.paragraph("The least that works:")
        page.example([
            "[tenant]", "name = \"acme\"", "time_zone = \"Europe/Berlin\"", "", "[source]",
            "connector = { server = \"db1\", db = \"shop\", user = \"clvd_acme\" }",
            "data_query_path = \"select user_id, amount, days from purchases\"",
            "customer_indicator = \"user_id\"", "amount_indicator = \"amount\"",
            "time_indicator = \"days\"", "", "[[jobs]]", "name = \"monthly\"",
            "time_period = \"month\"",
        ])
        page.section("Settings")
        for table in [
            SettingTables.tenant, SettingTables.source, SettingTables.connector,
            SettingTables.destination, SettingTables.job,
        ] { page.table(table) }
        page.section("Models")
        for kind in ModelName.Kind.allCases {
            page.subsection("Of \(kind.rawValue)")
            for model in ModelName.all where model.kind == kind {
                page.item(model.name, "", model.summary)
            }
        }
        page.paragraph(
            "models = \"auto\" takes bg_nbd, gamma_gamma or, where spend follows frequency, "
                + "log_normal, and cox where it forecast one-timers surely better from earlier "
                + "dates. A list stands as it is: a model of purchases must be in it, and without "
                + "one of spend there are no columns of money. Of several of a kind the one that is "
                + "named first forecasts, and the others are fitted beside it."
        )
        page.section("Schedules")
        page.paragraph(
            "A schedule says when freshness is checked, in the calendar expressions of "
                + "systemd.time(7), in the tenant's time zone unless an expression names its own. "
                + "Times of day come exactly once on every civil day: one that the clock skips at "
                + "the first valid instant, one that it repeats on its first pass. An expression "
                + "that names every hour comes in every real hour. Several expressions are a union."
        )
        page.example([
            "schedule = \"*-*-* 03:00\"", "schedule = [\"Mon..Fri 06:30\", \"Sat,Sun 09:00\"]",
            "schedule = \"*-*~1 23:00 UTC\"", "schedule = \"hourly\"",
        ])
        page.paragraph("What a schedule leads to can be seen before it is in force:")
        page.example([
            "clvctl simulate acme/monthly --from 2026-03-01 --to 2026-03-31 --config DIR",
            "clvctl cron2calendar '30 2 * * mon-fri'",
        ])
        page.seeAlso(["clvd.toml(5)", "clvctl(1)", "clvd(8)", "systemd.time(7)"])
        return page.text
    }
}

extension ManualPage {
    fileprivate mutating func table(_ table: SettingTable) {
        subsection(table.header)
        paragraph(table.documentation)
        keys(table.keys)
    }

    fileprivate mutating func keys(_ keys: [SettingKey]) {
        for key in keys {
            let absence =
                switch key.whenAbsent {
                case .error: "It must be given, for example \(key.example)."
                case .value(let text): "Default: \(text)."
                case .means(let words):
                    "Left out: \(words)." + (key.example.isEmpty ? "" : " Example: \(key.example).")
                }
            item(key.name, ", \(key.kind.name)", "\(key.documentation) \(absence)")
        }
    }
}
