with

usage as (
    select * from {{ ref('int_ebook_usage') }}
),

ebook_costs as (
    select * from {{ ref('int_ebook_costs') }}
),

differences as (
    select * from {{ ref('fct_reconciliation_differences') }}
),

quarantined as (
    select count(*) as quarantined_count from {{ ref('stg_quarantine') }}
),

landings as (
    {% for table_name in [
        'usage_events',
        'settlements',
        'outcomes',
        'control_totals',
        'ebooks',
        'model_prices',
        'provider_activity',
        'provider_generations',
        'provider_balances',
        'quarantine',
    ] %}
        select max(landed_at) as landed_at from {{ new_rows(table_name) }}
        {{ "union all" if not loop.last }}
    {% endfor %}
    {% if is_restating() %}
        union all
        select landed_at from {{ this }}
    {% endif %}
),

newest_landing as (
    select max(landed_at) as landed_at from landings
),

measured as (
    select
        cast(
            coalesce(sum(case when ebook_id = 'unattributed' then cost_usd end), 0)
            as decimal(38, 12)
        ) as unattributed_cost_usd,
        cast(coalesce(sum(settled_count), 0) as bigint) as settled_count,
        {{ summed_measures() }}
    from usage
),

untracked as (
    select
        cast(coalesce(sum(amount_usd), 0) as decimal(38, 12)) as untracked_usd,
        cast(coalesce(sum(requests), 0) as bigint) as untracked_requests
    from differences
    where is_untracked
),

books as (
    select
        count(*) as ebook_count,
        cast(coalesce(sum(page_count), 0) as bigint) as page_count,
        coalesce(sum(case when page_count is not null then cost_usd end), 0) as paged_cost_usd
    from ebook_costs
    where ebook_id <> 'unattributed'
),

status as (
    select
        measured.call_count as attempt_count,
        measured.cost_usd,
        measured.unattributed_cost_usd,
        measured.unpriced_count,
        measured.in_doubt_count,
        measured.estimated_count,
        quarantined.quarantined_count,
        books.ebook_count,
        books.page_count,
        {{ usd_per('books.paged_cost_usd', 'books.page_count') }} as cost_per_page_usd,
        measured.rejected_cost_usd,
        measured.wasted_cost_usd,
        measured.fee_share_usd,
        {{ share_of('measured.wasted_cost_usd', 'measured.cost_usd') }} as wasted_share,
        measured.settled_count,
        untracked.untracked_usd,
        untracked.untracked_requests,
        measured.first_call_at,
        measured.last_call_at,
        newest_landing.landed_at,
        current_timestamp as built_at
    from measured
    cross join quarantined
    cross join untracked
    cross join books
    cross join newest_landing
)

select * from status
