select * from fct_forecast
order by forecast_date desc
limit 1
