-- Hours that cost far more than such hours did before. An hour is compared with the last 26 hours
-- of the same kind of ebook, model and hour of the week in which anything was spent. Costs are
-- compared as ratios (logarithms), for dear hours vary by more than cheap ones. Figures in it are
-- estimates.

with

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
        sum(hours.cost_usd) as cost_usd
    from hours
    left join ebooks on hours.ebook_id = ebooks.ebook_id
    group by coalesce(ebooks.kind, 'unknown'), hours.canonical_model, hours.started_hour
    having sum(hours.cost_usd) > 0
),

numbered as (
    select
        *,
        {{ hour_of_week('started_hour') }} as hour_of_week,
        ln(cast(cost_usd as double)) as log_cost,
        row_number() over (
            partition by kind, canonical_model, {{ hour_of_week('started_hour') }}
            order by started_hour
        ) as place
    from spent
),

history as (
    select
        numbered.kind,
        numbered.canonical_model,
        numbered.started_hour,
        earlier.log_cost
    from numbered
    inner join numbered as earlier
        on
            numbered.kind = earlier.kind
            and numbered.canonical_model = earlier.canonical_model
            and numbered.hour_of_week = earlier.hour_of_week
            and numbered.place - 26 <= earlier.place
            and numbered.place > earlier.place
),

medians as (
    select
        kind,
        canonical_model,
        started_hour,
        count(*) as history_count,
        percentile_cont(0.5) within group (order by log_cost) as median_log_cost
    from history
    group by kind, canonical_model, started_hour
),

deviations as (
    select
        medians.kind,
        medians.canonical_model,
        medians.started_hour,
        medians.history_count,
        medians.median_log_cost,
        percentile_cont(0.5) within group (
            order by abs(history.log_cost - medians.median_log_cost)
        ) as median_deviation
    from medians
    inner join history
        on
            medians.kind = history.kind
            and medians.canonical_model = history.canonical_model
            and medians.started_hour = history.started_hour
    group by
        medians.kind,
        medians.canonical_model,
        medians.started_hour,
        medians.history_count,
        medians.median_log_cost
),

-- A factor of 1.4826 makes of the median deviation a standard deviation, were costs log-normal.
-- One below 0.1, a tenth of the cost, is taken for 0.1: equal costs are no reason to cry at a cent
-- more.
scored as (
    select
        numbered.kind,
        numbered.canonical_model,
        numbered.started_hour,
        numbered.hour_of_week,
        numbered.cost_usd,
        coalesce(deviations.history_count, 0) as history_count,
        case when deviations.history_count >= 8 then deviations.median_log_cost end
            as median_log_cost,
        case
            when deviations.history_count >= 8
                then
                    (numbered.log_cost - deviations.median_log_cost)
                    / greatest(1.4826 * deviations.median_deviation, 0.1)
        end as score
    from numbered
    left join deviations
        on
            numbered.kind = deviations.kind
            and numbered.canonical_model = deviations.canonical_model
            and numbered.started_hour = deviations.started_hour
),

judged as (
    select
        kind,
        canonical_model,
        started_hour,
        hour_of_week,
        cast(cost_usd as decimal(38, 12)) as cost_usd,
        history_count,
        cast(exp(median_log_cost) as decimal(38, 12)) as usual_cost_usd,
        cast(score as decimal(18, 3)) as robust_z,
        score > 5 as is_anomaly
    from scored
)

select * from judged
