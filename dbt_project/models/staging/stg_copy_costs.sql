-- Each band of page counts of each version of a format, as half-open intervals of pages and of
-- time.

with

source as (
    select * from {{ ref('copy_costs') }}
),

versions as (
    select
        sale_format,
        valid_from,
        lead(valid_from) over (partition by sale_format order by valid_from) as valid_until
    from source
    group by sale_format, valid_from
),

bands as (
    select
        source.sale_format,
        source.royalty_plan,
        source.valid_from,
        versions.valid_until,
        source.pages_from,
        lead(source.pages_from) over (
            partition by source.sale_format, source.valid_from
            order by source.pages_from
        ) as pages_until,
        source.fixed_usd + cast(source.delivery_usd_per_mb * source.assumed_mb as decimal(18, 12))
            as fixed_usd,
        source.usd_per_page,
        source.is_deducted_before_royalty
    from source
    inner join versions
        on source.sale_format = versions.sale_format and source.valid_from = versions.valid_from
)

select * from bands
