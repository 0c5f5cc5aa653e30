-- The ledger and the provider's records side by side, on the days that the records cover, with
-- what may explain a difference. A day is compared by key if every record of it, on both sides,
-- tells its key in one language, by name or by hash; else all keys are one, so that nothing is
-- compared falsely.

with

activity as (
    select * from {{ ref('stg_provider_activity') }}
),

ledger as (
    select * from {{ ref('int_billed_days') }}
),

models as (
    select * from {{ ref('dim_models') }}
),

key_names as (
    select * from {{ ref('int_key_names') }}
),

untracked_generations as (
    select * from {{ ref('int_untracked_generations') }}
),

snapshots as (
    select
        snapshot_id,
        source,
        min(activity_date) as first_date,
        max(snapshot_last_date) as last_date,
        max(landed_at) as landed_at
    from activity
    group by snapshot_id, source
),

-- Within its first and last day a snapshot tells of every day, also of one without a row.
covered as (
    select ledger.billed_date as date_utc
    from ledger
    inner join snapshots on ledger.billed_date between snapshots.first_date and snapshots.last_date
    union
    select activity_date as date_utc from activity
),

-- An export may have been made before its last day was over; a pull has completed days only.
days as (
    select
        covered.date_utc,
        max(
            case
                when
                    (snapshots.source = 'activity_api' or snapshots.last_date > covered.date_utc)
                    and cast(snapshots.landed_at as date) > covered.date_utc
                    then 1
                else 0
            end
        ) = 0 as is_provider_day_open
    from covered
    inner join snapshots on covered.date_utc between snapshots.first_date and snapshots.last_date
    group by covered.date_utc
),

recorded as (
    select
        min(case when source in ('live', 'legacy_database') then billed_date end)
            as first_live_date,
        max(case when source = 'activity_export' then billed_date end) as last_exported_date
    from ledger
),

provider_rows as (
    select
        activity.activity_date as date_utc,
        models.canonical_model,
        coalesce(activity.api_key_name, key_names.api_key_name) as key_name,
        activity.api_key_hash as key_hash,
        activity.is_other_keys,
        activity.usage_usd,
        activity.byok_usage_usd,
        activity.request_count,
        case when activity.source = 'activity_export' then activity.request_count else 0 end
            as rounded_count
    from activity
    inner join models on activity.model = models.model
    left join key_names on activity.api_key_hash = key_names.api_key_hash
),

ledger_rows as (
    select
        ledger.*,
        ledger.billed_date as date_utc,
        coalesce(ledger.api_key_name, key_names.api_key_name) as key_name,
        ledger.api_key_hash as key_hash
    from ledger
    inner join covered on ledger.billed_date = covered.date_utc
    left join key_names on ledger.api_key_hash = key_names.api_key_hash
    -- What was refused for nothing is on neither side.
    where ledger.request_count > 0 or ledger.cost_usd <> 0 or ledger.open_count > 0
),

keys as (
    select
        date_utc,
        key_name,
        key_hash,
        is_other_keys,
        'provider' as side
    from provider_rows
    union
    select
        date_utc,
        key_name,
        key_hash,
        false as is_other_keys,
        'ledger' as side
    from ledger_rows
),

languages as (
    select
        date_utc,
        case
            when min(case when key_name is not null or is_other_keys then 1 else 0 end) = 1
                then 'name'
            when min(case when key_hash is not null or is_other_keys then 1 else 0 end) = 1
                then 'hash'
        end as language,
        max(case when is_other_keys then 1 else 0 end) = 1 as has_other_keys
    from keys
    group by date_utc
),

spoken as (
    select
        keys.date_utc,
        keys.side,
        case languages.language when 'name' then keys.key_name else keys.key_hash end as api_key
    from keys
    inner join languages on keys.date_utc = languages.date_utc
    where languages.language is not null and not keys.is_other_keys
),

provider_keys as (
    select distinct
        date_utc,
        api_key
    from spoken
    where side = 'provider'
),

provider_keyed as (
    select
        provider_rows.*,
        case
            when languages.language is null then null
            when provider_rows.is_other_keys then 'other keys'
            when languages.language = 'name' then provider_rows.key_name
            else provider_rows.key_hash
        end as api_key
    from provider_rows
    inner join languages on provider_rows.date_utc = languages.date_utc
),

provider_days as (
    select
        date_utc,
        canonical_model,
        api_key,
        sum(usage_usd + coalesce(byok_usage_usd, 0)) as provider_usd,
        -- Null where a row does not tell it.
        case when count(*) = count(byok_usage_usd) then sum(byok_usage_usd) end
            as provider_own_key_usd,
        sum(request_count) as provider_requests,
        sum(rounded_count) as rounded_count
    from provider_keyed
    group by date_utc, canonical_model, api_key
),

ledger_spoken as (
    select
        ledger_rows.*,
        languages.language is not null and languages.has_other_keys as may_be_other_keys,
        case languages.language
            when 'name' then ledger_rows.key_name
            when 'hash' then ledger_rows.key_hash
        end as own_key
    from ledger_rows
    inner join languages on ledger_rows.date_utc = languages.date_utc
),

ledger_keyed as (
    select
        ledger_spoken.*,
        -- A key that nobody asked the provider for is among its others.
        case
            when ledger_spoken.may_be_other_keys and provider_keys.api_key is null then 'other keys'
            else ledger_spoken.own_key
        end as api_key
    from ledger_spoken
    left join provider_keys
        on
            ledger_spoken.date_utc = provider_keys.date_utc
            and ledger_spoken.own_key = provider_keys.api_key
),

ledger_days as (
    select
        date_utc,
        canonical_model,
        api_key,
        sum(cost_usd) as ledger_usd,
        sum(own_key_usd) as ledger_own_key_usd,
        sum(request_count) as ledger_requests,
        sum(open_count) as open_count,
        sum(open_without_id_count) as open_without_id_count,
        sum(estimated_count) as estimated_count,
        sum(exported_count) as exported_count
    from ledger_keyed
    group by date_utc, canonical_model, api_key
),

untracked as (
    select
        billed_date as date_utc,
        canonical_model,
        sum(cost_usd) as untracked_usd,
        count(*) as untracked_requests
    from untracked_generations
    group by billed_date, canonical_model
),

joined as (
    select
        coalesce(provider_days.date_utc, ledger_days.date_utc) as date_utc,
        coalesce(provider_days.canonical_model, ledger_days.canonical_model) as canonical_model,
        coalesce(provider_days.api_key, ledger_days.api_key) as api_key,
        coalesce(ledger_days.ledger_usd, 0) as ledger_usd,
        coalesce(ledger_days.ledger_own_key_usd, 0) as ledger_own_key_usd,
        coalesce(ledger_days.ledger_requests, 0) as ledger_requests,
        coalesce(ledger_days.open_count, 0) as open_count,
        coalesce(ledger_days.open_without_id_count, 0) as open_without_id_count,
        coalesce(ledger_days.estimated_count, 0) as estimated_count,
        coalesce(provider_days.provider_usd, 0) as provider_usd,
        case
            when provider_days.date_utc is null then 0
            else provider_days.provider_own_key_usd
        end as provider_own_key_usd,
        coalesce(provider_days.provider_requests, 0) as provider_requests,
        greatest(
            coalesce(provider_days.rounded_count, 0), coalesce(ledger_days.exported_count, 0)
        ) as rounded_count
    from provider_days
    full outer join ledger_days
        on
            provider_days.date_utc = ledger_days.date_utc
            and provider_days.canonical_model = ledger_days.canonical_model
            and coalesce(provider_days.api_key, '') = coalesce(ledger_days.api_key, '')
),

-- Generations are known by day and model: where keys share those, which key it was is not told.
counted as (
    select
        joined.*,
        count(*) over (partition by joined.date_utc, joined.canonical_model) = 1 as is_only_key
    from joined
),

-- Which keys each side has ever heard of.
sides as (
    select
        api_key,
        max(case when side = 'ledger' then 1 else 0 end) = 1 as is_in_ledger,
        max(case when side = 'provider' then 1 else 0 end) = 1 as is_at_provider
    from spoken
    group by api_key
),

final as (
    select
        counted.date_utc,
        counted.canonical_model,
        counted.api_key,
        cast(counted.ledger_usd as decimal(38, 12)) as ledger_usd,
        cast(counted.provider_usd as decimal(38, 12)) as provider_usd,
        cast(counted.ledger_own_key_usd as decimal(38, 12)) as ledger_own_key_usd,
        cast(counted.provider_own_key_usd as decimal(38, 12)) as provider_own_key_usd,
        cast(counted.ledger_requests as bigint) as ledger_requests,
        cast(counted.provider_requests as bigint) as provider_requests,
        cast(counted.open_count as bigint) as open_count,
        cast(counted.open_without_id_count as bigint) as open_without_id_count,
        cast(counted.estimated_count as bigint) as estimated_count,
        cast(counted.rounded_count as bigint) as rounded_count,
        cast(coalesce(untracked.untracked_usd, 0) as decimal(38, 12)) as untracked_usd,
        cast(coalesce(untracked.untracked_requests, 0) as bigint) as untracked_requests,
        days.is_provider_day_open,
        -- A ledger made of exports ends where the last of them does.
        (recorded.first_live_date is null or recorded.first_live_date > counted.date_utc)
        and coalesce(recorded.last_exported_date <= counted.date_utc, false) as is_ledger_day_open,
        counted.api_key is not null
        and (
            (counted.ledger_requests = 0 and not coalesce(sides.is_in_ledger, false))
            or (counted.provider_requests = 0 and not coalesce(sides.is_at_provider, false))
        ) as is_other_key
    from counted
    inner join days on counted.date_utc = days.date_utc
    left join untracked
        on
            counted.is_only_key
            and counted.date_utc = untracked.date_utc
            and counted.canonical_model = untracked.canonical_model
    left join sides on counted.api_key = sides.api_key
    cross join recorded
)

select * from final
