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
    /// Where the publications' tables lie.
    private let schema: String

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
        let found = try connection.execute(
            """
            SELECT nspowner::regrole::text,
                'clv_' || left(encode(sha256(convert_to($1 || '.' || $2, 'UTF8')), 'hex'), 32)
            FROM pg_namespace WHERE nspname = $1
            """,
            [destination.schema, destination.tenant]
        )
        owner = found[0, 0] ?? ""
        let own = quoted(identifier: destination.schema)
        let known = try Partitions.find(in: destination, on: connection)?.schemas.first
        let isApart = known != nil && known != own && known != destination.schema
        schema = (isApart ? known : found[0, 1]) ?? ""
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
        BEGIN;
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
        BEGIN;
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
        let place = schema
        let creations = BulkTable.allCases.map { bulk in
            let table = "\(place).\(bulk.rawValue)"
            let creation = Partitions.creation(of: bulk, named: table, in: destination)
            return """
                SELECT \(quoted(literal: creation))
                WHERE NOT EXISTS (\(Partitions.lookUp(bulk, in: destination))) \\gexec
                """
        }
        return """
            -- Its own partitions, in a schema where it may make tables. It becomes their owner, \
            because
            -- a publication is attached and removed without holding readers up.
            CREATE SCHEMA IF NOT EXISTS \(place) AUTHORIZATION \(owner);
            COMMENT ON SCHEMA \(place)
                IS \(quoted(literal: "publications of \(destination.tenant) for schema \(destination.schema)"));
            GRANT USAGE, CREATE ON SCHEMA \(place) TO \(name);
            \(creations.joined(separator: "\n"))
            -- Only a member can give a table to the role, so who runs this is one for a moment.
            SELECT pg_has_role(current_user, \(quoted(literal: role)), 'MEMBER') AS is_member \\gset
            \\if :is_member
            \\else
            GRANT \(name) TO CURRENT_USER;
            \\endif
            \(handOver)
            \\if :is_member
            \\else
            REVOKE \(name) FROM CURRENT_USER;
            \\endif
            """
    }

    /// Moves the tenant's partitions to their place and their owner, where they are elsewhere.
    private var handOver: String {
        let trees = BulkTable.allCases.map { bulk in
            """
            SELECT t.relid FROM (\(Partitions.lookUp(bulk, in: destination))) AS p,
                    LATERAL pg_partition_tree(p.oid) AS t
            """
        }
        let (place, name) = (quoted(literal: schema), quoted(identifier: role))
        let steps = [
            ("SET SCHEMA \(schema)", "relnamespace::regnamespace::text <> \(place)"),
            ("OWNER TO \(name)", "pg_get_userbyid(relowner) <> \(quoted(literal: role))"),
        ]
        return steps.map { step, condition in
            """
            SELECT 'ALTER TABLE ' || c.oid::regclass || \(quoted(literal: " " + step))
            FROM pg_class AS c WHERE \(condition) AND c.oid IN (
                \(trees.joined(separator: "\n    UNION ALL "))
            ) \\gexec
            """
        }.joined(separator: "\n")
    }

    /// With several tenants in one database nobody but the owners may write functions.
    private var languages: String {
        """
        -- With several tenants in one database, their roles must not write functions: the server
        -- runs those that an index of a partition uses with the rights of whoever reads the
        -- forecasts. Languages belong to a superuser; owners of the database keep them.
        SELECT statement FROM pg_language AS l, pg_database AS d,
            LATERAL (VALUES
                (format('GRANT USAGE ON LANGUAGE %I TO %s', lanname, datdba::regrole)),
                (format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', lanname))
            ) AS step (statement)
        WHERE lanpltrusted AND d.datname = current_database()
            AND has_language_privilege(\(quoted(literal: role)), l.oid, 'USAGE')
            AND EXISTS (SELECT FROM \(destination.table("tenant_roles"))
                WHERE tenant_id <> \(quoted(literal: destination.tenant))) \\gexec
        """
    }
}
