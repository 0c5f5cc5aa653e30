-- A price is in force from when it was seen until another was. OpenRouter's own list counts from
-- its first observation on; before it, the newest edition of genai-prices.

{% set compared = listed_prices() + [
    'discount', 'overrides_json', 'canonical_slug', 'model_name', 'price_source'
] %}

with

source as (
    select
        *,
        coalesce(source, 'models') as price_source,
        coalesce(provider_name, '') as provider,
        {{ overrides_text('pricing_json') }} as overrides_json
    from {{ source('lake', 'model_prices') }}
),

own_lists as (
    select
        model,
        min(observed_at) as began_at
    from source
    where price_source = 'models'
    group by model
),

editions as (
    select max(landed_at) as landed_at
    from source
    where price_source = 'genai_prices'
),

counting as (
    select source.*
    from source
    left join own_lists on source.model = own_lists.model
    cross join editions
    where
        source.price_source <> 'genai_prices'
        or (
            source.landed_at is not distinct from editions.landed_at
            and (own_lists.began_at is null or source.observed_at < own_lists.began_at)
        )
),

-- A provider may sell a model at several endpoints. Calls of the standard tier are the rule, and
-- of equal endpoints the cheaper one is asked first.
observed_once as (
    {{ one_row_per(
        'model, provider, observed_at', 'counting',
        order_by="
                    case when coalesce(service_tier, 'default') = 'default' then 0 else 1 end,
                    input_usd_per_token,
                    output_usd_per_token,
                    endpoint_tag,
                    landed_at,
                    canonical_slug",
    ) }}
),

compared as (
    select
        *,
        row_number() over (partition by model, provider order by observed_at) = 1
        or {{ differs_from_last(
            compared, 'partition by model, provider order by observed_at'
        ) }} as is_new
    from observed_once
),

numbered as (
    select
        *,
        sum(case when is_new then 1 else 0 end) over (
            partition by model, provider
            order by observed_at rows unbounded preceding
        ) as interval_number
    from compared
),

seen as (
    select
        *,
        max(observed_at) over (
            partition by model, provider, interval_number
        ) as last_observed_at
    from numbered
),

intervals as (
    select
        *,
        lead(observed_at) over (partition by model, provider order by observed_at) as ended_at
    from seen
    where is_new
),

renamed as (
    select
        model,
        canonical_slug,
        model_name,
        provider_name,
        endpoint_tag,
        price_source,
        {% for column in listed_prices() %}
            {{ discounted(column, 'discount') }} as {{ column }},
        {% endfor %}
        discount,
        overrides_json,
        observed_at as valid_from,
        ended_at as valid_to,
        last_observed_at as observed_at,
        landed_at
    from intervals
)

select * from renamed
