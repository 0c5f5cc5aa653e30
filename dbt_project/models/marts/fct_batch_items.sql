-- OpenRouter charges a batch as one and tells of its items only the tokens: each bears as much of
-- the cost as its tokens are of the batch's by the list, or by their number where none is known.

{{ config(materialized='incremental', unique_key='event_id') }}

with

settlements as (
    select * from {{ ref('stg_settlements') }}
    where items_json is not null
),

attempts as (
    select * from {{ ref('fct_attempts') }}
    where {{ touched('event_id') }}
),

batches as (
    select
        attempts.*,
        settlements.items_json,
        {{ units_per_token('attempts.listed_input_cost_usd', 'attempts.input_tokens') }}
            as input_units,
        {{ units_per_token(
            'attempts.listed_cost_usd - attempts.listed_input_cost_usd', 'attempts.output_tokens'
        ) }} as output_units
    from attempts
    inner join settlements on attempts.generation_id = settlements.generation_id
),

items as (
    select
        *,
        {{ each_batch_item('items_json') }} as item,
        coalesce(input_units + output_units, 0) > 0 as is_listed
    from batches
),

opened as (
    select
        items.*,
        items.item.item_number,
        items.item.custom_id,
        items.item.input_tokens as item_input_tokens,
        items.item.output_tokens as item_output_tokens
    from items
    where items.item.item_number is not null
),

weighed as (
    select
        *,
        coalesce(item_input_tokens, 0) * case when is_listed then input_units else 1 end
        + coalesce(item_output_tokens, 0) * case when is_listed then output_units else 1 end
            as weight
    from opened
),

summed as (
    select
        *,
        sum(weight) over (
            partition by event_id order by item_number
            rows between unbounded preceding and current row
        ) as weight_so_far,
        sum(weight) over (partition by event_id) as whole_weight
    from weighed
),

-- What the items up to one bear, less what those before it do: nothing is left over.
divided as (
    select
        event_id,
        item_number,
        custom_id,
        generation_id,
        run_id,
        ebook_id,
        ebook_ids,
        stage,
        canonical_model,
        item_input_tokens as input_tokens,
        item_output_tokens as output_tokens,
        cast(
            {{ share_up_to('cost_usd', 'weight_so_far', 'whole_weight') }}
            - {{ share_up_to('cost_usd', '(weight_so_far - weight)', 'whole_weight') }}
            as decimal(18, 12)
        ) as cost_usd,
        cost_status,
        started_date,
        started_at
    from summed
),

final as (
    select
        *,
        case when cost_usd is not null then 'batch_share' end as cost_source
    from divided
)

select * from final
