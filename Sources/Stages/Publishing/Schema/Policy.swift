/// A policy of row-level security as migrations make it, and as the server tells of it.
struct Policy {
    /// What it holds for, and the server's letter for that.
    enum Command: String {
        case all = "*"
        case select = "r"

        fileprivate var clause: String { self == .select ? " FOR SELECT" : "" }
    }

    let name: String
    let command: Command
    /// Whether it lets the table's owner in, and nobody else.
    var isForOwner = false
    /// The condition, with `@` for the table of the tenants' roles.
    let condition: String
    /// The same in the server's own words, with nothing on the path but its catalogue.
    ///
    /// Line breaks are blanks here.
    let deparsed: String

    func creation(on table: String, owner: String, roles: String) -> String {
        if isForOwner {
            return """
                CREATE POLICY \(name) ON \(table) TO \(owner) USING (\(condition)) WITH CHECK (\(condition));
                """
        }
        return """
            CREATE POLICY \(name) ON \(table)\(command.clause) USING (
                \(condition.replacing("@", with: roles))
            );
            """
    }

    /// Forced row-level security asks the owner too; so it is let in by a policy that can be seen,
    /// and not by a gap.
    static let owner = Policy(
        name: "owner",
        command: .all,
        isForOwner: true,
        condition: "true",
        deparsed: "true"
    )

    /// Both questions of the next two are asked once a statement and not once a row.
    static let tenant = Policy(
        name: "tenant",
        command: .all,
        condition: "tenant_id = ANY (ARRAY (SELECT m.tenant_id FROM @ AS m))",
        deparsed: "(tenant_id = ANY (ARRAY( SELECT m.tenant_id FROM @ m)))"
    )

    static let allTenants = Policy(
        name: "all_tenants",
        command: .select,
        condition: "(SELECT true FROM @ AS m WHERE m.tenant_id IS NULL LIMIT 1)",
        deparsed: "( SELECT true FROM @ m WHERE (m.tenant_id IS NULL) LIMIT 1)"
    )

    static let members = Policy(
        name: "members",
        command: .select,
        condition: "pg_has_role(current_user, to_regrole(quote_ident(role_name))::oid, 'USAGE')",
        deparsed: "pg_has_role(CURRENT_USER, (to_regrole(quote_ident((role_name)::text)))::oid, "
            + "'USAGE'::text)"
    )
}
