-- What a UTC month will have cost at its end, as told at 00:00 UTC of each day of it, knowing the
-- days before. Each day that is left is expected to cost what the same day of the week did, on
-- average, in the last eight weeks (four to eight, as many as there are). Months that ended show
-- whether the interval held. The expected cost and the interval are estimates.

with

ebook_days as (
    select * from {{ ref('int_daily_costs') }}
),

spent as (
    select
        started_date as day,
        sum(cost_usd) as cost_usd
    from ebook_days
    group by started_date
),

span as (
    select
        min(day) as first_day,
        max(day) as last_day
    from spent
    having count(*) > 0
),

calendar as (
    select cast({{ each_day('first_day', 'last_day') }} as date) as day
    from span
),

days as (
    select
        calendar.day,
        date_trunc('month', calendar.day) as month_start,
        extract(isodow from calendar.day) as day_of_week,
        coalesce(spent.cost_usd, 0) as cost_usd,
        max(spent.day) over (
            order by calendar.day rows between unbounded preceding and 1 preceding
        ) as last_spent_day
    from calendar
    left join spent on calendar.day = spent.day
),

-- After eight weeks without a call nothing can be told. So a clock that is centuries off makes no
-- million forecasts either.
asked as (
    select
        days.day as forecast_date,
        cast(days.month_start as date) as month_start,
        cast(days.month_start + interval '1' month as date) as next_month_start,
        least((days.day - span.first_day) // 7, 8) as week_count,
        span.last_day
    from days
    cross join span
    where
        days.day - span.first_day >= 28
        and days.day - days.last_spent_day <= 56
),

weekdays as (
    select
        asked.forecast_date,
        days.day_of_week,
        {{ usd_per('sum(days.cost_usd)', 'count(*)') }} as mean_usd,
        count(*) as week_count,
        var_samp(cast(days.cost_usd as double)) as variance
    from asked
    inner join days
        on
            asked.forecast_date > days.day
            and asked.forecast_date - 7 * cast(asked.week_count as integer) <= days.day
    group by asked.forecast_date, days.day_of_week
),

-- How often each day of the week is still to come: once in each whole week, and once more for those
-- that the rest of the month begins with.
remaining as (
    select
        asked.forecast_date,
        weekdays.mean_usd,
        weekdays.week_count,
        weekdays.variance,
        (asked.next_month_start - asked.forecast_date) // 7
        + case
            when
                (weekdays.day_of_week - extract(isodow from asked.forecast_date) + 7) % 7
                < (asked.next_month_start - asked.forecast_date) % 7
                then 1
            else 0
        end as day_count
    from asked
    inner join weekdays on asked.forecast_date = weekdays.forecast_date
),

-- The average of so many weeks is itself uncertain: the more days are told from it, the more.
expected as (
    select
        forecast_date,
        sum(day_count * mean_usd) as rest_usd,
        sqrt(sum(day_count * variance * (1 + day_count / cast(week_count as double)))) as deviation
    from remaining
    group by forecast_date
),

spent_before as (
    select
        asked.forecast_date,
        coalesce(sum(case when days.day < asked.forecast_date then days.cost_usd end), 0)
            as spent_usd,
        case when asked.next_month_start <= asked.last_day then sum(days.cost_usd) end as actual_usd
    from asked
    inner join days on asked.month_start = days.month_start
    group by asked.forecast_date, asked.next_month_start, asked.last_day
),

-- 1.3: of a normal deviation known from some fifty days, eight tenths lie within. Six places: the
-- last digits of a double depend on the order in which days are added.
bounded as (
    select
        asked.forecast_date,
        asked.month_start,
        asked.week_count,
        spent_before.spent_usd,
        expected.rest_usd,
        cast(1.3 * expected.deviation as decimal(38, 6)) as half_width_usd,
        spent_before.actual_usd
    from asked
    inner join expected on asked.forecast_date = expected.forecast_date
    inner join spent_before on asked.forecast_date = spent_before.forecast_date
),

forecast as (
    select
        forecast_date,
        month_start,
        cast(week_count as bigint) as week_count,
        cast(spent_usd as decimal(38, 12)) as spent_usd,
        cast(spent_usd + rest_usd as decimal(38, 12)) as expected_cost_usd,
        cast(spent_usd + greatest(rest_usd - half_width_usd, 0) as decimal(38, 12)) as low_cost_usd,
        cast(spent_usd + rest_usd + half_width_usd as decimal(38, 12)) as high_cost_usd,
        cast(actual_usd as decimal(38, 12)) as actual_cost_usd
    from bounded
),

judged as (
    select
        *,
        actual_cost_usd between low_cost_usd and high_cost_usd as has_held
    from forecast
)

select * from judged
