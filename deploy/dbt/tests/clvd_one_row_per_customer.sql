-- Fails when a customer stands twice in a job's forecast.
select tenant_id, job_name, customer_id
from {{ source('clvd', 'customers') }}
group by tenant_id, job_name, customer_id
having count(*) > 1
