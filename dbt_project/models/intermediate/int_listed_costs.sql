-- What an attempt would cost at the listed price in force when it started: an estimate, made only
-- where nobody said the cost. An amount of which one part has no price is not estimated at all.
-- Not in it: conditional prices and discounts (they stay in `pricing_json`), and BYOK attempts,
-- whose provider is paid at the provider's own price.

with

unpriced as (
    select
        *,
        lower(coalesce(served_model, requested_model)) like '%:free'
        or lower(coalesce(requested_model, '')) like '%:free' as is_free
    from {{ ref('int_attempts') }}
    where
        coalesce(settled_cost_usd, reported_cost_usd, exported_cost_usd) is null
        and status = 'succeeded'
        and input_tokens is not null
        and output_tokens is not null
        and not coalesce(is_byok, false)
),

-- `/models` is silent, or says 0, where a thing has no price of its own. Cached and reasoning
-- tokens then cost what the others do; an image or a search costs nobody knows what.
prices as (
    select
        prices.model,
        prices.observed_at,
        prices.input_usd_per_token,
        prices.output_usd_per_token,
        coalesce(prices.cache_read_usd_per_token, prices.input_usd_per_token)
            as cache_read_usd_per_token,
        coalesce(prices.cache_write_usd_per_token, prices.input_usd_per_token)
            as cache_write_usd_per_token,
        coalesce(nullif(prices.reasoning_usd_per_token, 0), prices.output_usd_per_token)
            as reasoning_usd_per_token,
        nullif(prices.image_output_usd_per_token, 0) as image_output_usd_per_token,
        nullif(prices.web_search_usd_per_search, 0) as web_search_usd_per_search,
        coalesce(prices.request_usd_per_request, 0) as request_usd_per_request,
        models.canonical_model,
        prices.model like '%:free' as is_free
    from {{ ref('stg_model_prices') }} as prices
    inner join {{ ref('dim_models') }} as models on prices.model = models.model
    -- Of the variants only `:free` has a price of its own at the same model's permaslug.
    where prices.model not like '%:%' or prices.model like '%:free'
),

candidate_prices as (
    select
        unpriced.event_id,
        prices.*,
        row_number() over (
            partition by unpriced.event_id
            order by prices.observed_at desc, prices.model
        ) as price_rank
    from unpriced
    inner join prices
        on
            unpriced.canonical_model = prices.canonical_model
            and unpriced.is_free = prices.is_free
            and unpriced.started_at >= prices.observed_at
),

-- Cached tokens are inside the input. Where a provider counts the same tokens as read and written,
-- as Gemini does, their sum exceeds the input, and what is fresh is what neither holds.
counted as (
    select
        event_id,
        input_tokens,
        output_tokens,
        coalesce(cache_read_tokens, 0) as cache_read_tokens,
        coalesce(cache_write_tokens, 0) as cache_write_tokens,
        coalesce(reasoning_tokens, 0) as reasoning_tokens,
        coalesce(output_image_tokens, 0) as output_image_tokens,
        coalesce(web_search_count, 0) as web_search_count
    from unpriced
),

-- Reasoning and image tokens are inside the output; a provider may count one more than the whole.
buckets as (
    select
        *,
        greatest(
            case
                when cache_read_tokens + cache_write_tokens <= input_tokens
                    then input_tokens - cache_read_tokens - cache_write_tokens
                else input_tokens - greatest(cache_read_tokens, cache_write_tokens)
            end, 0
        ) as fresh_input_tokens,
        greatest(least(reasoning_tokens, output_tokens - output_image_tokens), 0) as thought_tokens,
        greatest(output_tokens - output_image_tokens - reasoning_tokens, 0) as text_tokens
    from counted
),

priced as (
    select
        buckets.event_id,
        prices.observed_at as price_observed_at,
        {{ priced('buckets.fresh_input_tokens', 'prices.input_usd_per_token') }}
        + {{ priced('buckets.cache_read_tokens', 'prices.cache_read_usd_per_token') }}
        + {{ priced('buckets.cache_write_tokens', 'prices.cache_write_usd_per_token') }}
        + {{ priced('buckets.text_tokens', 'prices.output_usd_per_token') }}
        + {{ priced('buckets.thought_tokens', 'prices.reasoning_usd_per_token') }}
        + {{ priced('buckets.output_image_tokens', 'prices.image_output_usd_per_token') }}
        + {{ priced('buckets.web_search_count', 'prices.web_search_usd_per_search') }}
        + prices.request_usd_per_request as listed_cost_usd
    from buckets
    inner join candidate_prices as prices on buckets.event_id = prices.event_id
    where prices.price_rank = 1
),

held as (
    select
        event_id,
        price_observed_at,
        cast(listed_cost_usd as decimal(18, 12)) as listed_cost_usd
    from priced
    -- Null where a part has no price; and no attempt costs more than the ledger can hold.
    where listed_cost_usd < 1000000
)

select * from held
