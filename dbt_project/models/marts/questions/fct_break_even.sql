-- Copies that pay an ebook's cost back, by the format in which it is sold, under the terms in force
-- when the last work on it was done. Pages are those recorded: a book printed on one side of each
-- leaf has twice as many.

{{ config(materialized='incremental', unique_key='ebook_id') }}

with

ebook_costs as (
    select * from {{ ref('int_ebook_costs') }}
    where ebook_id <> 'unattributed' and {{ touched('ebook_id') }}
),

ebooks as (
    select * from {{ ref('dim_ebooks') }}
),

copy_costs as (
    select * from {{ ref('stg_copy_costs') }}
),

royalty_rates as (
    select * from {{ ref('stg_royalty_rates') }}
),

formats as (
    select distinct
        sale_format,
        royalty_plan
    from copy_costs
),

sold as (
    select
        ebook_costs.ebook_id,
        formats.sale_format,
        formats.royalty_plan,
        ebook_costs.cost_usd,
        ebook_costs.page_count,
        ebooks.list_price_usd,
        ebooks.royalty_rate as own_royalty_rate,
        cast(coalesce(ebook_costs.last_call_at, ebooks.recorded_at) as date) as terms_date
    from ebook_costs
    inner join ebooks on ebook_costs.ebook_id = ebooks.ebook_id
    cross join formats
),

termed as (
    select
        sold.*,
        copy_costs.is_deducted_before_royalty,
        royalty_rates.royalty_rate as plan_royalty_rate,
        coalesce(sold.own_royalty_rate, royalty_rates.royalty_rate) as royalty_rate,
        case when sold.own_royalty_rate is null then 'terms' else 'ebook' end as royalty_source,
        case
            -- What costs the same at any length costs so at an unknown one.
            when copy_costs.usd_per_page = 0 then copy_costs.fixed_usd
            else
                copy_costs.fixed_usd
                + cast(
                    cast(sold.page_count as decimal(18, 0)) * copy_costs.usd_per_page
                    as decimal(18, 12)
                )
        end as copy_cost_usd
    from sold
    left join copy_costs
        on
            sold.sale_format = copy_costs.sale_format
            and sold.terms_date >= copy_costs.valid_from
            and sold.terms_date < coalesce(copy_costs.valid_until, date '9999-12-31')
            and (
                sold.page_count >= copy_costs.pages_from
                or (copy_costs.pages_from = 0 and copy_costs.pages_until is null)
            )
            and (sold.page_count < copy_costs.pages_until or copy_costs.pages_until is null)
    left join royalty_rates
        on
            sold.royalty_plan = royalty_rates.royalty_plan
            and sold.terms_date >= royalty_rates.valid_from
            and sold.terms_date < coalesce(royalty_rates.valid_until, date '9999-12-31')
            and sold.list_price_usd >= royalty_rates.list_price_from_usd
            and (
                sold.list_price_usd < royalty_rates.list_price_until_usd
                or royalty_rates.list_price_until_usd is null
            )
),

earned as (
    select
        *,
        case
            when plan_royalty_rate is null then null
            when is_deducted_before_royalty
                then {{ at_rate('list_price_usd - copy_cost_usd', 'royalty_rate') }}
            else {{ at_rate('list_price_usd', 'royalty_rate') }} - copy_cost_usd
        end as earned_per_copy_usd
    from termed
),

paid_back as (
    select
        ebook_id,
        sale_format,
        cost_usd,
        list_price_usd,
        royalty_rate,
        royalty_source,
        cast(copy_cost_usd as decimal(18, 12)) as copy_cost_usd,
        cast(earned_per_copy_usd as decimal(38, 12)) as earned_per_copy_usd,
        case
            when earned_per_copy_usd > 0
                then {{ count_to_reach('cost_usd', 'earned_per_copy_usd') }}
        end as copies_to_pay_back,
        case
            when earned_per_copy_usd > 0 then null
            when earned_per_copy_usd <= 0 then 'copy_earns_nothing'
            when list_price_usd is null then 'no_list_price'
            when page_count is null and copy_cost_usd is null then 'no_page_count'
            else 'not_offered'
        end as no_payback_reason,
        {% for copies in [10, 100, 1000] %}
            cast({{ copies }} * earned_per_copy_usd - cost_usd as decimal(38, 12))
                as margin_after_{{ copies }}_usd,
        {% endfor %}
        terms_date
    from earned
)

select * from paid_back
