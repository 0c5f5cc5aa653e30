with

ages as (
    select
        sum(unpriced_count) as unpriced_count,
        sum(in_doubt_count) as in_doubt_count
    from {{ ref('fct_unknown_cost_ages') }}
),

status as (
    select
        sum(unpriced_count) as unpriced_count,
        sum(in_doubt_count) as in_doubt_count
    from {{ ref('fct_ledger_status') }}
)

select
    status.*,
    ages.unpriced_count as aged_unpriced_count,
    ages.in_doubt_count as aged_in_doubt_count
from status
cross join ages
where
    status.unpriced_count <> ages.unpriced_count
    or status.in_doubt_count <> ages.in_doubt_count
