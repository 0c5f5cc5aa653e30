-- Made whole in every build, and not by ebook: what one bears of shared calls changes with every
-- ebook that joins its series, and people read this table all day.

with

ebook_costs as (
    select * from {{ ref('int_ebook_costs') }}
),

allocated as (
    select
        ebook_id,
        cost_usd
    from {{ ref('fct_allocated_costs') }}
),

-- What ebooks bear of shared calls is taken off the calls for none, so that nothing counts twice.
moved as (
    select
        ebook_id,
        cost_usd
    from allocated
    union all
    select
        'unattributed' as ebook_id,
        -cost_usd as cost_usd
    from allocated
),

shared as (
    select
        ebook_id,
        cast(sum(cost_usd) as decimal(38, 12)) as shared_cost_usd
    from moved
    group by ebook_id
),

shared_out as (
    select
        ebook_costs.*,
        coalesce(shared.shared_cost_usd, 0) as shared_cost_usd,
        ebook_costs.cost_usd + coalesce(shared.shared_cost_usd, 0) as full_cost_usd
    from ebook_costs
    left join shared on ebook_costs.ebook_id = shared.ebook_id
)

select * from shared_out
