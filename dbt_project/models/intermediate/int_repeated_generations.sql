{{ config(materialized='table') }}

-- The generations of which more than one event tells: few, asked for wherever one is chosen.

with

events as (
    select * from {{ ref('int_billed_events') }}
),

repeated as (
    {{ repeated_keys('billed_key', 'events') }}
)

select * from repeated
