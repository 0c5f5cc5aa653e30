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

attempts as (
    select * from {{ ref('int_asked_attempts') }}
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

asked_days as (
    select distinct billed_date from generations
),

analysed as (
    select
        attempts.generation_id,
        attempts.event_id,
        attempts.billed_date,
        attempts.canonical_model,
        case when generations.generation_id is null then 'ledger_only' else 'differing' end
            as match,
        'analytics' as told_by,
        attempts.cost_usd as recorded_usd,
        generations.cost_usd as provider_usd
    from attempts
    left join generations on attempts.generation_id = generations.generation_id
    left join asked_days on attempts.billed_date = asked_days.billed_date
    left join differing on attempts.generation_id = differing.generation_id
    where
        differing.generation_id is null
        and (
            abs(generations.cost_usd - attempts.cost_usd)
            -- An exported cost is rounded to six places.
            > case when attempts.source = 'activity_export' then 0.0000005 else 0 end
            -- What cost nothing is told by some records and not by others.
            or (
                generations.generation_id is null
                and attempts.cost_usd > 0
                and asked_days.billed_date is not null
            )
        )
),

gathered as (
    select * from told_otherwise
    union all
    select * from provider_only
    union all
    select * from analysed
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
