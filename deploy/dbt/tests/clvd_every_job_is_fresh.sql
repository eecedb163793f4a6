-- Fails for each job whose forecast is older than 72 hours, or that has none.
-- The freshness of a source takes the newest of all jobs, so one fresh job would hide the others.
select tenant_id, job_name, published_at
from {{ source('clvd', 'freshness') }}
where published_at is null or published_at < now() - interval '72 hours'
