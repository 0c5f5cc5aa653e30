-- What an attempt cost, by what was metered. Where its listed costs do not exceed the cost, a line
-- costs what it is listed at and `other` has the rest; where they do (a cheaper provider, a batch),
-- each is scaled down in proportion, and what rounding leaves is on `other`. Where a part has no
-- price, nobody knows how to split, and all is on `other`.

{{ config(materialized='view') }}

{% set named = meter_buckets() | reject('equalto', 'other') | list %}

with

attempts as (
    select * from {{ ref('fct_attempts') }}
),

lines as (
    {% for bucket in meter_buckets() %}
        select
            event_id,
            started_date,
            ebook_id,
            '{{ bucket }}' as meter_bucket,
            {{ metered_quantity(bucket) }} as quantity,
            {{ metered_unit(bucket) }} as unit,
            listed_{{ bucket }}_cost_usd as listed_cost_usd,
            {% if bucket in named %}
                {{ part_of_cost(bucket) }} as cost_usd,
            {% else %}
                cost_usd
                {% for each in named %}
                    - coalesce({{ part_of_cost(each) }}, 0)
                {% endfor %}
                    as cost_usd,
            {% endif %}
            {% if bucket in named %}
                {{ part_of_upstream_cost(bucket) }} as upstream_cost_usd
            {% else %}
                upstream_cost_usd
                {% for each in named %}
                    - coalesce({{ part_of_upstream_cost(each) }}, 0)
                {% endfor %}
                    as upstream_cost_usd
            {% endif %}
        from attempts
        {% if bucket in named %}
            where {{ metered_quantity(bucket) }} > 0
            union all
        {% endif %}
    {% endfor %}
),

final as (
    select
        event_id,
        started_date,
        ebook_id,
        meter_bucket,
        cast(quantity as bigint) as quantity,
        unit,
        {{ usd_per('listed_cost_usd', 'quantity') }} as listed_unit_price_usd,
        listed_cost_usd,
        cast(cost_usd as decimal(18, 12)) as cost_usd,
        cast(upstream_cost_usd as decimal(18, 12)) as upstream_cost_usd
    from lines
)

select * from final
