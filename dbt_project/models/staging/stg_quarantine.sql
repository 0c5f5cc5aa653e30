with

source as {{ inlined() }} (
    select * from {{ source('lake', 'quarantine') }}
),

newest as (
    {{ one_row_per(
        'quarantine_id', 'source',
        order_by="landed_at",
    ) }}
),

renamed as (
    select
        quarantine_id,
        table_name,
        origin,
        line_number,
        reason,
        landed_at
    from newest
)

select * from renamed
