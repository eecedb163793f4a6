import Domain
package import Postgres

/// The SQL that gives a role the rights that it needs and no others, for psql.
///
/// It can be run again: what is there already stays.
package struct GrantScript: Sendable {
    private let destination: Destination
    private let role: String
    private let owner: String
    private let database: String
    /// Where the publications' tables lie, as SQL.
    private let place: String
    private let hasPartitions: Bool
    /// Tables of the tenant that lie elsewhere, as SQL, or belong to somebody else.
    private let strays: [(table: String, isElsewhere: Bool)]

    /// Looks up what the script must name; the forecasts' schema must have been migrated.
    package init(
        for role: String,
        in destination: Destination,
        on connection: Connection
    ) throws {
        try Migrations.check(destination.schema, tenant: destination.tenant, on: connection)
        self.destination = destination
        self.role = role
        database = connection.database
        let names = try connection.execute(
            """
            SELECT nspowner::regrole::text,
                'clv_' || left(encode(sha256(convert_to($1 || '.' || $2, 'UTF8')), 'hex'), 32),
                quote_ident(nspname)
            FROM pg_namespace WHERE nspname = $1
            """,
            [destination.schema, destination.tenant]
        )
        owner = names[0, 0] ?? ""
        let found = try Partitions.find(in: destination, on: connection)
        let apart = found?.schemas.first { $0 != names[0, 2] }
        let place = apart ?? names[0, 1] ?? ""
        self.place = place
        hasPartitions = found != nil
        let tables = try found.map { try $0.all(on: connection) } ?? []
        strays = tables.filter { $0.schema != place || $0.owner != role }.map { table in
            (table.name, table.schema != place)
        }
    }

    /// For the role that publishes the tenant's forecasts; `source` are the rights on its source.
    package func forTenant(source: String) -> String {
        """
        -- What role \(printable(role)) needs to publish the forecasts of \
        \(printable(destination.tenant)) in schema \(printable(destination.schema))
        -- of database \(printable(database)), and nothing else. For psql, as the owner of the \
        schema (\(printable(owner))) or a superuser.
        -- It can be run again.
        \\set ON_ERROR_STOP on
        BEGIN READ WRITE;
        SET LOCAL lock_timeout = '10s';

        -- The role. Give it a password with \\password, or let it in by pg_hba.conf.
        \(roleCreation(options: "LOGIN"))

        -- The tables that all tenants share: row-level security shows a role its tenant's rows.
        \(Rights.ofTenant.statements(for: role, in: destination.schema))
        \(membership(of: quoted(literal: destination.tenant)))

        \(partitions)

        \(languages)

        \(source)
        COMMIT;
        """
    }

    /// For people who read the forecasts of all tenants.
    package func forReaders() -> String {
        """
        -- What role \(printable(role)) needs to read the forecasts of all tenants in schema \
        \(printable(destination.schema))
        -- of database \(printable(database)), and nothing else. For psql, as the owner of the \
        schema (\(printable(owner))) or a superuser.
        -- It can be run again. Then: GRANT \(printable(quoted(identifier: role))) TO the people.
        \\set ON_ERROR_STOP on
        BEGIN READ WRITE;
        SET LOCAL lock_timeout = '10s';
        \(roleCreation(options: "NOLOGIN"))
        \(Rights.ofReader.statements(for: role, in: destination.schema))
        -- NULL stands for every tenant; for one tenant put its name here.
        \(membership(of: "NULL"))
        COMMIT;
        """
    }

    private func roleCreation(options: String) -> String {
        let creation = "CREATE ROLE \(quoted(identifier: role)) \(options)"
        return """
            SELECT \(quoted(literal: creation))
            WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = \(quoted(literal: role))) \\gexec
            """
    }

    private func membership(of tenant: String) -> String {
        """
        INSERT INTO \(destination.table("tenant_roles")) VALUES (\(quoted(literal: role)), \(tenant))
            ON CONFLICT DO NOTHING;
        """
    }

    /// The tenant's level of the bulk tables, and the place for its publications.
    private var partitions: String {
        let name = quoted(identifier: role)
        let comment = "publications of \(destination.tenant) for schema \(destination.schema)"
        let creations = (hasPartitions ? [] : BulkTable.allCases).map { bulk in
            let table = "\(place).\(bulk.rawValue)"
            let creation = Partitions.creation(of: bulk, named: table, in: destination)
            return """
                SELECT \(quoted(literal: creation))
                WHERE to_regclass('\(table)') IS NULL \\gexec
                """
        }
        return """
            -- Its own partitions, in a schema where it may make tables. It owns them, because a
            -- publication is attached and removed without holding readers up.
            CREATE SCHEMA IF NOT EXISTS \(place) AUTHORIZATION \(owner);
            COMMENT ON SCHEMA \(place) IS \(quoted(literal: comment));
            GRANT USAGE, CREATE ON SCHEMA \(place) TO \(name);
            \((moves + creations).joined(separator: "\n"))
            -- Only a member can give a table to the role, so who runs this is one for a moment.
            SELECT pg_has_role(current_user, \(quoted(literal: role)), 'MEMBER') AS is_member \\gset
            \\if :is_member
            \\else
            GRANT \(name) TO CURRENT_USER;
            \\endif
            \(handOver.joined(separator: "\n"))
            \\if :is_member
            \\else
            REVOKE \(name) FROM CURRENT_USER;
            \\endif
            """
    }

    /// What one role owned before comes to its place; publications made since then need this again.
    private var moves: [String] {
        strays.filter(\.isElsewhere).map {
            "ALTER TABLE IF EXISTS \($0.table) SET SCHEMA \(place);"
        }
    }

    private var handOver: [String] {
        let moved = strays.map { stray in
            stray.isElsewhere
                ? "\(place).\(stray.table.split(separator: ".").last ?? "")" : stray.table
        }
        let tables = !hasPartitions ? BulkTable.allCases.map { "\(place).\($0.rawValue)" } : moved
        return tables.map { "ALTER TABLE \($0) OWNER TO \(quoted(identifier: role));" }
    }

    /// With several tenants in one database no tenant's role may write functions, nor have written.
    private var languages: String {
        let roles = destination.table("tenant_roles")
        return """
            -- With several tenants in one database, their roles must not write functions: the
            -- server runs those that an index of a partition uses with the rights of whoever reads
            -- the forecasts. A function that one of them owns already is refused for the same
            -- reason. Languages belong to a superuser. All other roles keep the right to use them;
            -- roles made later need it granted, so a database of its own for the tenants is better.
            SELECT count(*) > 0 AS has_functions FROM pg_proc
            WHERE EXISTS (SELECT FROM \(roles) WHERE tenant_id IS NOT NULL
                    AND role_name = pg_get_userbyid(proowner))
                AND (SELECT count(DISTINCT tenant_id) FROM \(roles)) > 1 \\gset
            \\if :has_functions
            DO $$ BEGIN
                RAISE EXCEPTION 'a tenant''s role owns functions, which other tenants'' sessions may run'
                USING HINT = 'drop them: SELECT p.oid::regprocedure FROM pg_proc AS p '
                    'JOIN \(roles.replacing("'", with: "''")) ON role_name = pg_get_userbyid(proowner)';
            END $$;
            \\endif
            SELECT statement FROM pg_language AS l, LATERAL (
                SELECT 1, format('GRANT USAGE ON LANGUAGE %I TO %I', lanname, r.rolname)
                FROM pg_roles AS r
                WHERE pg_has_role(lanowner, 'USAGE') AND NOT rolsuper AND rolname !~ '^pg_'
                    AND NOT EXISTS (
                        SELECT FROM \(roles) AS t JOIN pg_roles AS m ON m.rolname = t.role_name
                        WHERE tenant_id IS NOT NULL AND pg_has_role(m.oid, r.oid, 'MEMBER'))
                UNION ALL
                SELECT 2, format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', lanname)
            ) AS step (place, statement)
            WHERE lanpltrusted AND has_language_privilege('public', l.oid, 'USAGE')
                AND (SELECT count(DISTINCT tenant_id) FROM \(roles)) > 1
            ORDER BY lanname, place \\gexec
            """
    }
}
