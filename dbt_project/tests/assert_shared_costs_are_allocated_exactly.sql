with

attempts as (
    select * from {{ ref('fct_attempts') }}
    where {{ touched('started_date') }}
),

shared as (
    select
        started_date,
        sum(coalesce(cost_usd, 0)) as cost_usd,
        sum(coalesce(fee_share_usd, 0)) as fee_share_usd
    from attempts
    where
        ebook_id is null
        and (ebook_ids is not null or trim({{ label('series') }}) <> '')
    group by started_date
),

allocated as (
    select
        started_date,
        sum(cost_usd) as cost_usd,
        sum(fee_share_usd) as fee_share_usd
    from {{ ref('fct_allocated_costs') }}
    where {{ touched('started_date') }}
    group by started_date
),

ebooks as (
    select
        sum(shared_cost_usd) as shared_cost_usd,
        sum(full_cost_usd) - sum(cost_usd) as added_usd
    from {{ ref('fct_ebook_costs') }}
)

select
    coalesce(shared.started_date, allocated.started_date) as started_date,
    shared.cost_usd - allocated.cost_usd as difference_usd,
    shared.fee_share_usd - allocated.fee_share_usd as fee_difference_usd
from shared
full outer join allocated on shared.started_date = allocated.started_date
where
    shared.started_date is null
    or allocated.started_date is null
    or shared.cost_usd <> allocated.cost_usd
    or shared.fee_share_usd <> allocated.fee_share_usd
union all
select
    null as started_date,
    shared_cost_usd as difference_usd,
    added_usd as fee_difference_usd
from ebooks
where shared_cost_usd <> 0 or added_usd <> 0
