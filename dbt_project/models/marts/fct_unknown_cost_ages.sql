-- What nobody knows the cost of, by how long ago it was sent, as of the build. OpenRouter's
-- analytics know a generation by its id for 31 days: a call without one that is older can no longer
-- be asked for.

with

unknown_costs as (
    select * from {{ ref('int_open_costs') }}
),

bands as (
    select
        1 as band_number,
        'under_1_hour' as age_band
    union all
    select
        2 as band_number,
        '1_hour_to_1_day' as age_band
    union all
    select
        3 as band_number,
        '1_to_7_days' as age_band
    union all
    select
        4 as band_number,
        '8_to_31_days' as age_band
    union all
    select
        5 as band_number,
        'over_31_days' as age_band
),

aged as (
    select
        *,
        case
            when started_at > current_timestamp - interval '1' hour then 1
            when started_at > current_timestamp - interval '1' day then 2
            when started_at > current_timestamp - interval '8' day then 3
            when started_at > current_timestamp - interval '31' day then 4
            else 5
        end as band_number
    from unknown_costs
),

counted as (
    select
        bands.band_number,
        bands.age_band,
        count(case when aged.cost_status = 'unknown' then 1 end) as unpriced_count,
        count(case when aged.cost_status = 'in_doubt' then 1 end) as in_doubt_count,
        count(case when aged.generation_id is null then aged.event_id end)
            as without_generation_count,
        min(aged.started_at) as oldest_call_at
    from bands
    left join aged on bands.band_number = aged.band_number
    group by bands.band_number, bands.age_band
)

select * from counted
