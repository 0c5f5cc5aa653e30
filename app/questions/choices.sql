-- What the filters offer: of labels the thousand of most calls.
with

label_sets as (
    select
        labels_of(label_set) as labels,
        sum(call_count) as call_count
    from fct_hourly_label_costs
    group by label_set
),

labels as (
    select unnest(if(len(labels) = 0, ['no label'], labels)) as choice, sum(call_count) as call_count
    from label_sets
    group by choice
    order by call_count desc, choice
    limit 1000
)

select distinct 'kind' as filter, kind as choice from dim_ebooks where kind <> ''
union all
select distinct 'series' as filter, series as choice from dim_ebooks where series <> ''
union all
select distinct 'model' as filter, canonical_model as choice from fct_model_stage_costs
union all
select distinct 'stage' as filter, stage as choice from fct_model_stage_costs
union all
select 'label' as filter, choice from labels
order by filter, choice
