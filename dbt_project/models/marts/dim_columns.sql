-- What each mart and each of its columns is, in the words of this project, so that whoever asks the
-- warehouse alone can read them there. They change only with a rule, and then all is built anew.

{{ config(materialized='incremental', incremental_strategy='append') }}

with

described as (
    select
        mart,
        column_number,
        -- Where nothing is described, a null alone has no type.
        cast(column_name as varchar) as column_name,
        cast(data_type as varchar) as data_type,
        description
    from (
        values
        {{ described_columns() }}
    ) as columns (mart, column_number, column_name, data_type, description)
)

select * from described
where {{ "false" if is_restating() else "true" }}
