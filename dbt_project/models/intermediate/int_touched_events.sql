{{ config(materialized='table', post_hook='{{ mount_touched_lake() }}') }}

-- The events that this build must decide anew: those that have landed since the last one, and those
-- that a settlement, an outcome, a price, a name of a model or another attempt of the same operation
-- that has landed since may change. With each come all that tell of the same generation. Empty when
-- everything is built anew: nothing asks then.

-- depends_on: {{ ref('dim_models') }}

with

{% if is_restating() %}

    events as {{ inlined() }} (
        select
            event_id,
            generation_id,
            operation_id,
            run_id,
            coalesce(ebook_id, 'unattributed') as ebook_id,
            cast(started_at as date) as started_date
        from {{ source('lake', 'usage_events') }}
    ),

    new_events as (
        select
            event_id,
            generation_id,
            operation_id
        from {{ new_rows('usage_events') }}
    ),

    new_settlements as (
        select
            event_id,
            generation_id
        from {{ new_rows('settlements') }}
    ),

    new_outcomes as (
        select operation_id from {{ new_rows('outcomes') }}
    ),

    repriced as (
        select min(observed_at) as since from {{ new_rows('model_prices') }}
    ),

    renamed as (
        select models.model
        from {{ ref('dim_models') }} as models
        left join build_state.previous_models on models.model = previous_models.model
        where models.canonical_model is distinct from previous_models.canonical_model
    ),

    restated as (
        select event_id from new_events
        union
        select event_id from new_settlements
        union
        select event_id from {{ source('lake', 'usage_events') }}
        where started_at >= (select since from repriced)
        union
        select event_id from {{ last_build_of('fct_attempts') }}
        where coalesce(served_model, requested_model) in (select model from renamed)
    ),

    named as (
        select * from events
        where event_id in (select event_id from restated)
        union
        select * from events
        where
            generation_id in (
                select generation_id from new_events
                union
                select generation_id from new_settlements
            )
    ),

    -- What became of an operation concerns all its attempts.
    siblings as (
        select * from named
        union
        select * from events
        where
            operation_id in (
                select operation_id from named
                union
                select operation_id from new_outcomes
            )
    ),

    generations as (
        select generation_id from siblings
        union
        select generation_id from {{ source('lake', 'settlements') }}
        where event_id in (select event_id from siblings)
    ),

    told_again as (
        select * from siblings
        union
        select * from events
        where generation_id in (select generation_id from generations)
    ),

{% else %}

    told_again as (
        select
            event_id,
            generation_id,
            operation_id,
            run_id,
            ebook_id,
            cast(started_at as date) as started_date
        from {{ source('lake', 'usage_events') }}
        where false
    ),

{% endif %}

final as (
    select * from told_again
)

select * from final
