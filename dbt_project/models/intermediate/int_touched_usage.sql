{{ config(materialized='table') }}

-- The days of the ebooks of which rows are made anew, found once for all that sums them.

with

days as (
    select * from {{ ref('int_daily_usage') }}
    where {{ touched('ebook_id') }}
)

select * from days
