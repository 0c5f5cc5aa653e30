{{ config(
    materialized='incremental', unique_key='run_id', incremental_strategy='delete+insert'
) }}

-- depends_on: {{ source('lake', 'control_totals') }}

with

source as {{ inlined() }} (
    {{ last_told('control_totals', 'run_id') }}
),

newest as (
    {{ one_row_per(
        'run_id', 'source',
        order_by="finished_at desc, landed_at desc",
    ) }}
),

renamed as (
    select
        run_id,
        ebook_id,
        attempt_count,
        unpriced_count,
        cost_usd,
        started_at,
        finished_at,
        landed_at
    from newest
)

select * from renamed
