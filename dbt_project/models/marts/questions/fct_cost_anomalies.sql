-- Hours that cost far more than such hours did. An hour is compared with those of the 26 weeks
-- before that had the same kind of ebook, model and hour of the week and in which anything was
-- spent; where there are fewer than eight of them, with the last hundred of that kind and model at
-- any hour, of which there must be 26. Usual cost and score are estimates. Only the newest hours
-- are judged, those of `anomaly_days` days, so that a build takes no longer as the history grows.

{% set anomaly_days = var('anomaly_days', 91) | int %}

{{ config(materialized='view') }}

with

days as (
    select max(started_date) as last_date from {{ ref('int_daily_costs') }}
),

hours as (
    select * from {{ ref('fct_hourly_costs') }}
),

ebooks as (
    select * from {{ ref('dim_ebooks') }}
),

spent as (
    select
        coalesce(ebooks.kind, 'unknown') as kind,
        hours.canonical_model,
        hours.started_hour,
        hours.started_date > days.last_date - {{ anomaly_days }} as is_judged,
        sum(hours.cost_usd) as cost_usd
    from hours
    inner join days on hours.started_date > days.last_date - {{ anomaly_days + 7 * 26 }}
    left join ebooks on hours.ebook_id = ebooks.ebook_id
    group by
        coalesce(ebooks.kind, 'unknown'),
        hours.canonical_model,
        hours.started_hour,
        hours.started_date,
        days.last_date
    having sum(hours.cost_usd) > 0
),

numbered as (
    select
        kind,
        canonical_model,
        started_hour,
        is_judged,
        cost_usd,
        {{ hour_of_week('started_hour') }} as hour_of_week,
        started_hour - interval '182' day as oldest_hour,
        row_number() over (partition by kind, canonical_model order by started_hour) as place
    from spent
),

judged_hours as (
    select * from numbered
    where is_judged
),

same_hours as (
    select
        judged_hours.kind,
        judged_hours.canonical_model,
        judged_hours.started_hour,
        'hour_of_week' as compared_with,
        cast(earlier.cost_usd as double) as earlier_usd
    from judged_hours
    inner join numbered as earlier
        on
            judged_hours.kind = earlier.kind
            and judged_hours.canonical_model = earlier.canonical_model
            and judged_hours.hour_of_week = earlier.hour_of_week
            and judged_hours.started_hour > earlier.started_hour
            and judged_hours.oldest_hour <= earlier.started_hour
),

same_medians as (
    select
        kind,
        canonical_model,
        started_hour,
        compared_with,
        count(*) as history_count,
        percentile_cont(0.5) within group (order by earlier_usd) as median_usd
    from same_hours
    group by kind, canonical_model, started_hour, compared_with
    having count(*) >= 8
),

any_hours as (
    select
        judged_hours.kind,
        judged_hours.canonical_model,
        judged_hours.started_hour,
        'any_hour' as compared_with,
        cast(earlier.cost_usd as double) as earlier_usd
    from judged_hours
    left join same_medians
        on
            judged_hours.kind = same_medians.kind
            and judged_hours.canonical_model = same_medians.canonical_model
            and judged_hours.started_hour = same_medians.started_hour
    inner join numbered as earlier
        on
            judged_hours.kind = earlier.kind
            and judged_hours.canonical_model = earlier.canonical_model
            and judged_hours.place > earlier.place
            and judged_hours.place - 100 <= earlier.place
            and judged_hours.oldest_hour <= earlier.started_hour
    where same_medians.started_hour is null
),

any_medians as (
    select
        kind,
        canonical_model,
        started_hour,
        compared_with,
        count(*) as history_count,
        percentile_cont(0.5) within group (order by earlier_usd) as median_usd
    from any_hours
    group by kind, canonical_model, started_hour, compared_with
    having count(*) >= 26
),

medians as (
    select * from same_medians
    union all
    select * from any_medians
),

history as (
    select * from same_hours
    union all
    select * from any_hours
),

deviations as (
    select
        medians.kind,
        medians.canonical_model,
        medians.started_hour,
        percentile_cont(0.5) within group (order by abs(history.earlier_usd - medians.median_usd))
            as median_deviation_usd
    from medians
    inner join history
        on
            medians.kind = history.kind
            and medians.canonical_model = history.canonical_model
            and medians.started_hour = history.started_hour
            and medians.compared_with = history.compared_with
    group by medians.kind, medians.canonical_model, medians.started_hour
),

-- 1.4826 makes of the median deviation a standard one, were costs normal. It is taken for a tenth
-- of the usual cost at least: equal costs are no reason to cry at a cent more.
scored as (
    select
        judged_hours.*,
        medians.compared_with,
        coalesce(medians.history_count, 0) as history_count,
        medians.median_usd,
        cast(judged_hours.cost_usd as double) - medians.median_usd as excess_usd,
        greatest(1.4826 * deviations.median_deviation_usd, 0.1 * medians.median_usd)
            as deviation_usd
    from judged_hours
    left join medians
        on
            judged_hours.kind = medians.kind
            and judged_hours.canonical_model = medians.canonical_model
            and judged_hours.started_hour = medians.started_hour
    left join deviations
        on
            judged_hours.kind = deviations.kind
            and judged_hours.canonical_model = deviations.canonical_model
            and judged_hours.started_hour = deviations.started_hour
),

alarmed as (
    select
        kind,
        canonical_model,
        started_hour,
        hour_of_week,
        cast(cost_usd as decimal(38, 12)) as cost_usd,
        compared_with,
        history_count,
        cast(median_usd as decimal(38, 12)) as usual_cost_usd,
        cast(excess_usd / deviation_usd as decimal(18, 3)) as robust_z,
        excess_usd > 5 * deviation_usd
        and excess_usd > {{ var('least_anomaly_usd', 0.10) }} as is_anomaly
    from scored
)

select * from alarmed
