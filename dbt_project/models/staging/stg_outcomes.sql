with

source as {{ inlined() }} (
    select * from {{ touched_lake('outcomes') }}
),

newest as (
    {{ one_row_per(
        'operation_id', 'source',
        order_by="decided_at desc, landed_at desc, outcome_id desc",
    ) }}
),

renamed as (
    select
        outcome_id,
        operation_id,
        outcome,
        reason,
        decided_at,
        landed_at
    from newest
)

select * from renamed
