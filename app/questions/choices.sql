-- What the filters offer.
select distinct 'kind' as filter, kind as choice from dim_ebooks where kind <> ''
union all
select distinct 'series' as filter, series as choice from dim_ebooks where series <> ''
union all
select distinct 'model' as filter, canonical_model as choice from fct_model_stage_costs
union all
select distinct 'stage' as filter, stage as choice from fct_model_stage_costs
order by filter, choice
