-- Every price in force now of $models, also of providers, variants, long prompts and hours.
select
    canonical_model as model,
    if(variant = '', 'standard', variant) as variant,
    coalesce(listed_by, 'as listed') as provider,
    concat_ws(
        ', ',
        if(above_input_tokens >= 0, 'prompts above ' || above_input_tokens || ' tokens', null),
        if(up_to_input_tokens is null, null, 'prompts up to ' || up_to_input_tokens || ' tokens'),
        if(
            to_minute - from_minute = 1440,
            null,
            strftime(timestamp '2026-01-01' + to_minutes(from_minute), '%H:%M') || ' to '
            || strftime(timestamp '2026-01-01' + to_minutes(to_minute), '%H:%M') || ' UTC'
        ),
        dayname(date '2025-12-28' + weekday)
    ) as condition,
    cast(1000000 * input_usd_per_token as decimal(18, 6)) as input_usd,
    cast(1000000 * output_usd_per_token as decimal(18, 6)) as output_usd,
    cast(1000000 * cache_read_usd_per_token as decimal(18, 6)) as cache_read_usd,
    cast(1000000 * cache_write_usd_per_token as decimal(18, 6)) as cache_write_usd,
    cast(1000000 * reasoning_usd_per_token as decimal(18, 6)) as reasoning_usd,
    cast(1000000 * image_output_usd_per_token as decimal(18, 6)) as image_usd,
    output_image_usd_per_image,
    web_search_usd_per_search,
    request_usd_per_request,
    if(valid_from < timestamptz '1971-01-01 00:00:00+00', null, valid_from) as valid_from,
    replace(price_source, '_', '-') as price_source
from fct_model_prices
where valid_to is null and list_contains(cast($models as varchar[]), canonical_model)
order by model, variant <> '', variant, provider_key, above_input_tokens, weekday, from_minute
