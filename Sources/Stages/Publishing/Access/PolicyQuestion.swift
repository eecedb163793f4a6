import Postgres

extension AccessQuestions {
    /// Each policy beside the migration's: its command, kind, roles and both conditions, to the letter.
    ///
    /// The server tells a policy in words of its own, which name a schema unless it is on the path.
    var policies: String {
        """
        WITH expected (relname, polname, polcmd, is_for_owner, qual, with_check, creation) AS (
            VALUES \(expectedPolicies)
        ), found AS (
            SELECT p.*, regexp_replace(pg_get_expr(polqual, polrelid), ' ?\\n *', ' ', 'g') AS qual,
                regexp_replace(pg_get_expr(polwithcheck, polrelid), ' ?\\n *', ' ', 'g') AS with_check
            FROM pg_policy AS p
        ), pair AS (
            SELECT c.oid::regclass AS place, c.relowner::regrole AS owner,
                coalesce(f.polname, e.polname) AS polname, f.oid IS NULL AS is_missing, e.creation,
                array_to_string(ARRAY[
                    CASE WHEN f.polcmd::text <> e.polcmd THEN 'for ' || CASE f.polcmd
                        WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                        WHEN 'd' THEN 'DELETE' ELSE 'ALL' END END,
                    CASE WHEN NOT f.polpermissive THEN 'RESTRICTIVE' END,
                    CASE WHEN f.polroles <> ARRAY[CASE WHEN is_for_owner THEN c.relowner ELSE 0 END]
                        THEN 'for roles ' || array_to_string(ARRAY(
                            SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END
                            FROM unnest(f.polroles) AS r), ', ') END,
                    CASE WHEN f.qual IS DISTINCT FROM e.qual
                        THEN 'USING ' || coalesce(f.qual, 'nothing') END,
                    CASE WHEN f.with_check IS DISTINCT FROM e.with_check
                        THEN 'WITH CHECK ' || coalesce(f.with_check, 'nothing') END
                ], ', ') AS difference
            FROM \(shared) AS c
                JOIN (found AS f FULL JOIN (SELECT e.*, k.oid AS polrelid FROM expected AS e
                        JOIN pg_class AS k ON k.relname = e.relname
                            AND k.relnamespace::regnamespace::text = quote_ident(\(schema))
                    ) AS e USING (polrelid, polname)
                ) ON c.oid = polrelid
        )
        SELECT format('policy %I on %s ', polname, place) || CASE
                WHEN creation IS NULL THEN 'is not of the migration'
                WHEN is_missing THEN 'is missing'
                ELSE 'differs from the migration: it is ' || difference END,
            CASE WHEN creation IS NULL THEN format('run: DROP POLICY %I ON %s', polname, place)
                ELSE format('run: BEGIN; DROP POLICY IF EXISTS %I ON %s; ', polname, place)
                    || format(creation, owner) || ' COMMIT' END
        FROM pair WHERE creation IS NULL OR is_missing OR difference <> ''
        """
    }

    /// Rows of constants, one a policy; the last is a pattern for `format` and the owner's name.
    private var expectedPolicies: String {
        let roles = destination.table(RowSecurity.tenantRoles.name)
        let rows = Migrations.guardedTables.map(\.name).flatMap { table in
            RowSecurity.policies(of: table).map { policy in
                let creation = policy.creation(
                    on: destination.table(table).replacing("%", with: "%%"),
                    owner: "%1$s",
                    roles: roles.replacing("%", with: "%%")
                ).replacing("(\n    ", with: "(").replacing("\n)", with: ")")
                let told = """
                    replace(\(quoted(literal: policy.deparsed)), '@', \
                    format('%I.%I', \(schema), '\(RowSecurity.tenantRoles.name)'))
                    """
                return """
                    ('\(table)', '\(policy.name)'::name, '\(policy.command.rawValue)', \
                    \(policy.isForOwner), \(told), \(policy.isForOwner ? told : "NULL"), \
                    \(quoted(literal: creation)))
                    """
            }
        }
        return rows.joined(separator: ",\n    ")
    }
}
