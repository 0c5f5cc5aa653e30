-- Calls know the hash of their key, exports its name: the provider's list of keys has both. A table
-- and no view, for views that are read later ask for it.

{{ config(materialized='table') }}

with

balances as (
    select * from {{ ref('stg_provider_balances') }}
    where api_key_hash is not null and api_key_name is not null
),

newest as (
    {{ one_row_per('api_key_hash', 'balances', order_by='observed_at desc, api_key_name') }}
),

named as (
    select
        api_key_hash,
        api_key_name
    from newest
)

select * from named
