{{ config(materialized='view') }}

with

prices as (
    select * from {{ ref('int_prices_in_force') }}
),

named as (
    select
        canonical_model,
        variant,
        provider_key,
        listed_by,
        price_source,
        above_input_tokens,
        up_to_input_tokens,
        from_minute,
        to_minute,
        weekday,
        {% for price in metered_prices() %}
            cast({{ price }} as decimal(18, 12)) as {{ price }},
        {% endfor %}
        valid_from,
        valid_to,
        -- Of prices that change with the hour or the day one is enough: that of Monday at midnight.
        valid_to is null
        and from_minute = 0
        and coalesce(weekday, 1) = 1 as is_in_force
    from prices
)

select * from named
