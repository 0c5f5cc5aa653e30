-- Why a month cost otherwise than the one before. The unit is a call whose cost is known. With q
-- the calls and p the cost per call of a model, Q the calls of all models, 0 the month before and 1
-- this one:
--   price  = q1 × (p1 − p0)              what the same calls cost more or less each,
--   volume = (Q1 − Q0) × q0 / Q0 × p0    what more or fewer calls cost at the old mix and prices,
--   mix    = (q1 − Q1 × q0 / Q0) × p0    what other models cost than those of the month before.
-- Price and volume are rounded half to even at twelve places and mix takes what is left, so that
-- the three sum to the difference to the last digit. A new model is mix, as it has no old price.

with

ebook_days as (
    select * from {{ ref('int_daily_costs') }}
),

sums as (
    select
        cast(date_trunc('month', started_date) as date) as month_start,
        canonical_model,
        cast(sum(call_count - unpriced_count - in_doubt_count) as bigint) as priced_call_count,
        sum(cost_usd) as cost_usd
    from ebook_days
    group by cast(date_trunc('month', started_date) as date), canonical_model
),

span as (
    select
        min(month_start) as first_month,
        max(month_start) as last_month
    from sums
),

-- The month after one with calls is compared with it, also when it has none.
months as (
    select
        month_start,
        canonical_model
    from sums
    union
    select
        cast(month_start + interval '1' month as date) as month_start,
        canonical_model
    from sums
),

paired as (
    select
        months.month_start,
        months.canonical_model,
        months.month_start < span.last_month as is_complete,
        coalesce(earlier.priced_call_count, 0) as previous_call_count,
        coalesce(later.priced_call_count, 0) as priced_call_count,
        coalesce(earlier.cost_usd, 0) as previous_cost_usd,
        coalesce(later.cost_usd, 0) as cost_usd
    from months
    inner join span
        on months.month_start > span.first_month and months.month_start <= span.last_month
    left join sums as earlier
        on
            months.canonical_model = earlier.canonical_model
            and months.month_start = cast(earlier.month_start + interval '1' month as date)
    left join sums as later
        on
            months.canonical_model = later.canonical_model
            and months.month_start = later.month_start
),

totalled as (
    select
        *,
        sum(previous_call_count) over (partition by month_start) as previous_total_count,
        sum(priced_call_count) over (partition by month_start) as total_count
    from paired
),

split as (
    select
        *,
        case
            when previous_call_count > 0
                then cost_usd - {{ prorated_usd(
                    'previous_cost_usd', 'priced_call_count', 'previous_call_count'
                ) }}
            else 0
        end as price_usd,
        case
            -- After a month without calls there is no mix to compare with: all of it is volume.
            when previous_total_count = 0 then cost_usd
            else
                {{ prorated_usd('previous_cost_usd', 'total_count', 'previous_total_count') }}
                - previous_cost_usd
        end as volume_usd
    from totalled
),

summed_up as (
    select
        month_start,
        canonical_model,
        is_complete,
        previous_call_count,
        priced_call_count,
        cast(previous_cost_usd as decimal(38, 12)) as previous_cost_usd,
        cast(cost_usd as decimal(38, 12)) as cost_usd,
        cast(cost_usd - previous_cost_usd as decimal(38, 12)) as difference_usd,
        cast(price_usd as decimal(38, 12)) as price_usd,
        cast(volume_usd as decimal(38, 12)) as volume_usd,
        cast(cost_usd - previous_cost_usd - price_usd - volume_usd as decimal(38, 12)) as mix_usd
    from split
)

select * from summed_up
