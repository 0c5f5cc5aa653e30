-- The prices of each model under its one name, as calls meet them: at the provider that serves,
-- from when its own price was first seen, and before that and everywhere else as the model is
-- listed.

{{ config(materialized='table') }}

{% set condition = [
    'above_input_tokens',
    'up_to_input_tokens',
    'from_minute',
    'to_minute',
    'weekday',
] %}

with

terms as (
    select * from {{ ref('int_price_terms') }}
),

models as (
    select * from {{ ref('dim_models') }}
),

-- `/models` is silent, or says 0, where a thing has no price of its own. Cached and reasoning
-- tokens then cost what the others do; an image or a search costs nobody knows what.
named as (
    select
        models.canonical_model,
        {{ price_variant('terms.model') }} as variant,
        {{ provider_key('terms.provider_name') }} as provider_key,
        terms.model,
        terms.provider_name,
        terms.price_source,
        terms.valid_from,
        terms.valid_to,
        {% for column in condition %}
            terms.{{ column }},
        {% endfor %}
        terms.input_usd_per_token,
        terms.output_usd_per_token,
        coalesce(terms.cache_read_usd_per_token, terms.input_usd_per_token)
            as cache_read_usd_per_token,
        coalesce(terms.cache_write_usd_per_token, terms.input_usd_per_token)
            as cache_write_usd_per_token,
        coalesce(nullif(terms.reasoning_usd_per_token, 0), terms.output_usd_per_token)
            as reasoning_usd_per_token,
        nullif(terms.image_output_usd_per_token, 0) as image_output_usd_per_token,
        nullif(terms.output_image_usd_per_image, 0) as output_image_usd_per_image,
        nullif(terms.input_image_usd_per_image, 0) as input_image_usd_per_image,
        nullif(terms.web_search_usd_per_search, 0) as web_search_usd_per_search,
        coalesce(terms.request_usd_per_request, 0) as request_usd_per_request
    from terms
    inner join models on terms.model = models.model
    -- Other variants have the price of their model.
    where terms.model not like '%:%' or terms.model like '%:free' or terms.model like '%:batch'
),

-- A series of prices once begun goes on. Beside the list's own there are those of the provider, of
-- genai-prices, and of a second slug that is the same model to us.
series as (
    select
        canonical_model,
        variant,
        provider_key,
        model,
        price_source = 'genai_prices' as is_of_others,
        {{ base_model('model') }} = canonical_model as is_named_so,
        min(valid_from) as began_at
    from named
    group by canonical_model, variant, provider_key, model, price_source = 'genai_prices'
),

served as (
    select distinct
        canonical_model,
        variant,
        provider_key
    from series
),

-- A better one replaces it from when it begins, and changes nothing about the time before.
ranked as (
    select
        series.*,
        served.provider_key as served_by,
        min(series.began_at) over (
            partition by served.canonical_model, served.variant, served.provider_key
            order by
                case when series.provider_key = served.provider_key then 0 else 1 end,
                series.is_of_others,
                case when series.is_named_so then 0 else 1 end,
                series.model
            rows between unbounded preceding and 1 preceding
        ) as replaced_at
    from served
    inner join series
        on
            served.canonical_model = series.canonical_model
            and served.variant = series.variant
            and series.provider_key in (served.provider_key, '')
),

cut as (
    select
        named.*,
        ranked.served_by,
        least(
            coalesce(named.valid_to, ranked.replaced_at),
            coalesce(ranked.replaced_at, named.valid_to)
        ) as applies_to
    from named
    inner join ranked
        on
            named.canonical_model = ranked.canonical_model
            and named.variant = ranked.variant
            and named.provider_key = ranked.provider_key
            and named.model = ranked.model
            and (named.price_source = 'genai_prices') = ranked.is_of_others
),

in_force as (
    select
        canonical_model,
        variant,
        served_by as provider_key,
        provider_name as listed_by,
        price_source,
        {% for column in condition + metered_prices() %}
            {{ column }},
        {% endfor %}
        valid_from,
        applies_to as valid_to
    from cut
    where applies_to is null or valid_from < applies_to
)

select * from in_force
