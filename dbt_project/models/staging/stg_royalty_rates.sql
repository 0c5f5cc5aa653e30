-- Each band of list prices of each version of a plan, as half-open intervals of price and of time.

with

source as (
    select * from {{ ref('royalty_rates') }}
),

versions as (
    select
        royalty_plan,
        valid_from,
        lead(valid_from) over (partition by royalty_plan order by valid_from) as valid_until
    from source
    group by royalty_plan, valid_from
),

bands as (
    select
        source.royalty_plan,
        source.valid_from,
        versions.valid_until,
        source.list_price_from_usd,
        lead(source.list_price_from_usd) over (
            partition by source.royalty_plan, source.valid_from
            order by source.list_price_from_usd
        ) as list_price_until_usd,
        source.royalty_rate
    from source
    inner join versions
        on source.royalty_plan = versions.royalty_plan and source.valid_from = versions.valid_from
)

select * from bands
