with

source as (
    select * from {{ source('lake', 'provider_generations') }}
),

newest as (
    {{ one_row_per(
        'generation_id', 'source',
        order_by="
                    case when cost_usd is null then 1 else 0 end,
                    observed_at desc,
                    landed_at desc",
    ) }}
),

renamed as (
    select
        generation_id,
        billed_date,
        model,
        cost_usd,
        observed_at,
        landed_at
    from newest
)

select * from renamed
