-- What an attempt costs by the list: each bucket of its usage at the price in force when it
-- started, at the provider that served where its own price is known. The whole is null where a part
-- that is there has no price. Not told apart: sound (it is inside the tokens), and what a cache
-- keeps for an hour rather than minutes.

{% set unit_prices = {
    'input': 'input_usd_per_token',
    'cache_read': 'cache_read_usd_per_token',
    'cache_write': 'cache_write_usd_per_token',
    'output_text': 'output_usd_per_token',
    'reasoning': 'reasoning_usd_per_token',
    'search': 'web_search_usd_per_search',
} %}
{% set key = ['canonical_model', 'variant', 'provider_key'] %}

with

counted as (
    select
        event_id,
        canonical_model,
        case
            when endpoint = 'batches' then 'batch'
            when lower(coalesce(requested_model, '')) like '%:free' then 'free'
            else {{ price_variant('coalesce(served_model, requested_model)') }}
        end as variant,
        {{ provider_key('provider_name') }} as provider_key,
        started_at,
        cast(started_at as date) as started_date,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        case when endpoint = 'embeddings' then coalesce(output_tokens, 0) else output_tokens end
            as output_tokens,
        reasoning_tokens,
        output_image_tokens,
        output_image_count,
        input_image_count,
        web_search_count
    from {{ ref('int_attempts') }}
    where input_tokens is not null
),

prices as (
    select * from {{ ref('int_prices_in_force') }}
),

priced_providers as (
    select distinct {{ key | join(', ') }} from prices
),

days as (
    select distinct
        {{ key | join(', ') }},
        started_date
    from counted
    where canonical_model is not null
),

-- A provider of whom nothing was seen serves at the model's list price.
looked_up as (
    select
        days.*,
        coalesce(priced_providers.provider_key, '') as priced_as
    from days
    left join priced_providers
        on
            days.canonical_model = priced_providers.canonical_model
            and days.variant = priced_providers.variant
            and days.provider_key = priced_providers.provider_key
),

-- Prices are spread over the days on which somebody called: an equality of days joins millions of
-- calls many times faster than a comparison of instants does.
day_prices as (
    select
        looked_up.canonical_model,
        looked_up.variant,
        looked_up.provider_key,
        looked_up.started_date,
        greatest(
            prices.valid_from, {{ minutes_into('looked_up.started_date', 'prices.from_minute') }}
        ) as applies_from,
        least(
            coalesce(prices.valid_to, {{ minutes_into('looked_up.started_date', 1440) }}),
            {{ minutes_into('looked_up.started_date', 'prices.to_minute') }}
        ) as applies_to,
        {% for column in metered_prices() %}
            prices.{{ column }},
        {% endfor %}
        prices.above_input_tokens,
        prices.up_to_input_tokens,
        prices.listed_by,
        prices.price_source
    from looked_up
    inner join prices
        on
            looked_up.canonical_model = prices.canonical_model
            and looked_up.variant = prices.variant
            and looked_up.priced_as = prices.provider_key
            and prices.valid_from < {{ minutes_into('looked_up.started_date', 1440) }}
            and (
                prices.valid_to is null
                or prices.valid_to > {{ minutes_into('looked_up.started_date', 0) }}
            )
            and (
                prices.weekday is null
                or prices.weekday = {{ iso_weekday('looked_up.started_date') }}
            )
),

metered as (
    select
        counted.event_id,
        counted.input_tokens,
        counted.input_image_count,
        counted.output_image_tokens,
        {% for bucket in meter_buckets() %}
            {{ metered_quantity(bucket) }} as {{ bucket }}_quantity,
        {% endfor %}
        {% for column in metered_prices() %}
            day_prices.{{ column }},
        {% endfor %}
        day_prices.listed_by,
        day_prices.price_source
    from counted
    inner join day_prices
        on
            counted.canonical_model = day_prices.canonical_model
            and counted.variant = day_prices.variant
            and counted.provider_key = day_prices.provider_key
            and counted.started_date = day_prices.started_date
            and counted.started_at >= day_prices.applies_from
            and counted.started_at < day_prices.applies_to
            and counted.input_tokens > day_prices.above_input_tokens
            and (
                day_prices.up_to_input_tokens is null
                or counted.input_tokens <= day_prices.up_to_input_tokens
            )
),

priced as (
    select
        event_id,
        listed_by,
        price_source,
        {% for bucket, usd in unit_prices.items() %}
            {{ priced(bucket ~ '_quantity', usd) }} as {{ bucket }},
        {% endfor %}
        case
            when coalesce(output_image_tokens, 0) > 0
                then {{ priced('image_quantity', 'image_output_usd_per_token') }}
            else {{ priced('image_quantity', 'output_image_usd_per_image') }}
        end as image,
        -- An image that was sent is inside the input's tokens, if there are any.
        request_usd_per_request + case
            when input_tokens > 0 then 0
            else {{ priced('coalesce(input_image_count, 0)', 'input_image_usd_per_image') }}
        end as other
    from metered
),

-- No attempt costs more than the ledger can hold.
held as (
    select
        event_id,
        listed_by,
        price_source,
        {% for bucket in meter_buckets() %}
            {{ within_ledger(bucket) }} as listed_{{ bucket }}_cost_usd,
        {% endfor %}
        {{ within_ledger(meter_buckets() | join(' + ')) }} as listed_cost_usd
    from priced
)

select * from held
