-- Ten times what all tokens would cost, each at the highest price that any provider of the model
-- ever listed for any of them. Tools that call other models may cost as much; so does a wrong unit.
{{ config(severity = 'warn') }}

with

prices as (
    select * from {{ ref('int_prices_in_force') }}
),

highest as (
    select
        canonical_model,
        max(
            greatest(
                input_usd_per_token,
                output_usd_per_token,
                cache_read_usd_per_token,
                cache_write_usd_per_token,
                reasoning_usd_per_token,
                image_output_usd_per_token
            )
        ) as usd_per_token,
        max(request_usd_per_request) as usd_per_request,
        max(web_search_usd_per_search) as usd_per_search
    from prices
    group by canonical_model
),

attempts as (
    select * from {{ ref('fct_attempts') }}
    where {{ touched('started_date') }} and listed_cost_usd is not null
)

select
    attempts.event_id,
    attempts.canonical_model,
    attempts.cost_usd
from attempts
inner join highest on attempts.canonical_model = highest.canonical_model
where
    highest.usd_per_token > 0
    and attempts.cost_usd > 10 * (
        cast(attempts.input_tokens + coalesce(attempts.output_tokens, 0) as decimal(19, 0))
        * highest.usd_per_token
        + highest.usd_per_request
        + coalesce(attempts.web_search_count, 0) * coalesce(highest.usd_per_search, 0)
    )
