-- OpenRouter tells what was bought in all, and not when: a purchase lies between two times of
-- asking. What had been bought when it was first asked for has no date, and is in no row.

with

balances as (
    select * from {{ ref('stg_provider_balances') }}
    where balance_of = 'account' and credits_usd is not null
),

fee_rates as (
    select * from {{ ref('stg_purchase_fee_rates') }}
),

compared as (
    select
        lag(observed_at) over (order by observed_at) as from_at,
        observed_at as until_at,
        credits_usd - lag(credits_usd) over (order by observed_at) as credits_usd
    from balances
),

changed as (
    select
        *,
        greatest(credits_usd, 0) as bought_usd
    from compared
    where credits_usd <> 0
),

charged as (
    select
        changed.*,
        -- Cards are charged in cents.
        cast({{ at_rate('changed.bought_usd', 'fee_rates.fee_rate') }} as decimal(38, 2))
            as rated_usd,
        fee_rates.least_fee_usd
    from changed
    left join fee_rates
        on
            cast(changed.until_at as date) >= fee_rates.valid_from
            and cast(changed.until_at as date)
            < coalesce(fee_rates.valid_until, cast('9999-12-31' as date))
),

feed as (
    select
        *,
        -- Nothing tells that the fee is given back with credits that are taken back.
        case
            when bought_usd = 0 then 0
            when rated_usd > least_fee_usd then rated_usd
            else least_fee_usd
        end as fee_usd
    from charged
),

final as (
    select
        from_at,
        until_at,
        cast(credits_usd as decimal(38, 12)) as credits_usd,
        cast(fee_usd as decimal(38, 12)) as fee_usd,
        cast(credits_usd + coalesce(fee_usd, 0) as decimal(38, 12)) as paid_usd
    from feed
)

select * from final
