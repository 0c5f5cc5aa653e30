-- Generation by generation, what the ledger and the provider's records do not agree on. What they
-- agree on is counted in fct_reconciliation_generation_days.

with

differing as (
    select * from {{ ref('int_differing_generations') }}
),

generations as (
    select * from {{ ref('stg_provider_generations') }}
),

untracked as (
    select * from {{ ref('int_untracked_generations') }}
),

asked as (
    select * from {{ ref('int_asked_attempts') }}
),

analysed as (
    select * from {{ ref('int_analysed_attempts') }}
),

told_otherwise as (
    select
        generation_id,
        event_id,
        billed_date,
        canonical_model,
        'differing' as match,
        told_by,
        recorded_usd,
        provider_usd
    from differing
),

provider_only as (
    select
        generation_id,
        null as event_id,
        billed_date,
        canonical_model,
        'provider_only' as match,
        'analytics' as told_by,
        null as recorded_usd,
        cost_usd as provider_usd
    from untracked
),

-- The provider's date of it may be any: the generation is the same.
analysed_otherwise as (
    select
        analysed.generation_id,
        analysed.event_id,
        analysed.billed_date,
        analysed.canonical_model,
        'differing' as match,
        'analytics' as told_by,
        analysed.cost_usd as recorded_usd,
        generations.cost_usd as provider_usd
    from analysed
    inner join generations on analysed.generation_id = generations.generation_id
    left join differing on analysed.generation_id = differing.generation_id
    where
        differing.generation_id is null
        and abs(generations.cost_usd - analysed.cost_usd)
        -- An exported cost is rounded to six places.
        > case when analysed.source = 'activity_export' then 0.0000005 else 0 end
),

asked_days as (
    select distinct billed_date from generations
),

ledger_only as (
    select
        asked.generation_id,
        asked.event_id,
        asked.billed_date,
        asked.canonical_model,
        'ledger_only' as match,
        'analytics' as told_by,
        asked.cost_usd as recorded_usd,
        null as provider_usd
    from asked
    inner join asked_days on asked.billed_date = asked_days.billed_date
    left join generations on asked.generation_id = generations.generation_id
    left join differing on asked.generation_id = differing.generation_id
    where
        generations.generation_id is null
        and differing.generation_id is null
        -- What cost nothing is told by some records and not by others.
        and asked.cost_usd > 0
),

gathered as (
    select * from told_otherwise
    union all
    select * from provider_only
    union all
    select * from analysed_otherwise
    union all
    select * from ledger_only
),

final as (
    select
        generation_id,
        event_id,
        billed_date as date_utc,
        canonical_model,
        match,
        told_by,
        recorded_usd,
        provider_usd,
        cast(coalesce(provider_usd, 0) - coalesce(recorded_usd, 0) as decimal(18, 12))
            as difference_usd
    from gathered
)

select * from final
