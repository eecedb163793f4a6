-- Twelve questions that the forecasts answer. For psql, as a role that may read them
-- (clvctl db grants TENANT --reader); "clv" is the schema of [destination].
-- Every view shows the current publication, whole. Where there are several tenants add
-- tenant_id = '...': such a query plans and locks the tables of that tenant alone.

-- 1. Who is worth keeping and likely gone? The list for a win-back campaign. With bg_nbd nobody
-- leaves before a second purchase: of one-timers ask for return_probability < 0.2 instead.
SELECT tenant_id, job_name, customer_id, historic_spend, expected_value, p_alive
FROM clv.customers
WHERE p_alive < 0.5
ORDER BY historic_spend DESC NULLS LAST, customer_id
LIMIT 100;

-- 2. Who will be the most valuable, and how sure is that?
SELECT tenant_id, job_name, customer_id, expected_value, expected_value_low, expected_value_high
FROM clv.customers
ORDER BY expected_value DESC NULLS LAST, customer_id
LIMIT 100;

-- 3. What will each horizon bring, customers not seen yet included where they are forecast?
SELECT tenant_id, job_name, horizon_days, customer_group, expected_purchases, expected_spend,
    expected_spend_low, expected_spend_high
FROM clv.total_predictions
ORDER BY tenant_id, job_name, horizon_days, customer_group;

-- 4. How much of the coming value comes from how many customers? Tenths, the best first.
SELECT tenant_id, job_name, tenth, count(*) AS customers, sum(expected_value) AS value,
    round(100 * sum(expected_value)
        / nullif(sum(sum(expected_value)) OVER (PARTITION BY tenant_id, job_name), 0), 1) AS percent
FROM (
    SELECT tenant_id, job_name, expected_value, ntile(10) OVER (
        PARTITION BY tenant_id, job_name ORDER BY expected_value DESC NULLS LAST) AS tenth
    FROM clv.customers
) AS ranked
GROUP BY tenant_id, job_name, tenth
ORDER BY tenant_id, job_name, tenth;

-- 5. Which segments are there, and what are they worth?
SELECT tenant_id, job_name, segment, clv_level, count(*) AS customers,
    sum(expected_value) AS value, avg(return_probability) AS return_probability
FROM clv.customers
GROUP BY tenant_id, job_name, segment, clv_level
ORDER BY tenant_id, job_name, value DESC NULLS LAST;

-- 6. Whose scores and whose future disagree?
SELECT tenant_id, job_name, customer_id, segment, clv_level, mismatch, expected_value
FROM clv.customers
WHERE mismatch IN ('Overrated', 'Underrated')
ORDER BY expected_value DESC NULLS LAST, customer_id
LIMIT 100;

-- 7. Who is expected back in the coming week? The list for a reminder.
SELECT tenant_id, job_name, customer_id, next_purchase_on, next_purchase_on_high,
    expected_average_spend
FROM clv.customers
WHERE next_purchase_on BETWEEN as_of_on + 1 AND as_of_on + 7
ORDER BY next_purchase_on, customer_id;

-- 8. Which forecast purchases are there per week? For a chart, in the long form.
SELECT tenant_id, job_name, data_type, date_trunc('week', time_indicator)::date AS week,
    count(*) AS purchases, sum(amount_indicator) AS amount
FROM clv.results
GROUP BY tenant_id, job_name, data_type, week
ORDER BY tenant_id, job_name, week, data_type;

-- 9. Whose forecast has changed since yesterday? For a job that copies only what is new.
SELECT tenant_id, job_name, customer_id, horizon_days, expected_value, changed_at
FROM clv.customer_predictions
WHERE changed_at > now() - interval '1 day'
ORDER BY changed_at DESC, customer_id, horizon_days
LIMIT 1000;

-- 10. How old is all this, and can it be trusted? A drift above 3: customers do not behave as the
-- models of drift_days ago expected.
SELECT f.tenant_id, f.job_name, f.as_of_on, f.days_behind, f.published_at, f.oldest_model_on,
    f.drift, f.drift_days, f.last_run_status, f.last_error, p.changed_row_count, p.row_count
FROM clv.freshness AS f
    LEFT JOIN clv.current_publications AS c
        ON c.tenant_id = f.tenant_id AND c.job_name = f.job_name
    LEFT JOIN clv.publications AS p
        ON p.tenant_id = c.tenant_id AND p.publication_number = c.publication_number
ORDER BY f.tenant_id, f.job_name;

-- 11. How good were earlier forecasts? Each when its horizon had passed: totals against what came,
-- ranges (0.9 is right), ranking (1 is perfect, 0 is chance).
SELECT tenant_id, job_name, as_of_on, horizon_days, customer_group, customers,
    round((100 * (actual_spend / nullif(predicted_spend, 0) - 1))::numeric, 1) AS percent_off,
    actual_spend BETWEEN predicted_spend_low AND predicted_spend_high AS is_within_range,
    predicted_purchases, actual_purchases, mae_spend, coverage_spend, gini_spend
FROM clv.realised_metrics
ORDER BY tenant_id, job_name, horizon_days, as_of_on DESC, customer_group;

-- 12. How do past and coming months compare? For a chart; the past needs include_actual = true.
SELECT tenant_id, job_name, date_trunc('month', time_indicator)::date AS month,
    count(*) FILTER (WHERE data_type = 'actual') AS purchases_made,
    sum(amount_indicator) FILTER (WHERE data_type = 'actual') AS spend_made,
    count(*) FILTER (WHERE data_type = 'prediction') AS purchases_forecast
FROM clv.results
GROUP BY tenant_id, job_name, month
ORDER BY tenant_id, job_name, month;
