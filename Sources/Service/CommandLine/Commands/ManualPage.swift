import Configuration
import ControlAPI

/// The page of the manual about `clvctl`, made from the definitions of its commands.
package enum CommandManual {
    /// `clvctl(1)`.
    package static var page: String {
        var page = ManualPage(
            "clvctl",
            section: 1,
            "ask and steer clvd, which keeps customer lifetime value forecasts fresh"
        )
        page.section("Synopsis")
        page.item("clvctl", " COMMAND [OPTIONS]", "Options stand anywhere; -- ends them.")
        page.item("clvctl help", " [COMMAND]", "The same as this page, a command at a time.")
        page.section("Description")
        page.paragraph(
            "clvctl asks the service clvd over its control socket. What needs no service, such as a "
                + "forecast of a file, it lets a worker do. On a terminal it draws tables for people; "
                + "in a pipe each thing is a line with tabs; with --json every answer is an object "
                + "with schema and exit_code, to which later versions only add."
        )
        for group in CommandDefinition.Group.allCases {
            page.section(group.rawValue)
            for command in CommandLineProgram.commands where command.group == group {
                page.command(command)
            }
        }
        page.section("Common options")
        for option in OptionDefinition.common { page.option(option) }
        page.section("Exit status")
        for (code, meaning) in HelpPages.exitCodes {
            page.item(String(code.rawValue), "", meaning)
        }
        page.paragraph(HelpPages.laterCodes)
        page.section("Environment")
        page.item("CLVD_SOCKET", "", "Where clvd listens, when --socket does not say it.")
        page.item("CLV_WORKER", "", "The clv-worker to start, when --worker does not say it.")
        page.section("Files")
        page.item(Route.socketPath, "", "The control socket: HTTP/1.1 with JSON.")
        page.item("/etc/clvd", "", "The configuration; see clvd.toml(5).")
        page.seeAlso(["clvd(8)", "clvd.toml(5)", "clvd-tenant(5)"])
        return page.text
    }
}

extension ManualPage {
    fileprivate mutating func command(_ command: CommandDefinition) {
        subsection(command.usage)
        let summary = command.summary.prefix(1).uppercased() + command.summary.dropFirst() + "."
        paragraph(([summary] + command.notes).joined(separator: " "))
        example(command.examples)
        for option in command.options { self.option(option) }
    }

    fileprivate mutating func option(_ option: OptionDefinition) {
        let short = option.short.map { "-\($0), " } ?? ""
        let value = option.value.map { " \($0)" } ?? ""
        item("\(short)--\(option.name)", value, option.summary)
    }
}
