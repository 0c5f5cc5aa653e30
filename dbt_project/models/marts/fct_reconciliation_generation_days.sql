with

matched as (
    select * from {{ ref('int_matched_days') }}
),

unmatched as (
    select * from {{ ref('fct_reconciliation_generations') }}
),

gathered as (
    select
        billed_date as date_utc,
        'matched' as match,
        told_by,
        generation_count,
        provider_usd as recorded_usd,
        provider_usd
    from matched
    union all
    select
        date_utc,
        match,
        told_by,
        1 as generation_count,
        coalesce(recorded_usd, 0) as recorded_usd,
        coalesce(provider_usd, 0) as provider_usd
    from unmatched
),

summed as (
    select
        date_utc,
        match,
        told_by,
        cast(sum(generation_count) as bigint) as generation_count,
        cast(sum(recorded_usd) as decimal(38, 12)) as recorded_usd,
        cast(sum(provider_usd) as decimal(38, 12)) as provider_usd
    from gathered
    group by date_utc, match, told_by
)

select * from summed
