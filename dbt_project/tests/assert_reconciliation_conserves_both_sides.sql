-- Days and models are only a way to cut: the sums are those of the ledger and of the provider.
with

activity as (
    select
        coalesce(sum(usage_usd + coalesce(byok_usage_usd, 0)), 0) as provider_usd,
        coalesce(sum(request_count), 0) as provider_requests,
        min(activity_date) as first_date,
        max(activity_date) as last_date
    from {{ ref('stg_provider_activity') }}
),

attempts as (
    select coalesce(sum(attempts.cost_usd), 0) as ledger_usd
    from {{ ref('fct_attempts') }} as attempts
    inner join activity
        on cast(attempts.billed_at as date) between activity.first_date and activity.last_date
),

reconciled as (
    select
        coalesce(sum(provider_usd), 0) as provider_usd,
        coalesce(sum(provider_requests), 0) as provider_requests,
        coalesce(sum(ledger_usd), 0) as ledger_usd
    from {{ ref('fct_reconciliation_days') }}
)

select
    activity.provider_usd as activity_usd,
    attempts.ledger_usd as attempts_usd,
    reconciled.*
from reconciled
cross join activity
cross join attempts
where
    reconciled.provider_usd <> activity.provider_usd
    or reconciled.provider_requests <> activity.provider_requests
    or reconciled.ledger_usd <> attempts.ledger_usd
