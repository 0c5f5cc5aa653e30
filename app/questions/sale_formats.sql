select distinct sale_format from fct_break_even
order by sale_format
