select distinct currency from dim_exchange_rates
order by currency
