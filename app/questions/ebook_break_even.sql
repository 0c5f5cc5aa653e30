-- What copies of an ebook earn in each format in which it may be sold.
select
    sale_format,
    replace(sale_format, '_', ' ') as format_name,
    cost_usd,
    list_price_usd,
    royalty_rate,
    copy_cost_usd,
    earned_per_copy_usd,
    copies_to_pay_back,
    replace(no_payback_reason, '_', ' ') as no_payback_reason,
    cast($copies * earned_per_copy_usd - cost_usd as decimal(38, 12)) as margin_usd,
    terms_date
from fct_break_even
where ebook_id = $ebook_id
order by copies_to_pay_back nulls last, sale_format
