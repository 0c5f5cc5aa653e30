-- What can be asked: every mart, and each of its columns.
select * from dim_columns
order by mart, column_number
