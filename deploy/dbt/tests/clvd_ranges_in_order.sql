-- Fails when the low end of a range lies above its high end.
select tenant_id, job_name, customer_id, horizon_days
from {{ source('clvd', 'customer_predictions') }}
where expected_purchases_low > expected_purchases_high
   or expected_spend_low > expected_spend_high
   or expected_value_low > expected_value_high
   or next_purchase_on_low > next_purchase_on_high
