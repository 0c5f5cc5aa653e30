-- The same in the shape of FOCUS 1.2: one provider name less, and a publisher.

{{ config(materialized='view') }}

with

charges as (
    select * from {{ ref('focus_1_4') }}
),

renamed as (
    select
        EffectiveCost,
        BilledCost,
        ListCost,
        ContractedCost,
        BillingCurrency,
        ChargePeriodStart,
        ChargePeriodEnd,
        BillingPeriodStart,
        BillingPeriodEnd,
        ChargeCategory,
        ChargeClass,
        ChargeFrequency,
        ChargeDescription,
        BillingAccountId,
        BillingAccountName,
        BillingAccountType,
        SubAccountId,
        SubAccountName,
        SubAccountType,
        ServiceProviderName as ProviderName,
        ServiceProviderName as PublisherName,
        InvoiceIssuerName,
        InvoiceId,
        ServiceCategory,
        ServiceSubcategory,
        ServiceName,
        ResourceId,
        ResourceName,
        ResourceType,
        SkuId,
        SkuMeter,
        SkuPriceId,
        SkuPriceDetails,
        ListUnitPrice,
        PricingCategory,
        PricingQuantity,
        PricingUnit,
        ConsumedQuantity,
        ConsumedUnit,
        Tags,
        x_LedgerCost,
        x_CostStatus,
        x_CostSource,
        x_IsListed,
        x_FeeShare,
        x_UpstreamCost,
        x_IsByok,
        x_EventId,
        x_OperationId,
        x_Attempt,
        x_GenerationId,
        x_RequestedModel,
        x_CallStatus,
        x_Outcome,
        x_IsWasted,
        x_LatencyMs,
        x_ChargeDate,
        x_StartedAt,
        x_IngestedAt,
        HostProviderName as x_HostProviderName
    from charges
)

select * from renamed
