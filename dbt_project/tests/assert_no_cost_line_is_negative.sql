select
    event_id,
    meter_bucket,
    quantity,
    cost_usd
from {{ ref('fct_cost_lines') }}
where
    {{ touched('started_date') }}
    and (cost_usd < 0 or listed_cost_usd < 0 or quantity < 0)
