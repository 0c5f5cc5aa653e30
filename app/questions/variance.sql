-- Why the newest whole UTC month, or else the one that goes on, cost otherwise than the one before.
with

months as (
    select
        month_start,
        is_complete,
        sum(previous_cost_usd) as previous_cost_usd,
        sum(cost_usd) as cost_usd,
        sum(difference_usd) as difference_usd,
        sum(price_usd) as price_usd,
        sum(volume_usd) as volume_usd,
        sum(mix_usd) as mix_usd,
        arg_max(canonical_model, abs(difference_usd)) as driver_model,
        arg_max(difference_usd, abs(difference_usd)) as driver_usd
    from fct_cost_variance
    group by month_start, is_complete
)

select * from months
where previous_cost_usd > 0
order by is_complete desc, month_start desc
limit 1
