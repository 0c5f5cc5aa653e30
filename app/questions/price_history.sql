-- Each change of the listed price of $models, in USD per million tokens: the model as it is listed,
-- without a variant, for the shortest prompts. Null from when it was listed no more, or has no price
-- of that. What is in force now ends with a row of the time of the build.
with

ledger as (
    select
        first_call_at,
        built_at
    from fct_ledger_status
),

prices as (
    select
        canonical_model as model,
        case $meter
            when 'input' then input_usd_per_token
            when 'output' then output_usd_per_token
            when 'cache read' then cache_read_usd_per_token
            when 'cache write' then cache_write_usd_per_token
            when 'reasoning' then reasoning_usd_per_token
            when 'image' then image_output_usd_per_token
        end as usd_per_token,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by canonical_model order by valid_from) as next_from
    from fct_model_prices
    where
        list_contains(cast($models as varchar[]), canonical_model)
        and provider_key = ''
        and variant = ''
        and above_input_tokens < 0
        and from_minute = 0
        and coalesce(weekday, 1) = 1
),

-- Nobody knows since when the oldest price held: it is shown from a week before the first call.
changes as (
    select
        model,
        greatest(valid_from, first_call_at - interval 7 days) as changed_at,
        usd_per_token
    from prices
    cross join ledger
    where valid_to is null or valid_to > first_call_at - interval 7 days
    union all
    select
        model,
        coalesce(valid_to, greatest(built_at, valid_from)) as changed_at,
        if(valid_to is null, usd_per_token, null) as usd_per_token
    from prices
    cross join ledger
    where
        (valid_to is null or valid_to > first_call_at - interval 7 days)
        and (next_from is null or next_from > valid_to)
)

select
    model,
    changed_at,
    cast(1000000 * usd_per_token as decimal(18, 6)) as usd_per_million_tokens
from changes
order by model, changed_at
