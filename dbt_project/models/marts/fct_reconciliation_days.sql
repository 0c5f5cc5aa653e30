-- The provider's records are the measure: outside the days that they cover nothing is compared.

with

attempts as (
    select * from {{ ref('fct_attempts') }}
),

activity as (
    select * from {{ ref('stg_provider_activity') }}
),

models as (
    select * from {{ ref('dim_models') }}
),

covered as (
    select
        min(activity_date) as first_date,
        max(activity_date) as last_date
    from activity
),

provider_days as (
    select
        activity.activity_date as date_utc,
        models.canonical_model,
        sum(activity.usage_usd + coalesce(activity.byok_usage_usd, 0)) as provider_usd,
        sum(activity.request_count) as provider_requests
    from activity
    inner join models on activity.model = models.model
    group by activity.activity_date, models.canonical_model
),

ledger_days as (
    select
        cast(attempts.billed_at as date) as date_utc,
        coalesce(attempts.canonical_model, 'unknown') as canonical_model,
        sum(attempts.cost_usd) as ledger_usd,
        -- A request without a generation never reached what the provider counts.
        count(case when attempts.generation_id is not null or attempts.source <> 'live' then 1 end)
            as ledger_requests
    from attempts
    inner join covered
        on cast(attempts.billed_at as date) between covered.first_date and covered.last_date
    group by cast(attempts.billed_at as date), coalesce(attempts.canonical_model, 'unknown')
),

compared as (
    select
        coalesce(provider_days.date_utc, ledger_days.date_utc) as date_utc,
        coalesce(provider_days.canonical_model, ledger_days.canonical_model) as canonical_model,
        cast(coalesce(ledger_days.ledger_usd, 0) as decimal(38, 12)) as ledger_usd,
        cast(coalesce(provider_days.provider_usd, 0) as decimal(38, 12)) as provider_usd,
        cast(coalesce(ledger_days.ledger_requests, 0) as bigint) as ledger_requests,
        cast(coalesce(provider_days.provider_requests, 0) as bigint) as provider_requests
    from provider_days
    full outer join ledger_days
        on
            provider_days.date_utc = ledger_days.date_utc
            and provider_days.canonical_model = ledger_days.canonical_model
),

differences as (
    select
        *,
        provider_usd - ledger_usd as difference_usd,
        provider_requests - ledger_requests as missing_requests,
        provider_usd = ledger_usd and provider_requests = ledger_requests as is_balanced
    from compared
    -- A request that was refused for nothing is on neither side.
    where provider_usd <> 0 or ledger_usd <> 0 or provider_requests <> 0 or ledger_requests <> 0
)

select * from differences
