import Domain
import Glibc
import Postgres
import Publishing
import TestSupport
import Testing

let hasPostgres = ConditionTrait.enabled(
    if: PrivateCluster.isInstalled,
    Comment(rawValue: PrivateCluster.absence)
)

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct PublicationTests {
    @Test("the first publication is what the view shows")
    func first() throws {
        let shop = try Shop()
        let pool = numberedCustomers(5000)
        let receipt = try #require(
            try shop.publish(RunRecord(runID: "r-1"), customers: pool, horizons: [365, 30])
        )
        #expect(receipt.rows == 10_000 && receipt.changedRows == 10_000)
        #expect(receipt.customers == 5000)
        let rows = try shop.query(
            """
            SELECT tenant_id, job_name, customer_id, horizon_days, customer_group,
                expected_average_spend, next_purchase_on, expected_purchases_low, clv_level,
                rfm_recency_score, return_probability, model_version
            FROM clv.customer_predictions WHERE customer_id = 'c0000004' ORDER BY horizon_days
            """
        )
        #expect(
            rows.first == [
                "acme", "monthly", "c0000004", "30", "repeater", "20.6964", "2024-10-08", nil,
                "Low", "5", "0.166667", "v1",
            ]
        )
        #expect(rows.count == 2)
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["5000"]])
    }
}
