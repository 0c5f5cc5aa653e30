-- What the work would have cost with another model, token for token: at the list prices in force
-- when it was done, and at those in force now. A view, for it has a row for every model of the
-- catalogue; ask it for one ebook or one other model. The sum of an hour is priced as a whole, so
-- that dearer long prompts are left out, and a price first seen within an hour holds from the next.

{{ config(materialized='view') }}

{% set measures = [
    'call_count',
    'input_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'output_tokens',
    'reasoning_tokens',
    'output_image_tokens',
    'output_image_count',
    'web_search_count',
] %}

with

usage as (
    select * from {{ ref('int_hourly_usage') }}
),

-- Without a provider of its own, without a variant, and for the shortest prompts.
prices as (
    select * from {{ ref('int_prices_in_force') }}
    where provider_key = '' and variant = '' and above_input_tokens < 0
),

other_models as (
    select
        canonical_model as other_model,
        max(case when up_to_input_tokens is not null then 1 else 0 end) = 1
            as depends_on_prompt_size
    from prices
    group by canonical_model
),

newest_prices as (
    select * from prices
    where
        valid_to is null
        and from_minute = 0
        and (weekday is null or weekday = 1)
),

hours as (
    select
        ebook_id,
        stage,
        canonical_model,
        started_hour,
        {% for measure in measures %}
            cast(sum({{ measure }}) as bigint) as {{ measure }},
        {% endfor %}
        sum(cost_usd) as cost_usd
    from usage
    group by ebook_id, stage, canonical_model, started_hour
),

metered as (
    select
        ebook_id,
        stage,
        canonical_model,
        started_hour,
        cost_usd,
        call_count,
        input_tokens,
        output_tokens,
        cache_read_tokens,
        cache_write_tokens,
        output_image_tokens,
        output_image_count,
        web_search_count,
        {{ metered_quantity('input') }} as fresh_input_tokens,
        {{ metered_quantity('output_text') }} as text_tokens,
        {{ metered_quantity('reasoning') }} as thought_tokens
    from hours
),

priced as (
    select
        metered.*,
        other_models.other_model,
        other_models.depends_on_prompt_size,
        then_prices.canonical_model is not null as has_then_prices,
        now_prices.canonical_model is not null as has_now_prices,
        {{ metered_at('then_prices') }} as then_usd,
        {{ metered_at('now_prices') }} as now_usd
    from metered
    cross join other_models
    left join prices as then_prices
        on
            other_models.other_model = then_prices.canonical_model
            and metered.started_hour >= then_prices.valid_from
            and (then_prices.valid_to is null or metered.started_hour < then_prices.valid_to)
            and 60 * extract(hour from metered.started_hour) >= then_prices.from_minute
            and 60 * extract(hour from metered.started_hour) < then_prices.to_minute
            and (
                then_prices.weekday is null
                or then_prices.weekday = extract(isodow from metered.started_hour)
            )
    left join newest_prices as now_prices
        on other_models.other_model = now_prices.canonical_model
),

-- A cost of which nobody counted the tokens cannot be carried over.
counted as (
    select
        *,
        cost_usd > 0
        and input_tokens + output_tokens + output_image_count + web_search_count = 0 as is_uncounted
    from priced
),

summed as (
    select
        ebook_id,
        stage,
        canonical_model,
        other_model,
        cast(sum(cost_usd) as decimal(38, 12)) as cost_usd,
        case
            when count(*) = count(case when not is_uncounted then then_usd end) then sum(then_usd)
        end as cost_then_usd,
        case
            when count(*) = count(case when not is_uncounted then now_usd end) then sum(now_usd)
        end as cost_now_usd,
        max(case when has_then_prices then 0 else 1 end) = 1 as lacks_then_prices,
        max(case when has_now_prices then 0 else 1 end) = 1 as lacks_now_prices,
        max(
            case
                when has_then_prices and then_usd is null then 1
                when has_now_prices and now_usd is null then 1
                else 0
            end
        ) = 1 as lacks_part,
        max(case when is_uncounted then 1 else 0 end) = 1 as has_uncounted,
        max(case when output_image_tokens + output_image_count > 0 then 1 else 0 end) = 1
            as has_images,
        max(case when cache_read_tokens + cache_write_tokens > 0 then 1 else 0 end) = 1
            as has_cached,
        max(case when depends_on_prompt_size then 1 else 0 end) = 1 as depends_on_prompt_size
    from counted
    group by ebook_id, stage, canonical_model, other_model
),

said as (
    select
        ebook_id,
        stage,
        canonical_model,
        other_model,
        cost_usd,
        cast(cost_then_usd as decimal(38, 12)) as cost_then_usd,
        cast(cost_now_usd as decimal(38, 12)) as cost_now_usd,
        nullif(
            concat_ws(
                ', ',
                case when lacks_then_prices then 'no price then' end,
                case when lacks_now_prices then 'no price now' end,
                case when lacks_part then 'no price of a part' end,
                case when has_uncounted then 'no tokens counted' end,
                case when has_images and canonical_model <> other_model then 'images' end,
                case when has_cached and canonical_model <> other_model then 'cache' end,
                case
                    when split_part(canonical_model, '/', 1) <> split_part(other_model, '/', 1)
                        then 'tokenizer'
                end,
                case when depends_on_prompt_size then 'prompt size' end
            ), ''
        ) as not_carried_over
    from summed
)

select * from said
