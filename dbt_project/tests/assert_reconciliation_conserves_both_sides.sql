-- Days, models and keys are only a way to cut: the sums are those of the ledger and the provider.
with

activity as (
    select * from {{ ref('stg_provider_activity') }}
),

provider as (
    select
        coalesce(sum(usage_usd + coalesce(byok_usage_usd, 0)), 0) as provider_usd,
        coalesce(sum(request_count), 0) as provider_requests
    from activity
),

snapshots as (
    select
        min(activity_date) as first_date,
        max(snapshot_last_date) as last_date
    from activity
    group by snapshot_id
),

billed as (
    select * from {{ ref('int_billed_days') }}
),

covered as (
    select distinct billed.billed_date
    from billed
    inner join snapshots on billed.billed_date between snapshots.first_date and snapshots.last_date
),

ledger as (
    select
        coalesce(sum(billed.cost_usd), 0) as ledger_usd,
        coalesce(sum(billed.request_count), 0) as ledger_requests
    from billed
    inner join covered on billed.billed_date = covered.billed_date
),

reconciled as (
    select
        coalesce(sum(provider_usd), 0) as provider_usd,
        coalesce(sum(provider_requests), 0) as provider_requests,
        coalesce(sum(ledger_usd), 0) as ledger_usd,
        coalesce(sum(ledger_requests), 0) as ledger_requests
    from {{ ref('fct_reconciliation_days') }}
)

select
    provider.provider_usd as activity_usd,
    ledger.ledger_usd as attempts_usd,
    reconciled.*
from reconciled
cross join provider
cross join ledger
where
    reconciled.provider_usd <> provider.provider_usd
    or reconciled.provider_requests <> provider.provider_requests
    or reconciled.ledger_usd <> ledger.ledger_usd
    or reconciled.ledger_requests <> ledger.ledger_requests
