-- What the questions share. `view` is what the person who looks has chosen, a struct: `zone` and
-- `currency`; from `since` until before `until`, two instants; the lists `kinds`, `series`,
-- `models`, `stages` and `labels`, empty for all; `search`; and `is_fine`, when hours are too coarse.

create or replace macro memory.main.name_of(title, ebook_id) as
coalesce(nullif(title, ''), if(ebook_id = 'unattributed', 'Unattributed', ebook_id));

-- Ratios of sums over a selection, rounded half to even: `/` on decimals is a double in DuckDB.
-- Both sides are counted in whole units of 1e-12; null when there is nothing to divide by.
create or replace macro memory.main.whole_units(amount) as
cast(cast(amount as decimal(38, 12)) * 1000000000000 as hugeint);

create or replace macro memory.main.divided(dividend, divisor) as
dividend // divisor
+ if(2 * (dividend % divisor) + (dividend // divisor) % 2 > divisor, 1, 0);

create or replace macro memory.main.usd_per(amount_usd, unit_count) as
cast(
    divided(whole_units(amount_usd), nullif(cast(unit_count as hugeint), 0)) as decimal(38, 0)
) * cast(0.000000000001 as decimal(38, 12));

create or replace macro memory.main.share_of(part_usd, whole_usd) as
cast(
    divided(whole_units(part_usd) * 1000000, nullif(whole_units(whole_usd), 0)) as decimal(18, 0)
) * cast(0.000001 as decimal(9, 6));

-- As much of an amount as `part` is of `whole`.
create or replace macro memory.main.prorated(amount_usd, part, whole) as
cast(divided(whole_units(amount_usd) * part, cast(whole as hugeint)) as decimal(38, 0))
* cast(0.000000000001 as decimal(38, 12));

-- An amount in the currency that one USD buys `rate` of; null where there is no rate.
create or replace macro memory.main.at_rate(amount_usd, rate) as
cast(
    divided(whole_units(amount_usd) * whole_units(rate), cast(1000000000000 as hugeint))
    as decimal(38, 0)
) * cast(0.000000000001 as decimal(38, 12));

-- Null when any part is: a sum without some of its parts is no sum.
create or replace macro memory.main.whole_sum(amount) as
if(count(*) = count(amount), coalesce(sum(amount), 0), null);

-- Each UTC day, and what one USD was worth on it in the currency that was chosen.
create or replace macro memory.main.rates(view) as table
select
    cast(unnest(generate_series(valid_from, valid_until - 1, interval 1 day)) as date) as rate_date,
    rate_per_usd
from dim_exchange_rates
where currency = (view)['currency'];

-- The labels of a call as `key=value`, of the JSON object that holds them.
create or replace macro memory.main.labels_of(label_set) as
list_transform(
    map_entries(from_json(label_set, '"MAP(VARCHAR, VARCHAR)"')),
    lambda label: label.key || '=' || coalesce(label.value, '')
);

create or replace macro memory.main.keys_of(labels) as
list_distinct(
    list_transform(
        list_filter(labels, lambda label: contains(label, '=')),
        lambda label: split_part(label, '=', 1)
    )
);

-- Whether calls with these labels pass: of each key that is chosen they have one of its values, or
-- they have no label and `no label` is chosen too.
create or replace macro memory.main.has_labels(labels, chosen) as
case
    when len(chosen) = 0 then true
    when len(labels) = 0 then list_contains(chosen, 'no label')
    else
        len(keys_of(chosen)) > 0
        and len(keys_of(list_intersect(labels, chosen))) = len(keys_of(chosen))
end;

-- The labels of each set are read once: a condition on what is grouped by would be on each row.
create or replace macro memory.main.chosen_label_sets(view) as table
with

label_sets as (
    select any_value(label_set) as label_set
    from fct_hourly_label_costs
    group by label_set
)

select label_set from label_sets
where has_labels(labels_of(label_set), cast((view)['labels'] as varchar[]));

-- The ebooks that one of the filters by kind, series and words leaves out. These, and not those that
-- pass: where nothing is chosen there is nothing to look through.
create or replace macro memory.main.excluded_ebooks(view) as table
select ebook_id from fct_ebook_costs
where
    not (
        (
            len((view)['kinds']) = 0
            or coalesce(list_contains(cast((view)['kinds'] as varchar[]), kind), false)
        )
        and (
            len((view)['series']) = 0
            or coalesce(list_contains(cast((view)['series'] as varchar[]), series), false)
        )
        and (
            length((view)['search']) = 0
            or contains(lower(name_of(title, ebook_id) || ' ' || ebook_id), lower((view)['search']))
        )
    );

-- The ebooks that pass these filters, and of which a call has the labels that were chosen, each with
-- its whole `cost` in the currency of the view.
create or replace macro memory.main.chosen_ebooks(view) as table
with

converted as (
    select
        ebook_id,
        cost_amount
    from fct_ebook_costs_by_currency
    where currency = (view)['currency'] and (view)['currency'] <> 'USD'
)

select
    ebooks.*,
    if((view)['currency'] = 'USD', ebooks.cost_usd, converted.cost_amount) as cost
from fct_ebook_costs as ebooks
left join converted on ebooks.ebook_id = converted.ebook_id
anti join excluded_ebooks(view) as excluded on ebooks.ebook_id = excluded.ebook_id
where
    len((view)['labels']) = 0
    or ebooks.ebook_id in (
        select ebook_id from fct_hourly_label_costs
        where label_set in (select label_set from chosen_label_sets(view))
    );

-- What passes all filters, by hour; `is_fine` by call, for grains below the hour and for zones whose
-- days do not begin with an hour of UTC.
create or replace macro memory.main.spent_usd(view) as table
with

hours as (
    select
        started_hour as started_at,
        started_date,
        ebook_id,
        stage,
        canonical_model,
        call_count,
        operation_count,
        cost_usd,
        wasted_cost_usd,
        unpriced_count,
        in_doubt_count,
        estimated_count
    from fct_hourly_costs
    where not (view)['is_fine'] and len((view)['labels']) = 0
    union all
    select
        started_hour as started_at,
        started_date,
        ebook_id,
        stage,
        canonical_model,
        call_count,
        operation_count,
        cost_usd,
        wasted_cost_usd,
        unpriced_count,
        in_doubt_count,
        estimated_count
    from fct_hourly_label_costs
    where not (view)['is_fine'] and len((view)['labels']) > 0
        and label_set in (select label_set from chosen_label_sets(view))
    union all
    select
        started_at,
        started_date,
        coalesce(ebook_id, 'unattributed') as ebook_id,
        coalesce(stage, 'unattributed') as stage,
        coalesce(canonical_model, 'unknown') as canonical_model,
        1 as call_count,
        if(is_retried, 0, 1) as operation_count,
        coalesce(cost_usd, 0) as cost_usd,
        if(is_wasted, coalesce(cost_usd, 0), 0) as wasted_cost_usd,
        if(cost_status = 'unknown', 1, 0) as unpriced_count,
        if(cost_status = 'in_doubt', 1, 0) as in_doubt_count,
        if(cost_status = 'estimated', 1, 0) as estimated_count
    from fct_attempts
    where
        (view)['is_fine']
        and (
            len((view)['labels']) = 0
            or labels in (select label_set from chosen_label_sets(view))
            or (
                list_contains(cast((view)['labels'] as varchar[]), 'no label')
                and coalesce(try(json_type(labels)), '') <> 'OBJECT'
            )
        )
)

select * from hours
where
    started_at >= (view)['since']
    and started_at < (view)['until']
    and (
        len((view)['models']) = 0
        or list_contains(cast((view)['models'] as varchar[]), canonical_model)
    )
    and (len((view)['stages']) = 0 or list_contains(cast((view)['stages'] as varchar[]), stage))
    and ebook_id not in (select ebook_id from excluded_ebooks(view));

-- The same on the calendar and in the currency of whoever looks; `cost` is null without a rate.
create or replace macro memory.main.spent(view) as table
select
    calls.*,
    timezone((view)['zone'], calls.started_at) as local_time,
    if((view)['currency'] = 'USD', calls.cost_usd, at_rate(calls.cost_usd, rate_per_usd))
        as cost,
    if(
        (view)['currency'] = 'USD',
        calls.wasted_cost_usd,
        at_rate(calls.wasted_cost_usd, rate_per_usd)
    ) as wasted_cost
from spent_usd(view) as calls
left join rates(view) as rates on calls.started_date = rates.rate_date;

-- Whether every call of an ebook that is shown passes, and USD are shown.
create or replace macro memory.main.is_whole_usd(view) as
(view)['currency'] = 'USD'
and (view)['since'] <= timestamptz '1970-01-01 00:00:00+00'
and (view)['until'] >= timestamptz '9999-01-01 00:00:00+00'
and len((view)['models']) + len((view)['stages']) + len((view)['labels']) = 0;

-- The same by ebook. Where all of its calls pass, what an ebook cost is known without them.
create or replace macro memory.main.spent_by_ebook(view) as table
with

calls as (
    select * from spent(view)
    where not is_whole_usd(view)
)

select
    ebook_id,
    whole_sum(cost) as cost,
    whole_sum(wasted_cost) as wasted_cost,
    sum(cost_usd) as cost_usd,
    sum(wasted_cost_usd) as wasted_cost_usd,
    sum(call_count) as call_count,
    sum(unpriced_count + in_doubt_count) as unknown_count,
    max(started_at) as last_call_at
from calls
group by ebook_id
union all
select
    ebook_id,
    cost_usd as cost,
    wasted_cost_usd as wasted_cost,
    cost_usd,
    wasted_cost_usd,
    call_count,
    unpriced_count + in_doubt_count as unknown_count,
    last_call_at
from fct_ebook_costs
where
    is_whole_usd(view)
    and call_count > 0
    and ebook_id not in (select ebook_id from excluded_ebooks(view));
