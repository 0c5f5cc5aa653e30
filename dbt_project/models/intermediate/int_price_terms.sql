-- Each price in force, taken apart by the size of the prompt, the minute of the UTC day and the
-- weekday, so that one call meets one row. Of several overrides that apply, the later one wins,
-- price by price; what it does not name stays as it is.

{% set overridden = [
    'input_usd_per_token',
    'output_usd_per_token',
    'cache_read_usd_per_token',
    'cache_write_usd_per_token',
    'reasoning_usd_per_token',
] %}
with

prices as (
    select
        *,
        row_number() over (order by model, provider_name, valid_from) as price_number
    from {{ ref('stg_model_prices') }}
),

overrides as (
    select * from {{ override_rows('prices', ['price_number']) }}
),

sizes as (
    select
        price_number,
        -1 as above_input_tokens
    from prices
    union
    select
        price_number,
        above_input_tokens
    from overrides
    where above_input_tokens >= 0
),

-- A size holds until the next one.
size_bands as (
    select
        *,
        lead(above_input_tokens) over (
            partition by price_number
            order by above_input_tokens
        ) as up_to_input_tokens
    from sizes
),

minutes as (
    select
        price_number,
        0 as from_minute
    from prices
    union
    select
        price_number,
        from_minute
    from overrides
    where from_minute between 0 and 1439
    union
    select
        price_number,
        to_minute as from_minute
    from overrides
    where to_minute between 0 and 1439
),

windows as (
    select
        *,
        coalesce(
            lead(from_minute) over (partition by price_number order by from_minute), 1440
        ) as to_minute
    from minutes
),

-- Days are told apart only where a price does.
weekdays as (
    select
        by_day.price_number,
        week.weekday
    from (
        select distinct price_number from overrides
        where weekdays is not null
    ) as by_day
    cross join (values (1), (2), (3), (4), (5), (6), (7)) as week (weekday)
),

terms as (
    select
        prices.*,
        size_bands.above_input_tokens,
        size_bands.up_to_input_tokens,
        windows.from_minute,
        windows.to_minute,
        weekdays.weekday
    from prices
    inner join size_bands on prices.price_number = size_bands.price_number
    inner join windows on prices.price_number = windows.price_number
    left join weekdays on prices.price_number = weekdays.price_number
),

applying as (
    select
        {% for column in overridden %}
            max_by(
                overrides.{{ column }},
                case when overrides.{{ column }} is not null then overrides.override_number end
            ) as {{ column }},
        {% endfor %}
        terms.price_number,
        terms.above_input_tokens,
        terms.from_minute,
        terms.weekday
    from terms
    inner join overrides on terms.price_number = overrides.price_number
    where
        coalesce(overrides.above_input_tokens, -1) <= terms.above_input_tokens
        and {{ is_in_window('terms.from_minute', 'overrides.from_minute', 'overrides.to_minute') }}
        and {{ has_weekday('overrides.weekdays', 'terms.weekday') }}
    group by
        terms.price_number, terms.above_input_tokens, terms.from_minute, terms.weekday
),

resolved as (
    select
        terms.model,
        terms.provider_name,
        terms.price_source,
        terms.valid_from,
        terms.valid_to,
        {% for column in overridden %}
            coalesce(
                {{ discounted('applying.' ~ column, 'terms.discount') }}, terms.{{ column }}
            ) as {{ column }},
        {% endfor %}
        {% for column in metered_prices() if column not in overridden %}
            terms.{{ column }},
        {% endfor %}
        terms.above_input_tokens,
        terms.up_to_input_tokens,
        terms.from_minute,
        terms.to_minute,
        terms.weekday
    from terms
    left join applying
        on
            terms.price_number = applying.price_number
            and terms.above_input_tokens = applying.above_input_tokens
            and terms.from_minute = applying.from_minute
            and terms.weekday is not distinct from applying.weekday
)

select * from resolved
