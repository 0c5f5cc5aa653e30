-- `fct_model_what_if` at the prices in force now alone, and from sums of the whole work instead of
-- its hours: small enough to be asked for every ebook at once. A view, for it has a row for every
-- model that is listed; ask it for chosen ones.

{{ config(materialized='view') }}

with

work as (
    select * from {{ ref('fct_ebook_model_costs') }}
),

prices as (
    select * from {{ ref('fct_model_prices') }}
    where is_in_force and provider_key = '' and variant = '' and above_input_tokens < 0
),

metered as (
    select
        *,
        {{ metered_quantity('input') }} as fresh_input_tokens,
        {{ metered_quantity('output_text') }} as text_tokens,
        {{ metered_quantity('reasoning') }} as thought_tokens
    from work
),

priced as (
    select
        metered.*,
        prices.canonical_model as other_model,
        prices.up_to_input_tokens is not null as depends_on_prompt_size,
        metered.canonical_model <> prices.canonical_model as is_other,
        {{ metered_at('prices') }} as now_usd
    from metered
    cross join prices
),

said as (
    select
        ebook_id,
        stage,
        canonical_model,
        other_model,
        cost_usd,
        uncounted_cost_usd,
        -- What nobody counted cannot be priced otherwise: it stays as it was.
        cast(
            case
                when uncounted_cost_usd < cost_usd or cost_usd = 0 then now_usd + uncounted_cost_usd
            end as decimal(38, 12)
        ) as cost_now_usd,
        nullif(
            concat_ws(
                ', ',
                case when now_usd is null then 'no price of a part' end,
                case when uncounted_cost_usd <> 0 then 'no tokens counted' end,
                case
                    when is_other and output_image_tokens + output_image_count > 0 then 'images'
                end,
                case when is_other and cache_read_tokens + cache_write_tokens > 0 then 'cache' end,
                case
                    when split_part(canonical_model, '/', 1) <> split_part(other_model, '/', 1)
                        then 'tokenizer'
                end,
                case when depends_on_prompt_size then 'prompt size' end
            ), ''
        ) as not_carried_over
    from priced
)

select * from said
