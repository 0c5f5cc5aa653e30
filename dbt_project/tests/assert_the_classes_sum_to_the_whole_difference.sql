-- Nothing that differs is left without a class, and nothing is explained twice.
with

explained as (
    select
        date_utc,
        canonical_model,
        api_key,
        sum(amount_usd) as amount_usd,
        sum(requests) as requests
    from {{ ref('fct_reconciliation_differences') }}
    group by date_utc, canonical_model, api_key
),

days as (
    select * from {{ ref('fct_reconciliation_days') }}
)

select
    days.date_utc,
    days.canonical_model,
    days.api_key,
    days.difference_usd,
    explained.amount_usd,
    days.missing_requests,
    explained.requests
from days
left join explained
    on
        days.date_utc = explained.date_utc
        and days.canonical_model = explained.canonical_model
        and coalesce(days.api_key, '') = coalesce(explained.api_key, '')
where
    days.difference_usd <> coalesce(explained.amount_usd, 0)
    or days.missing_requests <> coalesce(explained.requests, 0)
