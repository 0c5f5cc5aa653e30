-- Known with a source and unknown without; the provider's charge counts only with our own key.
select
    event_id,
    cost_usd,
    openrouter_cost_usd,
    upstream_cost_usd,
    cost_source,
    is_byok
from {{ ref('fct_attempts') }}
where
    {{ touched('started_date') }}
    and (
        (cost_usd is null) <> (cost_source is null)
        or (cost_usd is null) <> (cost_status in ('unknown', 'in_doubt'))
        or cost_usd <> openrouter_cost_usd + upstream_cost_usd
        or (upstream_cost_usd <> 0 and not coalesce(is_byok, false))
    )
