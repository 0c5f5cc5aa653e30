-- The ledger as a Cost and Usage dataset of FOCUS 1.4, https://focus.finops.org. Credits are
-- prepaid: cash is billed when they are bought, and calls take from them. Never stored: the shape
-- is made when it is asked for, and of nothing but what the warehouse itself holds.

{{ config(materialized='view') }}

{% set sku_details = {'x_Model': 'model_name', 'x_Provider': 'provider_name'} %}
{% set tags = {
    'ebook_id': 'ebook_id', 'stage': 'stage', 'page': 'page_number', 'run_id': 'run_id',
    'outcome': 'outcome',
} %}

with

attempts as (
    select * from {{ ref('fct_attempts') }}
),

lines as (
    select * from {{ ref('fct_cost_lines') }}
),

purchases as (
    select * from {{ ref('fct_credit_purchases') }}
),

differences as (
    select * from {{ ref('fct_reconciliation_differences') }}
),

ebooks as (
    select * from {{ ref('dim_ebooks') }}
),

key_names as (
    select * from {{ ref('int_key_names') }}
),

charges as (
    select
        event_id,
        'Usage' as category,
        meter_bucket,
        cast(quantity as decimal(38, 12)) as quantity,
        unit,
        cost_usd,
        upstream_cost_usd,
        listed_cost_usd,
        0 as billed_usd,
        cast(null as timestamp) as charged_at,
        started_date as charged_date,
        null as model_name
    from lines
    union all
    -- What OpenRouter itself took for a call that the provider bills to a key of our own.
    select
        event_id,
        'Usage' as category,
        'own_key_fee' as meter_bucket,
        1 as quantity,
        'fee' as unit,
        openrouter_cost_usd as cost_usd,
        0 as upstream_cost_usd,
        openrouter_cost_usd as listed_cost_usd,
        0 as billed_usd,
        cast(null as timestamp) as charged_at,
        started_date as charged_date,
        null as model_name
    from attempts
    where is_byok and openrouter_cost_usd > 0
    union all
    select
        null as event_id,
        'Purchase' as category,
        'credits' as meter_bucket,
        credits_usd as quantity,
        'credit' as unit,
        0 as cost_usd,
        0 as upstream_cost_usd,
        paid_usd as listed_cost_usd,
        paid_usd as billed_usd,
        {{ in_utc('until_at') }} as charged_at,
        cast({{ in_utc('until_at') }} as date) as charged_date,
        null as model_name
    from purchases
    union all
    -- Billed, and in no attempt: with it, all that was taken from credits is here.
    select
        null as event_id,
        'Adjustment' as category,
        null as meter_bucket,
        null as quantity,
        null as unit,
        amount_usd as cost_usd,
        0 as upstream_cost_usd,
        amount_usd as listed_cost_usd,
        0 as billed_usd,
        cast(date_utc as timestamp) as charged_at,
        date_utc as charged_date,
        canonical_model as model_name
    from differences
    where is_untracked
),

told as (
    select
        attempts.*,
        charges.category,
        charges.meter_bucket,
        charges.quantity,
        charges.cost_usd as charged_usd,
        charges.upstream_cost_usd as charged_upstream_usd,
        charges.listed_cost_usd as listed_usd,
        charges.billed_usd,
        charges.charged_at,
        charges.charged_date,
        {{ focus_meter() }} as meter,
        {{ focus_unit() }} as unit,
        coalesce(attempts.is_byok, false) and charges.meter_bucket <> 'own_key_fee'
            as is_billed_upstream,
        coalesce(
            charges.model_name, attempts.canonical_model, attempts.requested_model, 'unknown'
        ) as model_name,
        ebooks.title,
        coalesce(key_names.api_key_name, 'API key ' || left(attempts.api_key_hash, 8)) as key_name
    from charges
    -- The day, too, so that who asks for some days reads no others.
    left join attempts
        on
            charges.event_id = attempts.event_id
            and charges.charged_date = attempts.started_date
    left join ebooks on attempts.ebook_id = ebooks.ebook_id
    left join key_names on attempts.api_key_hash = key_names.api_key_hash
),

-- Under a key of our own, what was metered is the provider's to bill.
attributed as (
    select
        *,
        case when is_billed_upstream then charged_upstream_usd else charged_usd end as ledger_usd,
        case when is_billed_upstream then coalesce(provider_name, 'Unknown') else 'OpenRouter' end
            as issuer,
        case
            when category = 'Purchase' then 'openrouter:credits'
            when category = 'Usage' then model_name || ':' || replace(lower(meter), ' ', '_')
        end as sku,
        date_trunc('month', cast(charged_date as timestamp)) as month_at,
        date_trunc('hour', coalesce({{ in_utc('started_at') }}, charged_at)) as from_at
    from told
),

-- Where nobody knows a cost, FOCUS still wants a number: 0, beside an x_LedgerCost that is null.
-- Where nobody knows a price, it is what was charged.
priced as (
    select
        *,
        coalesce(ledger_usd, 0) as effective_usd,
        coalesce(listed_usd, ledger_usd, 0) as list_usd,
        {{ unit_price('abs(coalesce(listed_usd, ledger_usd, 0))', 'abs(quantity)') }}
            as list_unit_price_usd,
        from_at + case when category = 'Adjustment' then interval '1' day else interval '1' hour end
            as until_at
    from attributed
),

final as (
    select
        cast(effective_usd as decimal(38, 12)) as EffectiveCost,
        cast(billed_usd as decimal(38, 12)) as BilledCost,
        cast(list_usd as decimal(38, 12)) as ListCost,
        cast(
            case category when 'Purchase' then billed_usd else effective_usd end as decimal(38, 12)
        ) as ContractedCost,
        'USD' as BillingCurrency,
        {{ in_utc('from_at') }} as ChargePeriodStart,
        {{ in_utc('until_at') }} as ChargePeriodEnd,
        {{ in_utc('month_at') }} as BillingPeriodStart,
        {{ in_utc("month_at + interval '1' month") }} as BillingPeriodEnd,
        category as ChargeCategory,
        cast(null as varchar) as ChargeClass,
        case category when 'Purchase' then 'One-Time' else 'Usage-Based' end as ChargeFrequency,
        case category
            when 'Purchase' then 'Credits'
            when 'Adjustment' then 'Billed and not recorded: ' || model_name
            else
                meter || ' of ' || model_name
                || coalesce(', ebook ' || ebook_id, '')
                || coalesce(', ' || stage, '')
                || coalesce(', page ' || page_number, '')
        end as ChargeDescription,
        lower(issuer) as BillingAccountId,
        issuer as BillingAccountName,
        'Organization' as BillingAccountType,
        api_key_hash as SubAccountId,
        key_name as SubAccountName,
        case when api_key_hash is not null then 'API Key' end as SubAccountType,
        'OpenRouter' as ServiceProviderName,
        issuer as InvoiceIssuerName,
        provider_name as HostProviderName,
        cast(null as varchar) as InvoiceId,
        cast(null as varchar) as InvoiceDetailId,
        'AI and Machine Learning' as ServiceCategory,
        'Generative AI' as ServiceSubcategory,
        'OpenRouter API' as ServiceName,
        ebook_id as ResourceId,
        title as ResourceName,
        case when ebook_id is not null then 'Ebook' end as ResourceType,
        sku as SkuId,
        meter as SkuMeter,
        sku || coalesce(':' || provider_name, '')
        || case
            when listed_usd is null then ':unlisted'
            else ':' || {{ plain_digits('list_unit_price_usd') }}
        end as SkuPriceId,
        case category when 'Usage' then {{ json_text(sku_details) }} end as SkuPriceDetails,
        list_unit_price_usd as ListUnitPrice,
        case when sku is not null then 'Standard' end as PricingCategory,
        quantity as PricingQuantity,
        unit as PricingUnit,
        case category when 'Usage' then quantity end as ConsumedQuantity,
        case category when 'Usage' then unit end as ConsumedUnit,
        case category when 'Usage' then {{ json_text(tags, over='labels') }} end as Tags,
        cast(ledger_usd as decimal(38, 12)) as x_LedgerCost,
        cost_status as x_CostStatus,
        cost_source as x_CostSource,
        case category when 'Usage' then listed_usd is not null end as x_IsListed,
        -- Told once for a whole attempt, so that it adds up.
        case when meter_bucket = 'other' then cast(fee_share_usd as decimal(38, 12)) end
            as x_FeeShare,
        cast(case when is_billed_upstream then ledger_usd else 0 end as decimal(38, 12))
            as x_UpstreamCost,
        is_byok as x_IsByok,
        event_id as x_EventId,
        operation_id as x_OperationId,
        attempt_number as x_Attempt,
        generation_id as x_GenerationId,
        requested_model as x_RequestedModel,
        status as x_CallStatus,
        outcome as x_Outcome,
        is_wasted as x_IsWasted,
        {{ milliseconds_between('started_at', 'finished_at') }} as x_LatencyMs,
        charged_date as x_ChargeDate,
        started_at as x_StartedAt,
        landed_at as x_IngestedAt
    from priced
)

select * from final
