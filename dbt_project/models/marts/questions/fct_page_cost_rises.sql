-- Each ebook's cost per accepted page beside what such a page of its kind cost in the last month
-- before in which any was worked on last. A month is the UTC month of an ebook's last call.

{{ config(materialized='view') }}

with

ebook_costs as (
    select
        ebook_id,
        coalesce(kind, 'unknown') as kind,
        cast(date_trunc('month', last_call_at) as date) as month_start,
        cost_usd,
        accepted_page_count,
        cost_per_accepted_page_usd
    from {{ ref('int_ebook_costs') }}
    where ebook_id <> 'unattributed' and accepted_page_count > 0
),

months as (
    select
        kind,
        month_start,
        {{ usd_per('sum(cost_usd)', 'sum(accepted_page_count)') }} as cost_per_accepted_page_usd
    from ebook_costs
    group by kind, month_start
),

compared_months as (
    select
        kind,
        month_start,
        lag(month_start) over (partition by kind order by month_start) as previous_month_start,
        lag(cost_per_accepted_page_usd) over (partition by kind order by month_start)
            as previous_cost_per_accepted_page_usd,
        max(month_start) over () as newest_month_start
    from months
),

risen as (
    select
        ebook_costs.ebook_id,
        ebook_costs.kind,
        ebook_costs.month_start,
        ebook_costs.month_start = compared_months.newest_month_start as is_newest_month,
        ebook_costs.cost_per_accepted_page_usd,
        compared_months.previous_month_start,
        cast(compared_months.previous_cost_per_accepted_page_usd as decimal(38, 12))
            as previous_cost_per_accepted_page_usd,
        cast(
            {{ usd_per(
                'ebook_costs.cost_per_accepted_page_usd',
                'compared_months.previous_cost_per_accepted_page_usd',
            ) }} * 100 - 100 as decimal(38, 12)
        ) as rise_percent
    from ebook_costs
    inner join compared_months
        on
            ebook_costs.kind = compared_months.kind
            and ebook_costs.month_start = compared_months.month_start
)

select * from risen
