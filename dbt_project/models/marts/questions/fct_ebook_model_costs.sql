{{ config(materialized='incremental', unique_key='ebook_id') }}

with

usage as (
    select * from {{ ref('int_hourly_usage') }}
    where {{ touched('ebook_id') }}
),

measured as (
    select
        ebook_id,
        stage,
        canonical_model,
        count(distinct page_number) as page_count,
        count(distinct case when accepted_count > 0 then page_number end) as accepted_page_count,
        {{ summed_measures() }},
        {% for counted in [
            'cache_read_tokens',
            'cache_write_tokens',
            'reasoning_tokens',
            'output_image_tokens',
            'web_search_count',
        ] %}
            cast(coalesce(sum({{ counted }}), 0) as bigint) as {{ counted }},
        {% endfor %}
        cast(
            coalesce(
                sum(
                    case
                        when
                            input_tokens + output_tokens + output_image_count + web_search_count = 0
                            then cost_usd
                    end
                ), 0
            ) as decimal(38, 12)
        ) as uncounted_cost_usd
    from usage
    group by ebook_id, stage, canonical_model
),

shared_out as (
    select
        *,
        {{ usd_per('cost_usd', 'accepted_page_count') }} as cost_per_accepted_page_usd,
        {{ share_of('wasted_cost_usd', 'cost_usd') }} as wasted_share
    from measured
)

select * from shared_out
