import Postgres

/// The questions behind `db check`, each a query that finds what is wrong and what mends it.
struct AccessQuestions {
    let destination: Destination
    /// The schema's name as a literal.
    let schema: String
    private let tenant: String
    private let grants: String

    init(_ destination: Destination) {
        self.destination = destination
        schema = quoted(literal: destination.schema)
        tenant = quoted(literal: destination.tenant)
        grants = quoted(literal: "run: clvctl db grants \(destination.tenant) | psql")
    }

    var all: [(claim: String, query: String)] {
        [
            ("the role has no attribute that passes over rights", attributes),
            ("the role owns nothing but its partitions", ownership),
            ("the role acts for this tenant alone", acting),
            ("row-level security is forced on every shared table", rowSecurity),
            ("the policies are those of the migration", policies),
            ("the views ask for the rights of their reader", views),
            ("the tenant's partitions are the role's, and nobody else reads them", partitions),
            ("the role has the rights that a run needs", missingRights),
            ("the role has no other rights on shared tables", needlessRights),
            ("the role makes tables only among its partitions", creation),
            ("the role writes no functions that other tenants' readers would run", functions),
            ("no partition of any tenant calls what a user made", calls),
        ]
    }

    /// The role itself and every role that it can become.
    private static let reach = """
        WITH RECURSIVE reach (oid) AS (
            SELECT oid FROM pg_roles WHERE rolname = current_user
            UNION
            SELECT m.roleid FROM pg_auth_members AS m JOIN reach AS r ON m.member = r.oid
        )
        """

    private var attributes: String {
        """
        \(AccessQuestions.reach)
        SELECT format('role %I is %s', rolname, attribute),
            format('run: ALTER ROLE %I NO%s', rolname, attribute)
        FROM reach JOIN pg_roles USING (oid), LATERAL (VALUES
            (rolsuper, 'SUPERUSER'), (rolbypassrls, 'BYPASSRLS'), (rolcreaterole, 'CREATEROLE'),
            (rolcreatedb, 'CREATEDB'), (rolreplication, 'REPLICATION')
        ) AS a (has, attribute) WHERE has
        UNION ALL
        SELECT format('role %I is a member of %I', current_user, rolname),
            format('run: REVOKE %I FROM %I', rolname, current_user)
        FROM reach JOIN pg_roles USING (oid) WHERE rolname LIKE 'pg\\_%'
        """
    }

    /// The tables of the tenant's own level and below, and what waits there to be attached.
    var ownTables: String {
        let trees = BulkTable.allCases.map { bulk in
            """
            SELECT t.relid FROM (\(Partitions.lookUp(bulk, in: destination))) AS p,
                LATERAL pg_partition_tree(p.oid) AS t
            """
        }
        let names = BulkTable.allCases.map(\.rawValue).joined(separator: "|")
        return trees.joined(separator: " UNION ALL ")
            + """
             UNION ALL SELECT c.oid FROM pg_class AS c
            WHERE c.relname ~ '^(\(names))_[0-9]{1,18}$' AND c.relnamespace IN (
                SELECT k.relnamespace FROM pg_class AS k
                WHERE k.relnamespace::regnamespace::text <> quote_ident(\(schema))
                    AND k.oid IN (\(trees.joined(separator: " UNION ALL "))))
            """
    }

    private var ownership: String {
        """
        \(AccessQuestions.reach)
        SELECT DISTINCT format('role %I owns %s', r.rolname, CASE
                WHEN dbid IN (0, here.oid) THEN pg_describe_object(classid, objid, 0)
                ELSE 'objects of another database'
            END), 'let another role own it, or connect as a role of its own'
        FROM (SELECT oid FROM pg_database WHERE datname = current_database()) AS here, reach
            JOIN pg_roles AS r USING (oid)
            JOIN pg_shdepend ON refclassid = 'pg_authid'::regclass AND refobjid = reach.oid
        WHERE deptype = 'o' AND NOT (dbid = here.oid AND classid = 'pg_class'::regclass
            AND objid IN (\(ownTables)))
        """
    }

    private var acting: String {
        let roles = destination.table(RowSecurity.tenantRoles.name)
        // Who passes over rights sees everybody's rows here, and they are not his.
        let own = """
            (SELECT * FROM \(roles)
            WHERE pg_has_role(current_user, to_regrole(quote_ident(role_name))::oid, 'USAGE'))
            """
        let isBound = """
            NOT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
            """
        return """
            SELECT format('role %I acts for %s', role_name, coalesce(
                    'tenant "' || tenant_id || '"', 'every tenant')),
                format('run: DELETE FROM \(roles) WHERE role_name = %L AND tenant_id %s', role_name,
                    coalesce('= ' || quote_literal(tenant_id), 'IS NULL'))
            FROM \(own) AS t WHERE tenant_id IS DISTINCT FROM \(tenant) AND \(isBound)
            UNION ALL
            SELECT format('role %I does not act for tenant "%s"', current_user, \(tenant)), \(grants)
            WHERE NOT EXISTS (SELECT FROM \(own) AS t WHERE tenant_id = \(tenant)) AND \(isBound)
            """
    }

    /// The tables with a tenant's name in each row, but for partitions.
    var shared: String {
        """
        (SELECT c.* FROM pg_class AS c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relnamespace::regnamespace::text = quote_ident(\(schema))
            AND c.oid NOT IN (\(ownTables)) AND EXISTS (
                SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'))
        """
    }

    private var rowSecurity: String {
        """
        SELECT format('%s does not force row-level security', oid::regclass),
            format('run: ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
                oid::regclass)
        FROM \(shared) AS c WHERE NOT (relrowsecurity AND relforcerowsecurity)
        """
    }

    private var views: String {
        """
        SELECT format('view %s reads with the rights of its owner', oid::regclass),
            format('run: ALTER VIEW %s SET (security_invoker = true)', oid::regclass)
        FROM pg_class WHERE relkind = 'v' AND relnamespace::regnamespace::text = quote_ident(\(schema))
            AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)
        """
    }
}

extension AccessQuestions {
    private var partitions: String {
        let perTable = BulkTable.allCases.map { bulk in
            """
            SELECT 'there is no partition of \(bulk.rootName) for the tenant' AS what
            WHERE NOT EXISTS (\(Partitions.lookUp(bulk, in: destination)))
            """
        }
        return """
            SELECT what, \(grants) FROM (\(perTable.joined(separator: " UNION ALL "))) AS missing
            UNION ALL
            SELECT format('%s belongs to %s', oid::regclass, relowner::regrole), \(grants)
            FROM pg_class WHERE oid IN (\(ownTables))
                AND pg_get_userbyid(relowner) <> current_user
            UNION ALL
            SELECT format('%s has rights on %s', grantee, oid::regclass),
                format('run: REVOKE ALL ON %s FROM %s', oid::regclass, grantee)
            FROM (SELECT DISTINCT c.oid, c.relowner, e.grantee AS number,
                    CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE e.grantee::regrole::text END AS grantee
                FROM pg_class AS c, LATERAL aclexplode(c.relacl) AS e
                WHERE c.oid IN (\(ownTables))) AS x WHERE number <> relowner
            """
    }

    /// The rights as rows: table, privilege, column or NULL.
    private var rights: String {
        let rights = Rights.ofTenant
        func row(_ table: String, _ privilege: String, _ column: String? = nil) -> String {
            "('\(table)', '\(privilege)', \(column.map { "'\($0)'" } ?? "NULL"))"
        }
        let rows =
            rights.readable.map { row($0, "SELECT") }
            + rights.writable.map { row($0.name, "INSERT") }
            + rights.writable.filter(\.losesRows).map { row($0.name, "DELETE") }
            + rights.writable.flatMap { table in
                table.changingColumns.map { row(table.name, "UPDATE", $0) }
            }
        return "(VALUES \(rows.joined(separator: ", "))) AS needed (name, privilege, attribute)"
    }

    private var missingRights: String {
        let sequences = Rights.ofTenant.sequences.map { "('\($0)')" }.joined(separator: ", ")
        return """
            SELECT format('%s%s on %s is missing', privilege, ' (' || attribute || ')', name), \(grants)
            FROM \(rights), LATERAL (
                SELECT to_regclass(format('%I.%I', \(schema), name)) AS oid) AS t
            WHERE NOT coalesce(CASE WHEN attribute IS NULL THEN has_table_privilege(oid, privilege)
                ELSE has_column_privilege(oid, attribute, privilege) END, false)
            UNION ALL
            SELECT format('USAGE on %s is missing', name), \(grants)
            FROM (VALUES \(sequences)) AS needed (name)
            WHERE NOT coalesce(has_sequence_privilege(
                to_regclass(format('%I.%I', \(schema), name)), 'USAGE'), false)
            UNION ALL
            SELECT 'CREATE on schema ' || name || ' is missing', \(grants) FROM (
                SELECT DISTINCT relnamespace::regnamespace::text AS name FROM pg_class
                WHERE oid IN (\(ownTables))) AS place
            WHERE NOT has_schema_privilege(name::regnamespace, 'CREATE')
            """
    }

    private var needlessRights: String {
        """
        SELECT format('%s%s on %s is more than a run needs', privilege, ' (' || attname || ')',
                c.oid::regclass),
            CASE WHEN has_table_privilege('public', c.oid, privilege) OR
                    has_column_privilege('public', c.oid, attnum, privilege)
                THEN format('run: REVOKE %s ON %s FROM PUBLIC', privilege, c.oid::regclass)
                ELSE \(grants) END
        FROM pg_class AS c
            CROSS JOIN (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'),
                ('TRIGGER')) AS p (privilege)
            LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
                AND privilege IN ('UPDATE', 'REFERENCES')
        WHERE c.relkind IN ('r', 'p', 'v') AND c.oid NOT IN (\(ownTables))
            AND c.relnamespace::regnamespace::text = quote_ident(\(schema))
            AND CASE WHEN attname IS NULL THEN has_table_privilege(c.oid, privilege)
                ELSE has_column_privilege(c.oid, attnum, privilege) END
            AND (c.relname::text, privilege, coalesce(attname::text, '')) NOT IN (
                SELECT name, needed.privilege, coalesce(attribute, '') FROM \(rights))
        UNION ALL
        SELECT format('UPDATE on %s is more than a run needs', oid::regclass),
            format('run: REVOKE UPDATE ON SEQUENCE %s FROM %I, PUBLIC', oid::regclass, current_user)
        FROM pg_class WHERE relnamespace::regnamespace::text = quote_ident(\(schema))
            AND CASE relkind WHEN 'S' THEN has_sequence_privilege(oid, 'UPDATE') ELSE false END
        """
    }

    private var creation: String {
        """
        SELECT format('role %I may create objects in schema %I', current_user, nspname),
            format('run: REVOKE CREATE ON SCHEMA %I FROM %I, PUBLIC', nspname, current_user)
        FROM pg_namespace AS n WHERE has_schema_privilege(oid, 'CREATE') AND nspname !~ '^pg_temp'
            AND (nspname = \(schema) OR oid NOT IN (
                SELECT relnamespace FROM pg_class WHERE oid IN (\(ownTables))))
        UNION ALL
        SELECT format('role %I may create schemas in database %I', current_user, current_database()),
            format('run: REVOKE CREATE ON DATABASE %I FROM %I, PUBLIC', current_database(), current_user)
        WHERE has_database_privilege(current_database(), 'CREATE')
        """
    }

    /// The bulk tables, which are partitioned by tenant.
    var roots: String {
        let names = BulkTable.allCases.map { "'\($0.rootName)'" }.joined(separator: ", ")
        return """
            SELECT oid FROM pg_class WHERE relname IN (\(names))
                AND relnamespace::regnamespace::text = quote_ident(\(schema))
            """
    }

    /// What the server would run with the rights of whoever reads or analyses a partition.
    ///
    /// Own types and operators count too, because there are functions behind them. The catalogue
    /// tells without a lock, where `pg_partition_tree` would lock every tenant's partitions.
    private var calls: String {
        """
        WITH RECURSIVE part (oid) AS (\(roots) UNION ALL
            SELECT inhrelid FROM pg_inherits JOIN part ON inhparent = part.oid
        ), maker (class, oid, fix) AS (
            SELECT 'pg_class'::regclass, oid, format('have its owner drop %s', oid::regclass) FROM part
            UNION ALL
            SELECT 'pg_class'::regclass, indexrelid,
                format('run as a superuser: DROP INDEX %s', indexrelid::regclass)
            FROM pg_index JOIN part ON indrelid = part.oid
            UNION ALL
            SELECT 'pg_attrdef'::regclass, d.oid,
                format('run as a superuser: ALTER TABLE %s ALTER COLUMN %I DROP %s',
                    adrelid::regclass, attname,
                    CASE attgenerated WHEN '' THEN 'DEFAULT' ELSE 'EXPRESSION' END)
            FROM pg_attrdef AS d JOIN part ON adrelid = part.oid
                JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
            UNION ALL
            SELECT 'pg_constraint'::regclass, c.oid,
                format('run as a superuser: ALTER TABLE %s DROP CONSTRAINT %I',
                    conrelid::regclass, conname)
            FROM pg_constraint AS c JOIN part ON conrelid = part.oid
        )
        SELECT format('%s uses %s', pg_describe_object(class, maker.oid, 0),
            pg_describe_object(refclassid, refobjid, 0)), fix
        FROM maker JOIN pg_depend ON classid = class AND objid = maker.oid
        WHERE refobjid >= 16384 AND refclassid IN ('pg_proc'::regclass,
            'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_type'::regclass)
        """
    }

    private var functions: String {
        """
        SELECT format('role %I may write functions in language %I', current_user, lanname),
            format('run as a superuser: REVOKE USAGE ON LANGUAGE %I FROM PUBLIC, %I', lanname,
                current_user)
        FROM pg_language WHERE lanpltrusted AND has_language_privilege(oid, 'USAGE')
            AND (SELECT count(*) FROM pg_inherits AS i JOIN pg_class AS r ON r.oid = i.inhparent
                WHERE r.relname = '\(BulkTable.customerPredictions.rootName)'
                    AND r.relnamespace::regnamespace::text = quote_ident(\(schema))) > 1
        """
    }
}
