import Domain
import Postgres

extension Publication {
    /// Refuses a forecast that has far fewer customers than the one that readers see now.
    ///
    /// Customers of a source only become more, unless it lost rows or its query now chooses others.
    func refuseCustomerLoss(now customers: Int) throws {
        guard let limit = header.maxCustomerLoss else { return }
        let destination = ledger.destination
        let rows = try connection.execute(
            """
            SELECT p.customers FROM \(destination.table("current_publications")) AS c
                JOIN \(destination.table("publications")) AS p
                USING (tenant_id, job_name, publication_number)
            WHERE c.tenant_id = $1 AND c.job_name = $2
            """,
            [destination.tenant, destination.job]
        )
        guard rows.count == 1, let before = rows.integer(0, 0) else { return }
        guard Double(customers) < (1 - limit) * Double(before) else { return }
        throw PublishingError(
            "customers_lost",
            "the new forecast of \"\(destination.job)\" has too few customers and was not published",
            cause: "\(before) customers before, \(customers) now",
            fix: "look for missing rows in the source; if it is right, raise max_customer_loss for "
                + "one run",
            .refused
        )
    }
}
