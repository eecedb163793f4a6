/// The small tables about runs and who may publish.
///
/// Every key begins with the tenant: row-level security hides another tenant's row, and a key
/// without the tenant would still clash with it.
enum RunTables {
    private static let tenant = TableColumn.required("tenant_id", "text", "the company")
    private static let job = TableColumn.required("job_name", "text", "the job")

    static let all = [runs, publications, currentPublications, leases, rejectedRows]

    private static let runs = Table(
        name: "runs",
        comment: "every run of every job, the failed ones too, as long as keep_history says",
        columns: [
            .required("run_id", "text", "the run"), tenant, job,
            .required("status", "text", "running, succeeded, failed, cancelled or interrupted"),
            .required("attempt", "integer", "how often this run was tried, from 1"),
            .required("reasons", "text[]", "why it was started"),
            .optional("as_of_on", "date", "the last day whose purchases are known"),
            .optional("due_at", "timestamptz", "the scheduled time that it serves"),
            .required("started_at", "timestamptz", "when it started"),
            .optional("finished_at", "timestamptz", "when it ended"),
            .optional("publication_number", "bigint", "what it published, or found published"),
            .optional("rows_read", "bigint", "rows of the source"),
            .optional("rows_accepted", "bigint", "rows that the forecast is made from"),
            .optional("rows_rejected", "bigint", "rows that were spoilt, see rejected_rows"),
            .optional("rows_after_as_of", "bigint", "rows after the as-of date, left aside"),
            .optional("newest_purchase_on", "date", "the newest purchase day of the source"),
            .optional("purchases", "bigint", "purchase days"),
            .optional("customers", "bigint", "customers with a purchase by the as-of date"),
            .optional("peak_memory_bytes", "bigint", "the most memory that the worker held"),
            .optional("error_code", "text", "stable short name of the error"),
            .optional("error_message", "text", "what went wrong"),
            .optional("error_cause", "text", "what the system below said"),
            .optional("error_fix", "text", "what helps"),
        ],
        constraints: [
            "PRIMARY KEY (tenant_id, run_id)",
            """
            CHECK (status IN ('running', 'succeeded', 'failed', 'cancelled', 'interrupted'))
            """,
        ],
        takesRows: true,
        changingColumns: [
            "status", "attempt", "as_of_on", "finished_at", "publication_number", "rows_read",
            "rows_accepted", "rows_rejected", "rows_after_as_of", "newest_purchase_on",
            "purchases", "customers", "peak_memory_bytes", "error_code", "error_message",
            "error_cause", "error_fix",
        ],
        losesRows: true
    )

    private static let publications = Table(
        name: "publications",
        comment: "every forecast that became visible",
        columns: [
            .required("publication_number", "bigint", "counts up over all tenants"), tenant, job,
            .required("run_id", "text", "the run that made it"),
            .optional("due_at", "timestamptz", "the scheduled time that it serves"),
            .required("as_of_on", "date", "the last day whose purchases are known"),
            .required(
                "time_period_days",
                "integer",
                "the job's time_period, which customers shows"
            ),
            .required("horizons_days", "integer[]", "how far ahead it looks, in days"),
            .optional("currency", "text", "of all amounts, as configured"),
            .required("model", "text", "the models that made it"),
            .required("model_version", "text", "their version in the model store"),
            .required("customers", "bigint", "customers with a forecast"),
            .required("row_count", "bigint", "rows in customer_predictions"),
            .required("changed_row_count", "bigint", "rows that differ from the one before"),
            .required("lease_epoch", "bigint", "the lease that it was published under"),
            .required("published_at", "timestamptz", "when it became visible"),
            .optional("removing_at", "timestamptz", "when the removal of its rows began"),
            .optional("removed_at", "timestamptz", "when its rows were dropped"),
        ],
        constraints: [
            "PRIMARY KEY (tenant_id, publication_number)", "UNIQUE (tenant_id, run_id)",
            "UNIQUE (tenant_id, job_name, due_at)",
            "UNIQUE (tenant_id, job_name, publication_number)",
            "CHECK (removed_at IS NULL OR removing_at IS NOT NULL)",
        ],
        takesRows: true,
        changingColumns: ["removing_at", "removed_at"],
        losesRows: true
    )

    private static let currentPublications = Table(
        name: "current_publications",
        comment: "which publication of a job the views show",
        columns: [
            tenant, job,
            .required("publication_number", "bigint", "the publication, see publications"),
        ],
        constraints: [
            "PRIMARY KEY (tenant_id, job_name)",
            """
            FOREIGN KEY (tenant_id, job_name, publication_number)
                REFERENCES @.publications (tenant_id, job_name, publication_number)
            """,
        ],
        takesRows: true,
        changingColumns: ["publication_number"]
    )

    private static let leases = Table(
        name: "leases",
        comment: "who may publish a job's forecast now",
        columns: [
            tenant, job,
            .required("epoch", "bigint", "counts the holders; a publication must know the last"),
            .required("holder", "text", "the run that holds it"),
            .required("acquired_at", "timestamptz", "since when"),
            .required("expires_at", "timestamptz", "until when, unless renewed"),
        ],
        constraints: ["PRIMARY KEY (tenant_id, job_name)"],
        takesRows: true,
        changingColumns: ["epoch", "holder", "acquired_at", "expires_at"]
    )

    private static let rejectedRows = Table(
        name: "rejected_rows",
        comment:
            "rows of the source that no forecast could use; capped per run, and deleted by age",
        columns: [
            .required("run_id", "text", "the run that read it"),
            .required("row_number", "bigint", "the source's row, from 1"), tenant, job,
            .required("reasons", "text[]", "everything that is wrong with it"),
            .required("raw", "text", "the row as it was read, cut when long; a huge number is inf"),
            .required("rejected_at", "timestamptz", "when"),
        ],
        constraints: [
            "PRIMARY KEY (tenant_id, run_id, row_number)",
            "FOREIGN KEY (tenant_id, run_id) REFERENCES @.runs ON DELETE CASCADE",
        ],
        takesRows: true,
        losesRows: true
    )
}
