-- Attempts, with what each costs by the list: each bucket of its usage at the price in force when
-- it started, at the provider that served where its own price is known. The whole is null where a
-- part that is there has no price. Not told apart: sound (it is inside the tokens), and what a
-- cache keeps for an hour rather than minutes.

{% set unit_prices = {
    'input': 'input_usd_per_token',
    'cache_read': 'cache_read_usd_per_token',
    'cache_write': 'cache_write_usd_per_token',
    'output_text': 'output_usd_per_token',
    'reasoning': 'reasoning_usd_per_token',
    'search': 'web_search_usd_per_search',
} %}

with

attempts as (
    select * from {{ ref('int_attempts') }}
),

prices as (
    select * from {{ ref('int_prices_in_force') }}
),

priced_providers as (
    select distinct
        canonical_model,
        variant,
        provider_key
    from prices
),

called as (
    select
        *,
        case
            when endpoint = 'batches' then 'batch'
            when lower(coalesce(requested_model, '')) like '%:free' then 'free'
            else {{ price_variant('coalesce(served_model, requested_model)') }}
        end as variant,
        cast(started_at as date) as started_date,
        extract(hour from started_at) * 60 + extract(minute from started_at) as started_minute,
        {{ iso_weekday('started_at') }} as started_weekday
    from attempts
),

-- A provider of whom nothing was seen serves at the model's list price.
looked_up as (
    select
        called.*,
        coalesce(priced_providers.provider_key, '') as priced_as
    from called
    left join priced_providers
        on
            called.canonical_model = priced_providers.canonical_model
            and called.variant = priced_providers.variant
            and {{ provider_key('called.provider_name') }} = priced_providers.provider_key
),

-- An open end is an end beyond all: plain comparisons are what a join hashes beside its keys.
bounded_prices as (
    select
        *,
        coalesce(valid_to, cast('9999-12-31 00:00:00+00' as timestamptz)) as ends_at,
        coalesce(up_to_input_tokens, 9223372036854775807) as most_input_tokens,
        coalesce(weekday, 1) as first_weekday,
        coalesce(weekday, 7) as last_weekday
    from prices
),

-- Null throughout where no price is in force.
met_prices as (
    select
        looked_up.*,
        {% for column in metered_prices() %}
            prices.{{ column }},
        {% endfor %}
        prices.canonical_model is not null as is_listed
    from looked_up
    left join bounded_prices as prices
        on
            looked_up.canonical_model = prices.canonical_model
            and looked_up.variant = prices.variant
            and looked_up.priced_as = prices.provider_key
            and looked_up.started_at >= prices.valid_from
            and looked_up.started_at < prices.ends_at
            and looked_up.started_minute >= prices.from_minute
            and looked_up.started_minute < prices.to_minute
            and looked_up.started_weekday >= prices.first_weekday
            and looked_up.started_weekday <= prices.last_weekday
            and looked_up.input_tokens > prices.above_input_tokens
            and looked_up.input_tokens <= prices.most_input_tokens
),

metered as (
    select
        {% for bucket in meter_buckets() %}
            case when is_listed then {{ metered_quantity(bucket) }} end as {{ bucket }}_quantity,
        {% endfor %}
        *
    from met_prices
),

priced as (
    select
        *,
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
        *,
        {% for bucket in meter_buckets() %}
            {{ within_ledger(bucket) }} as listed_{{ bucket }}_cost_usd,
        {% endfor %}
        {{ within_ledger(meter_buckets() | join(' + ')) }} as listed_cost_usd
    from priced
)

select * from held
