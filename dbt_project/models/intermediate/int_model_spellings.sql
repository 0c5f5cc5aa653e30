-- Every way in which a model was ever named by an attempt or for a generation. Few, and asked of
-- every attempt.

-- depends_on: {{ source('lake', 'usage_events') }}
-- depends_on: {{ source('lake', 'settlements') }}
-- depends_on: {{ source('lake', 'provider_generations') }}

{{ config(materialized='incremental', incremental_strategy='append') }}

with

spellings as (
    select requested_model as model from {{ new_rows('usage_events') }}
    union
    select served_model as model from {{ new_rows('usage_events') }}
    union
    select served_model as model from {{ new_rows('settlements') }}
    union
    select model from {{ new_rows('provider_generations') }}
),

{% if is_restating() %}

    known as (
        select model from {{ this }}
    ),

{% else %}

    known as (
        select model from spellings
        where false
    ),

{% endif %}

unknown_spellings as (
    select spellings.model
    from spellings
    left join known on spellings.model = known.model
    where
        spellings.model is not null
        and known.model is null
)

select * from unknown_spellings
