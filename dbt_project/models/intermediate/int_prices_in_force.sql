-- The prices of each model under its one name, as calls meet them: at the provider that serves, from
-- when its own price was first seen, and before that and everywhere else as the model is listed.

{{ config(materialized='table') }}

{% set condition = ['above_input_tokens', 'up_to_input_tokens', 'from_minute', 'to_minute', 'weekday'] %}

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

-- Where two slugs are one model to us: the one that OpenRouter lists, by the name that stands for it.
ranked as (
    select
        *,
        dense_rank() over (
            partition by canonical_model, variant, provider_key
            order by
                case when price_source = 'genai_prices' then 1 else 0 end,
                case when {{ base_model('model') }} = canonical_model then 0 else 1 end,
                model
        ) as slug_rank
    from named
),

chosen as (
    select * from ranked
    where slug_rank = 1
),

providers as (
    select
        canonical_model,
        variant,
        provider_key,
        min(valid_from) as began_at
    from chosen
    where provider_key <> ''
    group by canonical_model, variant, provider_key
),

before_the_first_look as (
    select
        chosen.*,
        providers.provider_key as served_by,
        least(coalesce(chosen.valid_to, providers.began_at), providers.began_at) as ends_at
    from chosen
    inner join providers
        on
            chosen.canonical_model = providers.canonical_model
            and chosen.variant = providers.variant
            and chosen.valid_from < providers.began_at
    where chosen.provider_key = ''
),

in_force as (
    {% for relation, provider_key, valid_to in [
        ('chosen', 'provider_key', 'valid_to'),
        ('before_the_first_look', 'served_by', 'ends_at'),
    ] %}
        select
            canonical_model,
            variant,
            {{ provider_key }} as provider_key,
            provider_name as listed_by,
            price_source,
            valid_from,
            {{ valid_to }} as valid_to,
            {% for column in condition + metered_prices() %}
                {{ column }}{{ "," if not loop.last }}
            {% endfor %}
        from {{ relation }}
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from in_force
