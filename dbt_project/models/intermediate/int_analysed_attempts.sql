-- What the ledger has of the generations that analytics tell one by one, whenever it was.

{{ config(materialized='incremental', unique_key='started_date') }}

with

generations as (
    select * from {{ ref('stg_provider_generations') }}
),

attempts as (
    select
        event_id,
        started_date,
        generation_id,
        source,
        cost_usd,
        coalesce(canonical_model, 'unknown') as canonical_model,
        {{ billed_date() }} as billed_date
    from {{ ref('fct_attempts') }}
    where
        generation_id in (select generations.generation_id from generations)
        and {{ touched('started_date') }}
)

select * from attempts
