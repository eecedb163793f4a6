/// The keys of `[source]` and `[destination]`.
extension SettingTables {
    static let server = SettingKey(
        "server",
        .text(.words),
        .means("the local socket"),
        example: "\"db1\"",
        "The database's host name, address or socket folder."
    )
    static let port = SettingKey(
        "port",
        .integer(1...65_535),
        .means("5432"),
        example: "5432",
        "The database's port."
    )
    static let database = SettingKey(
        "db",
        .text(.words),
        .error,
        example: "\"shop\"",
        "The database's name."
    )
    static let user = SettingKey(
        "user",
        .text(.words),
        .means("the service's own user"),
        example: "\"clvd_acme\"",
        "The database's role."
    )
    package static let connector = SettingTable(
        header: "connector",
        keys: [server, port, database, user],
        documentation: "How to reach the database."
    )
    package static let adminConnector = SettingTable(
        header: "admin_connector",
        keys: [server, port, database, user, passwordCredential, passwordFile],
        documentation: "How migrations reach the database."
    )

    static let dataSource = SettingKey(
        "data_source",
        .text(.dataSource),
        .value("\"postgresql\""),
        "The kind of source."
    )
    static let connectorKey = SettingKey(
        "connector",
        .table(connector),
        .means("see conninfo"),
        example: "{ server = \"db1\", port = 5432, db = \"shop\", user = \"clvd_acme\" }",
        connector.documentation
    )
    static let conninfo = SettingKey(
        "conninfo",
        .text(.conninfo),
        .means("see connector"),
        example: "\"service=acme\"",
        "How to reach the database, as a libpq connection string without a password."
    )
    static let passwordCredential = SettingKey(
        "password_credential",
        .text(.credential),
        .means("peer authentication, .pgpass or a service file"),
        example: "\"acme-db\"",
        "The systemd credential that holds the password."
    )
    static let passwordFile = SettingKey(
        "password_file",
        .text(.absolutePath),
        .means("peer authentication, .pgpass or a service file"),
        example: "\"/etc/clvd/acme.password\"",
        "A file that holds the password and is read on every connect."
    )
    static let query = SettingKey(
        "data_query_path",
        .text(.words),
        .error,
        example: "\"select user_id, transaction_value, days from purchases\"",
        "The query for the purchases, or the path of a .sql file, from this file's folder on."
    )
    static let customer = SettingKey(
        "customer_indicator",
        .text(.column),
        .error,
        example: "\"user_id\"",
        "The query's column of the customer."
    )
    static let time = SettingKey(
        "time_indicator",
        .text(.column),
        .error,
        example: "\"days\"",
        "The query's column of the purchase's date or time."
    )
    static let amount = SettingKey(
        "amount_indicator",
        .text(.column),
        .means("purchases are forecast, and no spend"),
        example: "\"transaction_value\"",
        "The query's column of the amount; returns are negative."
    )
    static let order = SettingKey(
        "order_indicator",
        .text(.column),
        .means("rows are not searched for duplicates"),
        example: "\"order_id\"",
        "The query's column of the order."
    )
    static let covariates = SettingKey(
        "covariate_indicators",
        .texts(.column),
        .means("models of one-timers use the first amount and the month alone"),
        example: "[\"channel\"]",
        "The query's columns that put purchases into groups; at most four, model \"cox\" uses them."
    )
    package static let source = SettingTable(
        header: "[source]",
        keys: [
            dataSource, connectorKey, conninfo, passwordCredential, passwordFile, query, customer,
            time, amount, order, covariates,
        ],
        documentation: "Where the purchases are read."
    )

    static let adminConnectorKey = SettingKey(
        "admin_connector",
        .table(adminConnector),
        .means("the connection above"),
        example: "{ server = \"db1\", db = \"shop\", user = \"clv_owner\" }",
        adminConnector.documentation
    )
    static let schema = SettingKey(
        "schema",
        .text(.schema),
        .value("\"clv\""),
        "The schema of the tables."
    )
    static let autoMigrate = SettingKey(
        "auto_migrate",
        .boolean,
        .value("false"),
        "Whether a run may make and change the tables; else clvctl db migrate does."
    )
    package static let destination = SettingTable(
        header: "[destination]",
        keys: [
            connectorKey, conninfo, passwordCredential, passwordFile, adminConnectorKey, schema,
            autoMigrate,
        ],
        documentation: "Where the forecasts are written; without a connection, to the source."
    )
}
