-- The models that have a price, those of the ledger first, the dearest of them before.
select
    prices.canonical_model as model,
    bool_or(prices.is_in_force) as is_listed_now,
    coalesce(any_value(spent.cost_usd), 0) as cost_usd
from fct_model_prices as prices
left join (
    select
        canonical_model,
        sum(cost_usd) as cost_usd
    from fct_model_stage_costs
    group by canonical_model
) as spent on prices.canonical_model = spent.canonical_model
group by prices.canonical_model
order by cost_usd desc, model
