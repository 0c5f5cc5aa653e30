-- Generations that the provider billed and that no attempt of the ledger is.

with

generations as (
    select * from {{ ref('stg_provider_generations') }}
),

attempts as (
    select * from {{ ref('int_analysed_attempts') }}
),

models as (
    select * from {{ ref('dim_models') }}
),

untracked as (
    select
        generations.generation_id,
        generations.billed_date,
        coalesce(models.canonical_model, 'unknown') as canonical_model,
        generations.cost_usd
    from generations
    left join attempts on generations.generation_id = attempts.generation_id
    left join models on generations.model = models.model
    where attempts.generation_id is null
)

select * from untracked
